import { browserModulePath } from '../../core/entry';
import { InvalidError, NotFoundError, TuneloomError } from '../../core/errors';
import type { Inference, StoredNetworkFiles } from '../../core/inference';
import { isJsonObject, type JsonObject } from '../../core/json';
import type { Model, ModelFile } from '../../core/model';
import type { BlobStore, Page, PageRequest, Storage } from '../../core/storage';
import { internalStudy } from '../../core/study';
import { writeBundle, type BundleFile } from '../../artifacts';
import type { ModelService, OnnxFile, Prediction } from '../services';
import { modelCard } from './model-card';

const MOST_ROWS = 10_000;

export interface ModelPorts {
  readonly storage: Storage;
  readonly blobs: BlobStore;
  readonly inference: Inference;
}

export class Models implements ModelService {
  readonly #ports: ModelPorts;

  constructor(ports: ModelPorts) {
    this.#ports = ports;
  }

  list(study: string | null, page: PageRequest): Page<Model> {
    return this.#ports.storage.models(study, page);
  }

  get(id: string): Model {
    const model = this.#ports.storage.model(id);
    if (model === null) throw new NotFoundError('model_not_found', `there is no model ${id}`);
    return model;
  }

  async delete(id: string): Promise<void> {
    await this.#ports.storage.write((session) => {
      const model = session.model(id);
      if (model === null) throw new NotFoundError('model_not_found', `there is no model ${id}`);
      if (session.finalModel(model.study)?.id === id) session.setFinalModel(model.study, null);
      session.deleteModel(id);
    });
  }

  file(id: string, name: string): Promise<{ path: string; bytes: number; sha256: string }> {
    const { bytes, sha256 } = this.#file(this.get(id), name);
    return Promise.resolve({ path: this.#ports.blobs.path(sha256), bytes, sha256 });
  }

  async bundle(id: string): Promise<NodeJS.ReadableStream> {
    const { storage, blobs } = this.#ports;
    const model = this.get(id);
    const record = storage.study(model.study);
    const study = record === null ? null : internalStudy(record);
    const dataset = study === null ? null : storage.dataset(study.dataset);
    const card = modelCard(model, study, dataset, study === null ? null : storage.trialCounts(study.id));
    const onnx: BundleFile[] = [];
    for (const name of ['model.onnx', 'pipeline.onnx'] as const) {
      const bytes = await this.onnx(id, name).catch((error: unknown) => {
        if (error instanceof NotFoundError) return null;
        throw error;
      });
      if (bytes !== null) onnx.push({ name, bytes: Buffer.from(bytes) });
    }
    return writeBundle([
      ...model.files.map(({ name, sha256 }) => ({ name, path: blobs.path(sha256) })),
      ...onnx,
      { name: 'preprocess.js', path: browserModulePath() },
      { name: 'model-card.md', bytes: Buffer.from(card) },
    ]);
  }

  async predict(id: string, body: unknown): Promise<{ predictions: readonly Prediction[] }> {
    const files = this.#files(this.get(id));
    return { predictions: await this.#ports.inference.predict({ ...files, rows: rowsOf(body) }) };
  }

  async onnx(id: string, name: OnnxFile): Promise<Uint8Array> {
    const files = this.#files(this.get(id));
    const { inference } = this.#ports;
    try {
      return await (name === 'model.onnx' ? inference.exportOnnx(files) : inference.exportPipeline(files));
    } catch (error) {
      if (!(error instanceof TuneloomError) || error.code !== 'not_supported') throw error;
      throw new NotFoundError('file_not_found', `model ${id} has no ${name}: ${error.message}`);
    }
  }

  #files(model: Model): StoredNetworkFiles {
    const { blobs } = this.#ports;
    const hash = (name: string): string => this.#file(model, name).sha256;
    return {
      key: `${hash('weights.bin')}/${hash('preprocessing.json')}`,
      modelJson: blobs.path(hash('model.json')),
      weights: blobs.path(hash('weights.bin')),
      preprocessing: blobs.path(hash('preprocessing.json')),
    };
  }

  #file(model: Model, name: string): ModelFile {
    const file = model.files.find((candidate) => candidate.name === name);
    if (file === undefined) {
      const names = model.files.map((candidate) => candidate.name).join(', ');
      throw new NotFoundError('file_not_found', `model ${model.id} has no file ${name}; it has ${names}`);
    }
    return file;
  }
}

function rowsOf(body: unknown): readonly JsonObject[] {
  const fail = (path: string, message: string): InvalidError =>
    new InvalidError('invalid_rows', `${path}: ${message}`, { errors: [{ path, message }] });
  if (!isJsonObject(body)) throw fail('', 'the body must be an object such as {"rows": [{"column": 1}]}');
  const extra = Object.keys(body).find((key) => key !== 'rows');
  if (extra !== undefined) throw fail(extra, 'unknown field');
  const { rows } = body;
  if (!Array.isArray(rows)) throw fail('rows', 'must be a list of objects');
  const list = rows as readonly unknown[];
  if (list.length > MOST_ROWS)
    throw fail('rows', `at most ${String(MOST_ROWS)} rows a call, ${String(list.length)} came`);
  return list.map((row, i) => {
    if (!isJsonObject(row)) throw fail(`rows[${String(i)}]`, 'must be an object of column names and values');
    return row;
  });
}
