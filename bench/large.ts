/**
 * A CSV larger than the memory that the service may take: uploaded, audited, and one epoch of a network trained on it.
 * Prints the time of each, and the most memory that all processes of the service took together; beyond the limit the
 * service is killed. `npm run bench -- large [megabytes] [limit in MB]`.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamOf, type RandomStream } from '../src/core/random';
import { clientOf } from '../scripts/demo/client';
import { startService } from '../scripts/demo/service';
import { memoryOfTree } from './processes';
import { uploadFile } from './upload-file';

const MEGABYTES = 2000;
const LIMIT_MEGABYTES = 1500;
const DATASET_MEMORY = '256MiB';
const NUMBERS = 14;
const PROBE_MS = 500;
const MOST_SECONDS = 7200;

interface Study {
  readonly id: string;
  readonly state: string;
  readonly error: unknown;
}

interface Best {
  readonly trial: { readonly engine: string; readonly durationMs: number };
  readonly model: { readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>> };
}

export async function large(words: readonly string[]): Promise<void> {
  const [megabytes = MEGABYTES, limit = LIMIT_MEGABYTES] = words.map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'tuneloom-large-'));
  try {
    const csv = join(folder, 'large.csv');
    await writeCsv(csv, megabytes * 1e6);
    const settings = { DEVICES: 'cpu:1', MAX_DATASET_MEMORY: DATASET_MEMORY };
    const service = await startService(join(folder, 'data'), settings);
    const root = service.process.pid ?? 0;
    let peak = 0;
    const probe = setInterval(() => {
      peak = Math.max(peak, memoryOfTree(root));
      if (peak > limit * 1e6) service.process.kill('SIGKILL');
    }, PROBE_MS);
    const measured = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
      peak = 0;
      const started = performance.now();
      const result = await work();
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      console.log(`${what}: ${seconds} s, at most ${(peak / 1e6).toFixed(0)} MB`);
      return result;
    };
    try {
      await steps(service.address, csv, measured);
    } finally {
      clearInterval(probe);
      await service.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Measured = <T>(what: string, work: () => Promise<T>) => Promise<T>;

async function steps(address: string, csv: string, measured: Measured): Promise<void> {
  const client = clientOf(address);
  const { id, rows } = await measured('upload', () => uploadFile<{ id: string; rows: number }>(address, csv));
  const audit = await measured('audit', () =>
    client.get<{ findings: readonly unknown[] }>(`/v1/datasets/${id}/audit?target=y`),
  );
  const study = await measured('study of one trial of one epoch', async () => {
    const made = await client.post<Study>('/v1/studies', {
      dataset: id,
      target: 'y',
      model: { layers: [{ dense: { units: 32, activation: 'relu' } }] },
      training: { epochs: 1, batchSize: 256 },
      search: { trials: 1, seed: 1 },
      checks: 'off',
    });
    return ended(client, made);
  });
  if (study.state !== 'completed')
    throw new Error(`the study is ${study.state}: ${JSON.stringify(study.error)}`);
  const { trial, model } = await client.get<Best>(`/v1/studies/${study.id}/best`);
  const accuracy = (model.metrics['test']?.['accuracy'] ?? NaN).toFixed(4);
  const seconds = (trial.durationMs / 1000).toFixed(0);
  console.log(
    `${String(rows)} rows, ${String(audit.findings.length)} findings, engine ${trial.engine}, trial ${seconds} s, test accuracy ${accuracy}`,
  );
}

async function ended(client: ReturnType<typeof clientOf>, study: Study): Promise<Study> {
  const deadline = performance.now() + MOST_SECONDS * 1000;
  let seen = study;
  while (seen.state === 'running' && performance.now() < deadline)
    seen = await client.get<Study>(`/v1/studies/${study.id}?wait=60`);
  return seen;
}

/** 14 numbers with gaps, a date, three categories, a boolean, and a target of two classes that some of them tell. */
async function writeCsv(path: string, most: number): Promise<void> {
  const file = createWriteStream(path);
  const names = [
    ...Array.from({ length: NUMBERS }, (_, k) => `x${String(k)}`),
    'at',
    'a',
    'b',
    'c',
    'flag',
    'y',
  ];
  file.write(`${names.join(',')}\n`);
  const stream = streamOf('bench', 'large');
  for (let row = 0, bytes = 0; bytes < most;) {
    let block = '';
    for (let i = 0; i < 5000; i++, row++) block += `${lineOf(stream, row)}\n`;
    bytes += block.length;
    if (!file.write(block)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

function lineOf(stream: RandomStream, row: number): string {
  const signal = 2 * stream.uniform() - 1;
  const numbers = Array.from({ length: NUMBERS }, (_, k) =>
    stream.uniform() < 0.01 ? '' : ((signal * k) / NUMBERS + 2 * stream.uniform() - 1).toFixed(5),
  );
  const at = new Date(Date.UTC(2020, 0, 1) + row * 60_000).toISOString().slice(0, 16);
  const level = (count: number): string => String(Math.floor(stream.uniform() * stream.uniform() * count));
  const flag = stream.uniform() < 0.5 ? 'yes' : 'no';
  const target = signal + 0.6 * stream.uniform() - 0.3 > 0 ? 'good' : 'bad';
  return [
    ...numbers,
    `${at}Z`,
    `level${level(5)}`,
    `place ${level(60)}`,
    `code${level(400)}`,
    flag,
    target,
  ].join(',');
}
