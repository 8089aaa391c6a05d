import { readFileSync, readdirSync } from 'node:fs';
import { penguins, stopAll, testService, until, type TestService } from './harness';

interface TrialRow {
  number: number;
  state: string;
  params: object;
  values: number[] | null;
  seed: number;
  curve: object[];
  attempts: number;
  metrics: object;
}

const SPEC = {
  name: 'recovery',
  checks: 'off',
  model: {
    layers: [{ dense: { units: { $choice: [8, 16, 32] }, activation: 'relu' } }, { dropout: { rate: 0.2 } }],
  },
  training: {
    learningRate: { $float: [0.0005, 0.05], log: true },
    batchSize: 16,
    epochs: 40,
    earlyStopping: null,
  },
  search: { sampler: 'random', pruner: 'median', trials: 8, seed: 11, parallelism: 1 },
};

afterAll(stopAll);

async function startStudy(service: TestService, spec: object = SPEC): Promise<string> {
  const { status, body } = await service.upload('/v1/tune', await penguins(), {
    target: 'Species',
    spec: JSON.stringify(spec),
  });
  expect(status).toBe(201);
  return (body['study'] as { id: string }).id;
}

async function ended(service: TestService, study: string): Promise<Record<string, unknown>> {
  return until(async () => {
    const { body } = await service.call('GET', `/v1/studies/${study}?wait=5`);
    return ['completed', 'failed', 'stopped'].includes(String(body['state'])) ? body : null;
  }, 90);
}

async function trialsOf(service: TestService, study: string): Promise<TrialRow[]> {
  const { body } = await service.call('GET', `/v1/studies/${study}/trials?include=curve&limit=500`);
  return body['items'] as TrialRow[];
}

function essence(trials: readonly TrialRow[]): object[] {
  return trials.map(({ number, state, params, values, seed, curve, metrics }) => ({
    number,
    state,
    params,
    values,
    seed,
    curve,
    metrics,
  }));
}

/** The worker processes of a service, by their parent in /proc. */
function workersOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parentId = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return Number(parentId) === parent && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker');
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe('a study that is interrupted', () => {
  it('gives, after kill -9 of the service and a restart, the trials of a run that was never interrupted', async () => {
    const calm = await testService({ DEVICES: 'cpu:1' });
    const calmStudy = await startStudy(calm);
    await ended(calm, calmStudy);
    const expected = await trialsOf(calm, calmStudy);
    await calm.stop();

    const first = await testService({ DEVICES: 'cpu:1' });
    const study = await startStudy(first);
    await until(async () => {
      const trials = await trialsOf(first, study);
      return trials.some(
        (trial) => trial.number === 3 && trial.state === 'running' && trial.curve.length > 2,
      );
    }, 60);
    await first.kill();
    const second = await first.restart();
    const after = await ended(second, study);
    expect(after['state']).toBe('completed');
    expect(essence(await trialsOf(second, study))).toEqual(essence(expected));
    const { body } = await second.call('GET', `/v1/studies/${study}/best`);
    expect(body['model']).not.toBeNull();
    await second.stop();
  }, 120_000);

  it('runs the trial of a killed worker process again while the API goes on answering', async () => {
    const service = await testService({ DEVICES: 'cpu:2' });
    const study = await startStudy(service, {
      ...SPEC,
      search: { ...SPEC.search, pruner: 'none', parallelism: 2 },
    });
    await until(async () => (await trialsOf(service, study)).some(({ curve }) => curve.length > 3), 60);
    let answered = 0;
    let slowest = 0;
    const probe = setInterval(() => {
      const asked = performance.now();
      void service.call('GET', '/healthz').then(({ status }) => {
        if (status === 200) answered += 1;
        slowest = Math.max(slowest, performance.now() - asked);
      });
    }, 50);
    const [worker] = workersOf(service.pid);
    expect(worker).toBeDefined();
    process.kill(worker ?? 0, 'SIGKILL');
    const after = await ended(service, study);
    clearInterval(probe);
    expect(after['state']).toBe('completed');
    const trials = await trialsOf(service, study);
    expect(trials.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(trials.every(({ state }) => state === 'completed')).toBe(true);
    expect(trials.every(({ curve }) => curve.length === 40)).toBe(true);
    expect(answered).toBeGreaterThan(10);
    expect(slowest).toBeLessThan(1000);
    const events = await service.call('GET', `/v1/studies/${study}/events?types=trial.restarted`);
    expect(String(events.body['text'])).toContain('event: trial.restarted');
    await service.stop();
  }, 120_000);

  it('ends its worker processes within seconds when the service is killed', async () => {
    const service = await testService({ DEVICES: 'cpu:1' });
    const workers = await until(async () => {
      const found = workersOf(service.pid);
      return Promise.resolve(found.length > 0 && found);
    });
    await service.kill();
    await until(async () => {
      const alive = workers.filter((pid) => {
        try {
          process.kill(pid, 0);
          return true;
        } catch {
          return false;
        }
      });
      return Promise.resolve(alive.length === 0);
    }, 5);
  });

  it('is not taken up by a second service on the same folder, which says so and ends', async () => {
    const service = await testService({ DEVICES: 'cpu:1' });
    await expect(service.restart()).rejects.toThrow(/ended with code 1/);
    await service.stop();
  });
});
