import { readdirSync, readFileSync } from 'node:fs';
import { penguins, stopAll, testService, until, type TestService } from './harness';

const CANCELS = 100;
/** Told to stop between two slices of steps; the rest is the API, the database and a busy machine. */
const MOST_MS = 2000;

afterAll(stopAll);

/** Process identifiers of a service's children, of Linux's /proc. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, after = ''] = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').split(') ');
        return Number(after.split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

async function running(
  service: TestService,
  study: string,
): Promise<{ number: number; engine: string | null }[]> {
  const { body } = await service.call('GET', `/v1/studies/${study}/trials?state=running&limit=10`);
  return body['items'] as { number: number; engine: string | null }[];
}

describe('stopping trials of the compiled engine', () => {
  it('ends a hundred of them in their middle, soon, and never the process they run in', async () => {
    const service = await testService({ DEVICES: 'cpu:2' });
    const spec = {
      checks: 'off',
      model: { layers: [{ dense: { units: 256, activation: 'relu' } }, { dense: { units: 256 } }] },
      training: { learningRate: { $float: [1e-6, 1e-5] }, epochs: 10_000, earlyStopping: null },
      search: { sampler: 'random', pruner: 'none', trials: CANCELS + 20, seed: 1 },
    };
    const made = await service.upload('/v1/tune', await penguins(), {
      target: 'Species',
      spec: JSON.stringify(spec),
    });
    expect(made.status).toBe(201);
    const study = (made.body['study'] as { id: string }).id;
    const stopped = new Set<number>();
    let slowest = 0;
    let workers: number[] = [];
    while (stopped.size < CANCELS) {
      const trial = await until(async () =>
        (await running(service, study)).find(({ number, engine }) => engine !== null && !stopped.has(number)),
      );
      expect(trial.engine).toBe('compiled');
      if (workers.length === 0) workers = childrenOf(service.pid);
      const from = performance.now();
      await service.call('POST', `/v1/studies/${study}/trials/${String(trial.number)}/stop`);
      await until(async () => {
        const { body } = await service.call('GET', `/v1/studies/${study}/trials/${String(trial.number)}`);
        return body['state'] === 'cancelled';
      });
      slowest = Math.max(slowest, performance.now() - from);
      stopped.add(trial.number);
    }
    expect(workers.length).toBeGreaterThan(0);
    expect(childrenOf(service.pid)).toEqual(expect.arrayContaining(workers));
    expect(slowest).toBeLessThan(MOST_MS);
    console.info(`slowest of ${String(CANCELS)} cancels: ${slowest.toFixed(0)} ms`);
    await service.stop();
  }, 120_000);
});
