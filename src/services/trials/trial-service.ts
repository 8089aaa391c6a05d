import { ConflictError } from '../../core/errors';
import type { TrialTransport } from '../../core/job';
import { decodeCursor, encodeCursor } from '../../core/cursor';
import { metricsOf } from '../../core/metrics';
import { paretoFront } from '../../core/objectives';
import type { Model } from '../../core/model';
import type { BlobStore, Page, PageRequest, Storage, StoredTrial, TrialFilter } from '../../core/storage';
import { internalStudy, type StudyRecord } from '../../core/study';
import type { Trial, TrialWithCurve } from '../../core/trial';
import type { ImportanceMethod } from '../../insight';
import { parseSpace } from '../../space';
import type { Computing } from '../computing/computing';
import { requireDataset } from '../datasets/dataset-service';
import { measureModel } from '../models/measure-model';
import { notFound, trialNotFound, type StudyCommands } from '../scheduler/commands';
import { dataJobOf } from '../scheduler/trial-job';
import { candidateOf } from '../scheduler/transitions';
import type { Importance, InTransaction, TrialService } from '../services';
import { importanceOf } from './importance';
import { tableHeader, tableLine } from './trial-table';
import { toTrial } from './trial-view';

const TABLE_PAGE = 200;

export interface TrialPorts {
  readonly storage: Storage;
  readonly blobs: BlobStore;
  readonly transport: TrialTransport;
  readonly commands: StudyCommands;
  readonly computing: Computing;
  readonly tablesFolder: string;
}

export class Trials implements TrialService {
  readonly #ports: TrialPorts;

  constructor(ports: TrialPorts) {
    this.#ports = ports;
  }

  list(
    study: string,
    filter: TrialFilter,
    page: PageRequest,
    withCurve: boolean,
  ): Page<Trial | TrialWithCurve> {
    const { storage } = this.#ports;
    this.#study(study);
    const { items, nextCursor } = storage.trials(study, filter, page);
    return { items: items.map((trial) => (withCurve ? this.#withCurve(trial) : toTrial(trial))), nextCursor };
  }

  get(study: string, number: number): TrialWithCurve {
    return this.#withCurve(this.#trial(study, number));
  }

  pareto(study: string, { limit, cursor }: PageRequest): Page<Trial> {
    const record = this.#study(study);
    const [after] = cursor === null ? [-1] : decodeCursor(cursor, ['number']);
    const completed = this.#ports.storage
      .history(study)
      .filter(({ state }) => state === 'completed')
      .map((trial) => ({ ...candidateOf(record, trial), trial }));
    const front = paretoFront(completed, record.spec.objectives)
      .map(({ trial }) => toTrial(trial))
      .filter(({ number }) => number > Number(after))
      .sort((a, b) => a.number - b.number);
    const items = front.slice(0, limit);
    return { items, nextCursor: front.length > limit ? encodeCursor([items.at(-1)?.number ?? 0]) : null };
  }

  importance(study: string, method: ImportanceMethod, objective: number): Promise<Importance> {
    const trials = this.#ports.storage.history(study);
    return importanceOf(this.#study(study), trials, { method, objective }, this.#ports.computing);
  }

  async enqueue(study: string, body: unknown, also?: InTransaction<Trial>): Promise<Trial> {
    const trial = await this.#ports.commands.enqueue(study, body, (session, made) => {
      also?.(session, toTrial(made));
    });
    return toTrial(trial);
  }

  async stop(study: string, number: number, also?: InTransaction<Trial>): Promise<Trial> {
    const trial = await this.#ports.commands.stopTrial(study, number, (session, ended) => {
      also?.(session, toTrial(ended));
    });
    return toTrial(trial);
  }

  async createModel(study: string, number: number, also?: InTransaction<Model>): Promise<Model> {
    const { storage } = this.#ports;
    const trial = this.#trial(study, number);
    const record = internalStudy(this.#study(study));
    const inFolds = record.spec.split.method === 'kfold';
    if (trial.state !== 'completed' || (trial.network === null && !inFolds)) {
      throw new ConflictError(
        'no_weights',
        `trial ${String(number)} is ${trial.state}; only a completed trial makes a model`,
      );
    }
    const data = dataJobOf(requireDataset(storage, record.dataset), record.spec, this.#ports.tablesFolder);
    const model = await measureModel(trial, data, this.#ports);
    return storage.write((session) => {
      if (session.study(study) === null) throw notFound(study);
      session.insertModel(model);
      also?.(session, model);
      return model;
    });
  }

  async *csv(study: string): AsyncIterable<string> {
    const { storage } = this.#ports;
    const record = this.#study(study);
    const columns = {
      objectives: record.spec.objectives.map(({ metric }) => metric),
      params: parseSpace(record.document).holes.map(({ name }) => name),
      metrics:
        record.task === null ? record.spec.objectives.map(({ metric }) => metric) : metricsOf(record.task),
    };
    yield tableHeader(columns);
    let cursor: string | null = null;
    do {
      const page: Page<StoredTrial> = storage.trials(
        study,
        { state: null, sort: 'number' },
        { limit: TABLE_PAGE, cursor },
      );
      yield page.items.map((trial) => tableLine(toTrial(trial), columns)).join('');
      cursor = page.nextCursor;
      // Let other requests in between pages of a long table.
      await new Promise((resolve) => setImmediate(resolve));
    } while (cursor !== null);
  }

  #withCurve(trial: StoredTrial): TrialWithCurve {
    return { ...toTrial(trial), curve: this.#ports.storage.curve(trial.study, trial.number) };
  }

  #study(id: string): StudyRecord {
    const study = this.#ports.storage.study(id);
    if (study === null) throw notFound(id);
    return study;
  }

  #trial(study: string, number: number): StoredTrial {
    this.#study(study);
    const trial = this.#ports.storage.trial(study, number);
    if (trial === null) throw trialNotFound(study, number);
    return trial;
  }
}
