/**
 * `npm run bench -- ask-tell [samplers]`: pairs of ask and tell a second through HTTP, with 10 000 trials stored; a caller
 * of 16 connections in a process of its own beside the service's. The study that is measured begins with the last 2 000 of
 * them (warm start) and has none of its own at first.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '../scripts/demo/service';

const STORED = 10_000;
const PAIRS = 3000;
const CONNECTIONS = 16;
/** Asked for at once while the history is filled. */
const FILL = 500;

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
    const service = await startService(folder, { DEVICES: 'cpu:1' });
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    try {
      console.log(await measure(sampler, poster(service.address, agent), service.process.pid ?? 0));
    } finally {
      agent.destroy();
      await service.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function measure(sampler: string, post: Post, pid: number): Promise<string> {
  const names = Array.from({ length: 10 }, (_, i) => `x${String(i)}`);
  const study = (await post('/v1/studies', {
    execution: 'external',
    space: Object.fromEntries(names.map((name) => [name, { $float: [0, 1] }])),
    search: { sampler: 'random', trials: STORED, seed: 1 },
  })) as { id: string };
  await pairs(post, `/v1/studies/${study.id}`, STORED, FILL);
  // The study that is measured begins with the points of the first: filling it with a slow sampler would take long.
  const measured = (await post('/v1/studies', {
    execution: 'external',
    space: Object.fromEntries(names.map((name) => [name, { $float: [0, 1] }])),
    search: { sampler, trials: STORED + PAIRS, seed: 2, warmStart: { studies: [study.id] } },
  })) as { id: string };
  const [started, spent] = [performance.now(), processorMs(pid)];
  const times = await pairs(post, `/v1/studies/${measured.id}`, PAIRS, 1);
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

/** Milliseconds of each ask with its tells. */
async function pairs(post: Post, at: string, count: number, batch: number): Promise<readonly number[]> {
  let left = count;
  const times: number[] = [];
  const work = async (): Promise<void> => {
    while (left > 0) {
      const wanted = Math.min(batch, left);
      left -= wanted;
      const started = performance.now();
      const { trials } = (await post(`${at}/ask`, { count: wanted })) as Asked;
      if (trials.length !== wanted)
        throw new Error(`asked for ${String(wanted)}, given ${String(trials.length)}`);
      for (const { number, params } of trials) {
        const value = Object.values(params).reduce((sum, x) => sum + (x - 0.3) ** 2, 0);
        await post(`${at}/trials/${String(number)}/tell`, { state: 'completed', values: [value] });
      }
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
