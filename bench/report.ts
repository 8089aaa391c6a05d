import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientOf } from '../scripts/demo/client';
import { startService } from '../scripts/demo/service';
import { completed } from './ended';

const TRIALS = 500;
const TIMES = 5;

/** How long the report of a study of 500 trials takes, over HTTP: the first one, which audits the rows, and later ones. */
export async function report(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tuneloom-report-'));
  const service = await startService(dataDir, { LOG_LEVEL: 'fatal' });
  try {
    const id = await studyOf(service.address);
    console.log(`| report of ${String(TRIALS)} trials | first | later, median of ${String(TIMES)} | KiB |`);
    console.log('|---|---|---|---|');
    for (const accept of ['application/json', 'text/html']) {
      const first = await timed(service.address, id, accept);
      const later: number[] = [];
      for (let i = 0; i < TIMES; i++) later.push((await timed(service.address, id, accept)).ms);
      const median = later.sort((a, b) => a - b)[Math.floor(TIMES / 2)] ?? NaN;
      const kib = (first.bytes / 1024).toFixed(0);
      console.log(`| ${accept} | ${first.ms.toFixed(0)} ms | ${median.toFixed(0)} ms | ${kib} |`);
    }
  } finally {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function studyOf(address: string): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([await readFile('data/penguins.csv')]), 'penguins.csv');
  form.append('target', 'Species');
  const spec = {
    training: { epochs: 5, batchSize: 64, learningRate: { $float: [0.001, 0.1], log: true } },
    search: { sampler: 'random', pruner: 'none', trials: TRIALS, seed: 1 },
  };
  form.append('spec', JSON.stringify(spec));
  const client = clientOf(address);
  const { study } = await client.upload<{ study: { id: string } }>('/v1/tune', form);
  await completed(client, study.id);
  return study.id;
}

async function timed(address: string, id: string, accept: string): Promise<{ ms: number; bytes: number }> {
  const start = performance.now();
  const answer = await fetch(`${address}/v1/studies/${id}/report`, { headers: { accept } });
  const bytes = (await answer.arrayBuffer()).byteLength;
  return { ms: performance.now() - start, bytes };
}
