import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { volumes } from '../training/volumes';
import { describeWithTensorFlow } from '../runtime/set-up-tensorflow';
import { startService } from '../../scripts/demo/service';
import { penguins, stopAll, testService, until, type TestService } from './harness';

interface TrialRow {
  readonly number: number;
  readonly state: string;
  readonly engine: string | null;
  readonly engineReason: string | null;
  readonly values: number[] | null;
  readonly curve: unknown[];
}

const SPEC = {
  model: { layers: [{ dense: { units: 8, activation: 'relu' } }] },
  training: {
    learningRate: { $float: [0.001, 0.05], log: true },
    batchSize: 64,
    epochs: 10,
    earlyStopping: null,
  },
  search: { sampler: 'random', pruner: 'none', trials: 2, seed: 3 },
  checks: 'off',
};

/** Native libraries of some hundred megabytes are loaded by each process. */
jest.setTimeout(90_000);

afterAll(stopAll);

async function tune(service: TestService, spec: object): Promise<string> {
  const fields = { target: 'Species', spec: JSON.stringify(spec) };
  const { status, body } = await service.upload('/v1/tune', await penguins(), fields);
  expect([status, body['detail']]).toEqual([201, undefined]);
  return (body['study'] as { id: string }).id;
}

async function trialsOf(service: TestService, study: string): Promise<readonly TrialRow[]> {
  const { body } = await service.call('GET', `/v1/studies/${study}/trials?include=curve`);
  return body['items'] as TrialRow[];
}

async function ended(service: TestService, study: string): Promise<readonly TrialRow[]> {
  await until(async () => {
    const { body } = await service.call('GET', `/v1/studies/${study}?wait=5`);
    return body['state'] === 'completed';
  }, 90);
  return trialsOf(service, study);
}

/** Worker processes of a service, of Linux's /proc. */
function workersOf(service: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
        const command = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
        return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) === service && /worker\.[jt]s/.test(command);
      } catch {
        return false;
      }
    });
}

describeWithTensorFlow()('the TensorFlow engine, through the API', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await testService({ DEVICES: 'cpu:2' });
  });

  it('is listed with its versions and devices', async () => {
    const { body } = await service.call('GET', '/v1/system');
    const engines = body['engines'] as { name: string }[];
    expect(engines.find(({ name }) => name === 'tensorflow')).toEqual({
      name: 'tensorflow',
      version: '4.22.0 on TensorFlow 2.21.0',
      available: true,
      reason: null,
      devices: ['cpu'],
    });
  });

  it('trains two trials at once in one process, with the same results again', async () => {
    const spec = { ...SPEC, engine: 'tensorflow' };
    const study = await tune(service, spec);
    await until(async () => {
      const { body } = await service.call('GET', '/v1/system');
      const slots = body['slots'] as { state: string }[];
      return slots.every(({ state }) => state === 'busy');
    });
    expect(workersOf(service.pid)).toHaveLength(1);
    const first = await ended(service, study);
    expect(first.map(({ engine, state }) => [engine, state])).toEqual(
      Array.from({ length: 2 }, () => ['tensorflow', 'completed']),
    );
    const again = await ended(service, await tune(service, spec));
    expect(again.map(({ values, curve }) => [values, curve])).toEqual(
      first.map(({ values, curve }) => [values, curve]),
    );
  });

  it('trains by itself what the compiler and WASM cannot, and says so', async () => {
    const spec = { ...SPEC, model: { topology: volumes(3) }, search: { ...SPEC.search, trials: 1 } };
    const [trial] = await ended(service, await tune(service, spec));
    expect(trial).toMatchObject({ state: 'completed', engine: 'tensorflow' });
    expect(trial?.engineReason).toBe(
      'compiled: no rule for the kernel Conv3D; wasm has no kernel Conv2DBackpropFilter',
    );
  });

  it('loses no trial when its process is killed while two of them train', async () => {
    const spec = {
      ...SPEC,
      engine: 'tensorflow',
      training: { ...SPEC.training, batchSize: 16, epochs: 20 },
    };
    const calm = await ended(service, await tune(service, spec));
    const study = await tune(service, spec);
    await until(async () => {
      const running = (await trialsOf(service, study)).filter(({ state }) => state === 'running');
      return running.length === 2 && running.every(({ curve }) => curve.length > 0);
    }, 60);
    const [worker] = workersOf(service.pid);
    expect(worker).toBeDefined();
    process.kill(worker ?? 0, 'SIGKILL');
    const after = await ended(service, study);
    expect(workersOf(service.pid)).not.toContain(worker);
    const essence = (trials: readonly TrialRow[]): readonly unknown[] =>
      trials.map(({ number, state, engine, values, curve }) => ({ number, state, engine, values, curve }));
    expect(essence(after)).toEqual(essence(calm));
    expect(after.every(({ state }) => state === 'completed')).toBe(true);
  });

  it('is cancelled between two steps, and keeps its process', async () => {
    const spec = { ...SPEC, engine: 'tensorflow', training: { ...SPEC.training, epochs: 10_000 } };
    const study = await tune(service, spec);
    await until(async () => (await trialsOf(service, study)).some(({ curve }) => curve.length > 1), 60);
    const workers = workersOf(service.pid);
    await service.call('POST', `/v1/studies/${study}/trials/0/stop`);
    await until(async () => (await trialsOf(service, study))[0]?.state === 'cancelled', 5);
    await service.call('POST', `/v1/studies/${study}/stop`);
    expect(workersOf(service.pid)).toEqual(workers);
  });
});

describe('a service without TensorFlow', () => {
  it('says how to get it', async () => {
    const service = await testService({ DEVICES: 'cpu:1', TENSORFLOW_DIR: join(tmpdir(), 'no-tensorflow') });
    const { body } = await service.call('GET', '/v1/system');
    const engines = body['engines'] as { name: string; available: boolean; reason: string | null }[];
    const { available, reason } = engines.find(({ name }) => name === 'tensorflow') ?? {};
    expect(available).toBe(false);
    expect(reason).toContain('npm run setup:tensorflow');
    await service.stop();
  });

  it('does not start on a GPU that nothing can drive', async () => {
    await expect(
      startService(join(tmpdir(), `tuneloom-cuda-${String(process.pid)}`), {
        DEVICES: 'cuda:0',
        LOG_LEVEL: 'fatal',
        TENSORFLOW_DIR: join(tmpdir(), 'no-tensorflow'),
      }),
    ).rejects.toThrow(/ended with code 1/);
  });
});
