/**
 * The first page of the bench: trials per minute on the demo's study, time from upload to first trial, and what a trial
 * costs besides training. `npm run bench` prints it; figures depend on the machine, which is named beside them.
 */
import { cpus } from 'node:os';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientOf, type Client } from '../scripts/demo/client';
import { startService } from '../scripts/demo/service';

const TRIALS = 60;
const RUNS = 3;

interface Study {
  id: string;
  state: string;
  createdAt: string;
  startedAt: string;
  finishedAt: string;
}

interface Trial {
  startedAt: string;
  finishedAt: string;
  durationMs: number;
  epochs: number;
}

interface Figures {
  readonly trialsPerMinute: number;
  readonly uploadToFirstTrialMs: number;
  readonly betweenTrialsMs: number;
}

function specOf(slots: number): object {
  return {
    training: {
      learningRate: { $float: [0.001, 0.03], log: true },
      batchSize: { $choice: [16, 32, 64] },
      epochs: 40,
    },
    search: { trials: TRIALS, seed: 7, parallelism: slots },
    checks: 'off',
  };
}

async function run(client: Client, slots: number, round: number): Promise<Figures> {
  const form = new FormData();
  // Bytes of its own, or the second round would find the table read already.
  const bytes = [await readFile('data/penguins.csv'), '\n'.repeat(round)];
  form.append('file', new Blob(bytes), 'penguins.csv');
  form.append('target', 'Species');
  form.append('spec', JSON.stringify(specOf(slots)));
  const uploadedAt = Date.now();
  const { study } = await client.upload<{ study: Study }>('/v1/tune', form);
  const ended = await client.get<Study>(`/v1/studies/${study.id}?wait=300`);
  if (ended.state !== 'completed') throw new Error(`the study is ${ended.state}`);
  const { items } = await client.get<{ items: Trial[] }>(`/v1/studies/${study.id}/trials?limit=500`);
  const starts = items.map(({ startedAt }) => Date.parse(startedAt));
  const ends = items.map(({ finishedAt }) => Date.parse(finishedAt));
  const wall = Math.max(...ends) - Math.min(...starts);
  const busy = items.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return {
    trialsPerMinute: (items.length / wall) * 60_000,
    uploadToFirstTrialMs: Math.min(...starts) - uploadedAt,
    // What slots spent without a trial: proposing, committing, handing out.
    betweenTrialsMs: (wall * slots - busy) / items.length,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

export async function firstPage(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tuneloom-bench-'));
  const service = await startService(dataDir);
  try {
    const client = clientOf(service.address);
    const { slots } = await client.get<{ slots: unknown[] }>('/v1/system');
    const all: Figures[] = [];
    for (let i = 0; i < RUNS; i++) all.push(await run(client, slots.length, i));
    const show = (name: keyof Figures): string => median(all.map((figures) => figures[name])).toFixed(1);
    console.log(
      `${cpus()[0]?.model ?? 'unknown processor'}, ${String(slots.length)} slots, Node ${process.version}`,
    );
    console.log(`penguins, ${String(TRIALS)} trials, median of ${String(RUNS)} studies:`);
    console.log(`  trials per minute                 ${show('trialsPerMinute')}`);
    console.log(`  upload to first trial, ms         ${show('uploadToFirstTrialMs')}`);
    console.log(`  per trial besides its run, ms     ${show('betweenTrialsMs')}`);
  } finally {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
