/**
 * `npm run bench -- ask-tell [samplers]`: pairs of ask and tell a second through HTTP, with 10 000 trials stored; a caller
 * of 16 connections in a process of its own beside the service's. The trials are the study's own: points enqueued by
 * hand, so that a slow sampler need not propose them; the service is started anew before the measurement.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '../scripts/demo/service';
import { streamOf } from '../src/core/random';

const STORED = 10_000;
const PAIRS = 3000;
/** Pairs before those that are measured: a service that has just been started compiles its own code. */
const WARM_UP = 1000;
const CONNECTIONS = 16;

interface Asked {
  readonly trials: readonly { readonly number: number; readonly params: Record<string, number> }[];
}

type Post = (path: string, body: object) => Promise<unknown>;

export async function askTell(samplers: readonly string[]): Promise<void> {
  console.log(
    `pairs of ask and tell a second, ${String(CONNECTIONS)} connections, ${String(STORED)} trials stored`,
  );
  console.log(
    '| sampler | pairs a second | slowest of a hundred, ms | processor time of the service, ms a pair |',
  );
  console.log('|---|---|---|---|');
  for (const sampler of samplers.length === 0 ? ['random', 'sobol', 'tpe'] : samplers) {
    const folder = await mkdtemp(join(tmpdir(), 'tuneloom-ask-tell-'));
    try {
      const study = await withService(folder, (post) => fill(sampler, post));
      console.log(await withService(folder, (post, pid) => measure(sampler, study, post, pid)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function withService<T>(folder: string, work: (post: Post, pid: number) => Promise<T>): Promise<T> {
  const service = await startService(folder, { DEVICES: 'cpu:1' });
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    return await work(poster(service.address, agent), service.process.pid ?? 0);
  } finally {
    agent.destroy();
    await service.stop();
  }
}

/** A study with finished trials; returns its address. */
async function fill(sampler: string, post: Post): Promise<string> {
  const names = Array.from({ length: 10 }, (_, i) => `x${String(i)}`);
  const { id } = (await post('/v1/studies', {
    execution: 'external',
    space: Object.fromEntries(names.map((name) => [name, { $float: [0, 1] }])),
    search: { sampler, trials: STORED + WARM_UP + PAIRS, seed: 1 },
  })) as { id: string };
  const at = `/v1/studies/${id}`;
  const stream = streamOf('points');
  const enqueue = async (): Promise<void> => {
    await post(`${at}/trials`, {
      params: Object.fromEntries(names.map((name) => [name, stream.uniform()])),
    });
  };
  await pairs(post, at, STORED, enqueue);
  return at;
}

async function measure(sampler: string, at: string, post: Post, pid: number): Promise<string> {
  await pairs(post, at, WARM_UP);
  const [started, spent] = [performance.now(), processorMs(pid)];
  const times = await pairs(post, at, PAIRS);
  const seconds = (performance.now() - started) / 1000;
  const each = (processorMs(pid) - spent) / PAIRS;
  const slow = times.toSorted((a, b) => a - b)[Math.floor(0.99 * times.length)] ?? NaN;
  return `| ${sampler} | ${(PAIRS / seconds).toFixed(0)} | ${slow.toFixed(0)} | ${each.toFixed(2)} |`;
}

/** Linux counts it in hundredths of a second. */
function processorMs(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Milliseconds of each ask with its tell. */
async function pairs(
  post: Post,
  at: string,
  count: number,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<readonly number[]> {
  let left = count;
  const times: number[] = [];
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      await before();
      const started = performance.now();
      const { trials } = (await post(`${at}/ask`, {})) as Asked;
      const [trial] = trials;
      if (trial === undefined) throw new Error('asked for a trial, given none');
      const value = Object.values(trial.params).reduce((sum, x) => sum + (x - 0.3) ** 2, 0);
      await post(`${at}/trials/${String(trial.number)}/tell`, { state: 'completed', values: [value] });
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return times;
}

function poster(address: string, agent: Agent): Post {
  const post: Post = (path, body) =>
    new Promise((resolve, reject) => {
      const call = request(
        `${address}${path}`,
        { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(parts).toString();
            if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text));
            else reject(new Error(`${path}: ${text}`));
          });
        },
      );
      call.on('error', (error) => {
        // The service has just closed a connection that was idle: nothing was sent.
        if (call.reusedSocket) post(path, body).then(resolve, reject);
        else reject(error);
      });
      call.end(JSON.stringify(body));
    });
  return post;
}
