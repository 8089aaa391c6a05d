import { readdirSync, readFileSync } from 'node:fs';
import { penguins, stopAll, testService, until, type TestService } from './harness';

const CANCELS = 100;
/** A slice of steps lasts 100 ms; the rest is the API, the commit and the 25 ms between two looks of this test. */
const SOON_MS = 500;
/**
 * Both slots train all the while, so that on a machine with two cores a slice, or the process that is asked, may have to
 * wait for its turn. A few cancels may fall into that, and even those take no longer than this.
 */
const MOST_LATE = 5;
const MOST_MS = 2000;

const DENSE = { layers: [{ dense: { units: 256, activation: 'relu' } }, { dense: { units: 256 } }] };
/** On images of 28×28: an epoch of the penguins takes several slices. */
const CONVOLUTIONAL = {
  layers: [
    { dense: { units: 784 } },
    { reshape: { targetShape: [28, 28, 1] } },
    { conv2d: { filters: 32, kernelSize: 3, activation: 'relu' } },
    { maxPooling2d: { poolSize: 2 } },
    { conv2d: { filters: 64, kernelSize: 3, activation: 'relu' } },
    { flatten: {} },
  ],
};

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

/** A study whose trials last until they are stopped. */
async function endless(service: TestService, model: object): Promise<string> {
  const spec = {
    checks: 'off',
    model,
    training: { learningRate: { $float: [1e-6, 1e-5] }, epochs: 10_000, earlyStopping: null },
    search: { sampler: 'random', pruner: 'none', trials: CANCELS, seed: 1, parallelism: 1 },
  };
  const { status, body } = await service.upload('/v1/tune', await penguins(), {
    target: 'Species',
    spec: JSON.stringify(spec),
  });
  expect(status).toBe(201);
  return (body['study'] as { id: string }).id;
}

/** Stops a trial that trains, and says how long that took, in milliseconds. */
async function stopOne(service: TestService, study: string, stopped: Set<number>): Promise<number> {
  const trial = await until(async () =>
    (await running(service, study)).find(({ number, engine }) => engine !== null && !stopped.has(number)),
  );
  expect(trial.engine).toBe('compiled');
  const from = performance.now();
  await service.call('POST', `/v1/studies/${study}/trials/${String(trial.number)}/stop`);
  await until(async () => {
    const { body } = await service.call('GET', `/v1/studies/${study}/trials/${String(trial.number)}`);
    return body['state'] === 'cancelled';
  });
  stopped.add(trial.number);
  return performance.now() - from;
}

describe('stopping trials of the compiled engine', () => {
  it('ends a hundred of them in their middle, dense and convolutional, soon, and never the process they run in', async () => {
    const service = await testService({ DEVICES: 'cpu:2' });
    const studies = [
      { study: await endless(service, DENSE), stopped: new Set<number>() },
      { study: await endless(service, CONVOLUTIONAL), stopped: new Set<number>() },
    ];
    for (const { study } of studies) {
      await until(async () => (await running(service, study)).some(({ engine }) => engine !== null), 60);
    }
    const workers = childrenOf(service.pid);
    const took: number[] = [];
    while (took.length < CANCELS) {
      for (const { study, stopped } of studies) took.push(await stopOne(service, study, stopped));
    }
    expect(studies.map(({ stopped }) => stopped.size)).toEqual([CANCELS / 2, CANCELS / 2]);
    expect(workers.length).toBeGreaterThan(0);
    expect(childrenOf(service.pid)).toEqual(expect.arrayContaining(workers));
    const sorted = took.sort((a, b) => a - b);
    const [median = NaN, slowest = NaN] = [sorted[CANCELS / 2], sorted.at(-1)];
    const late = sorted.filter((ms) => ms > SOON_MS).length;
    console.info(
      `${String(CANCELS)} cancels: median ${median.toFixed(0)} ms, ${String(late)} beyond ${String(SOON_MS)} ms, slowest ${slowest.toFixed(0)} ms`,
    );
    expect(median).toBeLessThan(SOON_MS / 2);
    expect(late).toBeLessThanOrEqual(MOST_LATE);
    expect(slowest).toBeLessThan(MOST_MS);
    await service.stop();
  }, 240_000);
});
