/**
 * Memory: trials of mixed shapes in a row through one worker, which compiles nearly every one of them anew; and, where
 * megabytes are given, a CSV of that size through the API process. Prints the worker's resident memory along the way, its
 * processor time a trial, whether its memory is flat by then, and the peak of the API process.
 * `npm run bench -- memory [trials] [megabytes] [engine]`.
 */
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientOf } from '../scripts/demo/client';
import { startService } from '../scripts/demo/service';
import { uploadFile } from './upload-file';

const DEFAULT_TRIALS = 1000;
const POINTS = 30;
/**
 * Growth that counts as none, in MB a trial over the last half: holes between the blocks of the C library's allocator make
 * some (docs/bench.md).
 */
const MOST_SLOPE = 0.05;
/** With fewer trials the last half still fills the caches. */
const FEWEST_JUDGED = 500;

function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
  return Number(kb ?? NaN) / 1024;
}

/** Of all threads, since the process began; Linux counts in hundredths of a second. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

function workerOf(parent: number): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const isChild = new RegExp(`^PPid:\\s+${String(parent)}$`, 'm').test(
        readFileSync(`/proc/${name}/status`, 'utf8'),
      );
      if (isChild && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('worker')) return Number(name);
    } catch {
      // It has ended since the folder was listed.
    }
  }
  return NaN;
}

/** Least squares, in units of `values` a step. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const along = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  return along / values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
}

/** Says whether memory was flat over the last half of the trials, by what it was after every so many of them. */
function judge(resident: readonly number[], every: number): void {
  if (resident.length * every < FEWEST_JUDGED) {
    console.log(`not judged: growth says something from ${String(FEWEST_JUDGED)} trials on`);
    return;
  }
  const last = resident.slice(Math.floor(resident.length / 2));
  const slope = slopeOf(last) / every;
  const isFlat = slope <= MOST_SLOPE;
  const what = `${slope.toFixed(3)} MB a trial over the last ${String(last.length * every)}, at most ${String(MOST_SLOPE)}`;
  console.log(`${isFlat ? 'PASS' : 'FAIL'}: ${what}`);
  if (!isFlat) process.exitCode = 1;
}

async function writeCsv(path: string, most: number): Promise<void> {
  const stream = createWriteStream(path);
  stream.write('a,b,c,d,e,colour\n');
  for (let row = 0, bytes = 0; bytes < most;) {
    let block = '';
    for (let i = 0; i < 10_000; i++, row++) {
      block += `${String(row)},${Math.sin(row).toFixed(6)},${Math.cos(row).toFixed(6)},${String(row % 977)},${(row / 7).toFixed(3)},colour ${String(row % 9)}\n`;
    }
    bytes += block.length;
    if (!stream.write(block)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}

async function measureUpload(address: string, pid: number, csv: string, bytes: number): Promise<void> {
  await writeCsv(csv, bytes);
  let peak = residentMb(pid);
  const probe = setInterval(() => (peak = Math.max(peak, residentMb(pid))), 50);
  const started = performance.now();
  const { rows } = await uploadFile<{ rows: number }>(address, csv);
  const seconds = (performance.now() - started) / 1000;
  clearInterval(probe);
  console.log(
    `upload of ${String(bytes / 1e6)} MB, ${String(rows)} rows: ${seconds.toFixed(1)} s, API process at most ${peak.toFixed(0)} MB`,
  );
}

/** One to three layers of 4 to 128 units and five sizes of batch: thousands of shapes. */
function mixedShapes(trials: number, engine: string): object {
  const block = [
    { dense: { units: { $int: [4, 128], log: true }, activation: 'relu' } },
    { dropout: { rate: { $float: [0, 0.5] } } },
  ];
  return {
    model: {
      layers: { $choice: [block, [...block, ...block], [...block, ...block, ...block]], name: 'depth' },
    },
    training: { epochs: 3, batchSize: { $choice: [8, 16, 32, 64, 128] } },
    search: { sampler: 'random', pruner: 'none', trials, seed: 1 },
    checks: 'off',
    engine,
  };
}

export async function memory(words: readonly string[]): Promise<void> {
  const [trials = DEFAULT_TRIALS, megabytes = 0] = words.slice(0, 2).map(Number);
  const engine = words[2] ?? 'auto';
  const every = Math.ceil(trials / POINTS);
  const folder = await mkdtemp(join(tmpdir(), 'tuneloom-memory-'));
  const service = await startService(join(folder, 'data'), { DEVICES: 'cpu:1' });
  const pid = service.process.pid ?? 0;
  try {
    if (megabytes > 0) await measureUpload(service.address, pid, join(folder, 'big.csv'), megabytes * 1e6);
    const client = clientOf(service.address);
    const form = new FormData();
    form.append('file', new Blob([readFileSync('data/penguins.csv')]), 'penguins.csv');
    form.append('target', 'Species');
    form.append('spec', JSON.stringify(mixedShapes(trials, engine)));
    const { study } = await client.upload<{ study: { id: string } }>('/v1/tune', form);
    let finished = 0;
    const resident: number[] = [];
    const spent: number[] = [];
    await client.follow(`/v1/studies/${study.id}/events?types=trial.finished`, () => {
      finished += 1;
      if (finished % every !== 0) return;
      const worker = workerOf(pid);
      resident.push(residentMb(worker));
      spent.push(processorMs(worker));
    });
    const each = spent.slice(1).map((ms, i) => ((ms - (spent[i] ?? 0)) / every).toFixed(0));
    console.log(
      `${engine}: worker after every ${String(every)} of ${String(finished)} trials, MB: ${resident.map((mb) => mb.toFixed(0)).join(' ')}`,
    );
    console.log(`ms of its processor time a trial, from the first of these on: ${each.join(' ')}`);
    judge(resident, every);
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
