import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FitJob, TrialJob } from '../../src/core/job';
import type { FromWorker } from '../../src/workers/messages';
import { WorkerProcess } from '../../src/workers/worker-process';
import { configOf, openPenguins, type Penguins } from '../training/penguins';

/** Longer than any silence that a trial in training is allowed. */
const AGE_MS = 3_600_000;
/** The watchdog looks every second. */
const TWO_LOOKS_MS = 2500;

let penguins: Penguins;
let folder: string;
let worker: WorkerProcess;
const heard: FromWorker[] = [];

beforeAll(async () => {
  penguins = await openPenguins();
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-worker-'));
  const options = {
    threads: 1,
    device: 'cpu',
    costsFile: join(folder, 'costs.json'),
    datasetMemory: 1 << 28,
  };
  worker = await WorkerProcess.start(options, (message) => heard.push(message));
}, 120_000);
beforeEach(() => {
  heard.length = 0;
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await worker.close();
  await penguins.close();
  await rm(folder, { recursive: true, force: true });
});

async function foldsJob(id: string): Promise<TrialJob> {
  const { job: data } = await penguins.of('Species', 'multiclass');
  const model = { layers: [{ dense: { units: 4 } }] };
  const config = configOf({ model, training: { epochs: 2 } }, 'multiclass');
  return {
    id,
    study: 'st',
    trial: 0,
    seed: 1,
    data: { ...data, split: { ...data.split, method: 'kfold', folds: 3 }, fold: 0 },
    config,
    objective: { metric: 'validation.logLoss', direction: 'minimize' },
    verdicts: { from: 1, every: 1 },
    engine: 'compiled',
    device: null,
    isolated: false,
    checkpoint: null,
    checkpointMs: Infinity,
  };
}

async function next<Kind extends FromWorker['kind']>(
  kind: Kind,
  count = 1,
): Promise<Extract<FromWorker, { kind: Kind }>> {
  for (;;) {
    const found = heard.filter((message) => message.kind === kind);
    const last = found[count - 1];
    if (last !== undefined) return last as Extract<FromWorker, { kind: Kind }>;
    await sleep(10);
  }
}

describe('a k-fold trial between two folds', () => {
  it('is not taken for stuck, however long that takes', async () => {
    worker.receive({ kind: 'run', job: await foldsJob('slow') });
    expect(await next('epochs')).toMatchObject({ waiting: true });
    await sleep(TWO_LOOKS_MS);
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + AGE_MS);
    await sleep(TWO_LOOKS_MS);
    expect(heard.map(({ kind }) => kind)).not.toContain('stuck');
    worker.receive({ kind: 'verdict', job: 'slow', decision: 'continue' });
    await next('epochs', 2);
    worker.receive({ kind: 'verdict', job: 'slow', decision: 'continue' });
    expect((await next('finished')).outcome).toMatchObject({ state: 'completed' });
  });

  it('is cancelled there, and trains on no further fold', async () => {
    worker.receive({ kind: 'run', job: await foldsJob('cancelled') });
    await next('epochs');
    worker.receive({ kind: 'cancel', job: 'cancelled' });
    expect((await next('finished')).outcome).toEqual({ state: 'cancelled' });
    expect(heard.filter(({ kind }) => kind === 'epochs')).toHaveLength(1);
  });
});

describe('a trial whose data cannot be prepared', () => {
  it('fails with the code of what is wrong', async () => {
    const { job: data } = await penguins.of('Species', 'multiclass');
    const job = { ...(await foldsJob('without features')), data: { ...data, features: [] } };
    worker.receive({ kind: 'run', job });
    expect((await next('finished')).outcome).toMatchObject({
      state: 'failed',
      error: { code: 'no_features' },
    });
  });
});

describe('an errand', () => {
  const longFit = async (id: string): Promise<FitJob> => {
    const { job: data } = await penguins.of('Species', 'multiclass');
    const model = { layers: [{ dense: { units: 512 } }, { dense: { units: 512 } }] };
    const training = { epochs: 10_000, earlyStopping: null };
    const config = configOf({ model, training }, 'multiclass');
    const [objective, engine] = [null, 'compiled'] as const;
    return { id, data, config, seed: 1, engine, objective, trainShare: 1, keepNetwork: false };
  };

  it('is stuck where nothing is heard of it for longer than a first step may take, and not while its steps go on', async () => {
    worker.receive({ kind: 'perform', task: 'fit', job: await longFit('busy') });
    // The only thread is taken: this one cannot give a sign of life.
    worker.receive({ kind: 'perform', task: 'fit', job: await longFit('silent') });
    await sleep(2 * TWO_LOOKS_MS);
    expect(heard).toEqual([]);
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + AGE_MS);
    await sleep(TWO_LOOKS_MS);
    expect(new Set(heard.map((message) => JSON.stringify(message)))).toEqual(
      new Set([JSON.stringify({ kind: 'stuck', job: 'silent' })]),
    );
    for (const job of ['busy', 'silent']) worker.receive({ kind: 'cancel', job });
    // Its class is lost between threads; what the API answers with is not.
    expect((await next('refused', 2)).error).toMatchObject({
      kind: 'conflict',
      code: 'cancelled',
      message: 'the task was told to stop',
    });
  }, 30_000);
});
