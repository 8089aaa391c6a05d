/**
 * The small tuning job that all tools of the bench carry out: scikit-learn's 8×8 digits, 24 fixed random
 * configurations × 30 epochs of dense nets, measured on validation after every epoch.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientOf, type Client } from '../scripts/demo/client';
import { startService } from '../scripts/demo/service';
import { streamOf } from '../src/core/random';
import type { SplitSettings } from '../src/core/specification';

export const TABLE = 'data/digits.csv';
export const TARGET = 'digit';
export const EPOCHS = 30;
const TRIALS = 24;
const SEED = 7;
const UNITS = [32, 64, 128, 256];
const BATCHES = [32, 64, 128];
const RATES: readonly [number, number] = [1e-4, 3e-2];
const MOST_DROPOUT = 0.5;

/** One trial's hyperparameters: `layers` dense layers of `units` with ReLU, each followed by dropout; Adam. */
export interface Configuration {
  readonly layers: number;
  readonly units: number;
  readonly dropout: number;
  readonly learningRate: number;
  readonly batchSize: number;
}

export function configurations(): readonly Configuration[] {
  const stream = streamOf(SEED, 'digits');
  const pick = <T>(values: readonly T[]): T => values[stream.integer(0, values.length - 1)] as T;
  return Array.from({ length: TRIALS }, () => ({
    layers: stream.integer(1, 3),
    units: pick(UNITS),
    dropout: stream.uniform() * MOST_DROPOUT,
    learningRate: RATES[0] * (RATES[1] / RATES[0]) ** stream.uniform(),
    batchSize: pick(BATCHES),
  }));
}

/** The space that the configurations lie in. Holes of one name in several options are one parameter. */
function specOf(slots: number): object {
  const block = [
    { dense: { units: { $choice: UNITS, name: 'units' }, activation: 'relu' } },
    { dropout: { rate: { $float: [0, MOST_DROPOUT], name: 'dropout' } } },
  ];
  const depths = [block, [...block, ...block], [...block, ...block, ...block]];
  return {
    task: 'multiclass',
    model: { layers: { $choice: depths, labels: ['1', '2', '3'], name: 'layers' } },
    training: {
      optimizer: 'adam',
      learningRate: { $float: RATES, log: true, name: 'learningRate' },
      batchSize: { $choice: BATCHES, name: 'batchSize' },
      epochs: EPOCHS,
      earlyStopping: null,
    },
    search: { sampler: 'random', pruner: 'none', trials: TRIALS, seed: SEED, parallelism: slots },
    checks: 'off',
  };
}

export interface DigitsStudy {
  readonly id: string;
  readonly spec: { readonly split: SplitSettings };
}

export interface FinishedTrial {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  readonly state: string;
  readonly engine: string;
  readonly epochs: number;
  readonly values: readonly number[];
  readonly metrics: { readonly validation: Readonly<Record<string, number>> };
}

/** What one run of the job gave. */
export interface JobResult {
  /** From the first trial's start to the last one's end. */
  readonly seconds: number;
  /** Of all processes of the service; not a number where the machine has no /proc. */
  readonly cpuSeconds: number;
  readonly trials: readonly FinishedTrial[];
  readonly study: DigitsStudy;
}

export interface Service {
  readonly address: string;
  readonly client: Client;
  readonly pid: number;
}

/** Starts a service with that many slots for as long as `work` takes. */
export async function withService<T>(slots: number, work: (service: Service) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tuneloom-digits-'));
  const service = await startService(dataDir, { DEVICES: `cpu:${String(slots)}` });
  try {
    return await work({
      address: service.address,
      client: clientOf(service.address),
      pid: service.process.pid ?? 0,
    });
  } finally {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The job as a client sends it: a table, a study, 24 points, start. */
export async function runDigitsJob({ client, pid }: Service, slots: number): Promise<JobResult> {
  const form = new FormData();
  form.append('file', new Blob([await readFile(TABLE)]), 'digits.csv');
  const dataset = await client.upload<{ id: string }>('/v1/datasets', form);
  const study = await client.post<DigitsStudy>('/v1/studies', {
    ...specOf(slots),
    dataset: dataset.id,
    target: TARGET,
    start: false,
  });
  for (const { layers, ...params } of configurations()) {
    const point = { params: { ...params, layers: String(layers) } };
    await client.post(`/v1/studies/${study.id}/trials`, point);
  }
  const cpuBefore = cpuSecondsOf(pid);
  await client.post(`/v1/studies/${study.id}/start`, {});
  const { state } = await client.get<{ state: string }>(`/v1/studies/${study.id}?wait=300`);
  const cpuSeconds = cpuSecondsOf(pid) - cpuBefore;
  const { items } = await client.get<{ items: FinishedTrial[] }>(`/v1/studies/${study.id}/trials?limit=500`);
  const ended = items.filter((trial) => trial.state === 'completed' && trial.epochs === EPOCHS);
  if (state !== 'completed' || ended.length !== TRIALS)
    throw new Error(`the study is ${state}, ${String(ended.length)} of ${String(TRIALS)} trials completed`);
  const from = Math.min(...items.map(({ startedAt }) => Date.parse(startedAt)));
  const to = Math.max(...items.map(({ finishedAt }) => Date.parse(finishedAt)));
  return { seconds: (to - from) / 1000, cpuSeconds, trials: items, study };
}

export function trialsAnHour(seconds: number): number {
  return (TRIALS / seconds) * 3600;
}

const TICKS_A_SECOND = 100;

/** CPU time that a process and all below it have used so far, from Linux's /proc. */
function cpuSecondsOf(root: number): number {
  const processes = new Map<number, { parent: number; ticks: number }>();
  try {
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      const stat = statOf(name);
      if (stat !== null) processes.set(Number(name), stat);
    }
  } catch {
    return NaN;
  }
  const isBelow = (pid: number): boolean =>
    pid === root || (pid > 1 && isBelow(processes.get(pid)?.parent ?? 0));
  const ticks = [...processes].filter(([pid]) => isBelow(pid)).map(([, { ticks: used }]) => used);
  return ticks.reduce((sum, used) => sum + used, 0) / TICKS_A_SECOND;
}

function statOf(pid: string): { parent: number; ticks: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) };
  } catch {
    // It has ended since the folder was listed.
    return null;
  }
}
