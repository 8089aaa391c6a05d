import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { penguins, stopAll, testService, until, type TestService } from './harness';

interface TrialRow {
  readonly number: number;
  readonly state: string;
  readonly values: readonly number[] | null;
  readonly metrics: object;
  readonly attempts: number;
  readonly durationMs: number;
  readonly curve: readonly { readonly epoch: number }[];
}

interface StudyEvent {
  readonly type: string;
  readonly data: { readonly trial: number; readonly epoch: number };
}

const TRAINING = {
  learningRate: { $float: [0.0005, 0.05], log: true },
  batchSize: 16,
  epochs: 27,
  earlyStopping: null,
};
const MODEL = {
  layers: [{ dense: { units: { $choice: [8, 16, 32] }, activation: 'relu' } }, { dropout: { rate: 0.2 } }],
};
const SEARCH = { sampler: 'random', trials: 24, seed: 3, parallelism: 2 };
const ASHA = { asha: { minEpochs: 3, reduction: 3 } };

afterAll(stopAll);

async function startStudy(service: TestService, spec: object): Promise<string> {
  const { status, body } = await service.upload('/v1/tune', await penguins(), {
    target: 'Species',
    spec: JSON.stringify({ model: MODEL, training: TRAINING, ...spec }),
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return (body['study'] as { id: string }).id;
}

async function ended(service: TestService, study: string): Promise<string> {
  return until(async () => {
    const { body } = await service.call('GET', `/v1/studies/${study}?wait=5`);
    return body['state'] !== 'running' && String(body['state']);
  }, 120);
}

async function trialsOf(service: TestService, study: string): Promise<readonly TrialRow[]> {
  const { body } = await service.call('GET', `/v1/studies/${study}/trials?include=curve&limit=500`);
  return body['items'] as TrialRow[];
}

async function eventsOf(service: TestService, study: string, types: string): Promise<readonly StudyEvent[]> {
  const { body } = await service.call('GET', `/v1/studies/${study}/events?types=${types}`);
  return String(body['text'])
    .split('\n\n')
    .filter((block) => block.includes('event:'))
    .map((block) => ({
      type: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') as StudyEvent['data'],
    }));
}

async function blobsOf(service: TestService): Promise<number> {
  return (await readdir(join(service.dataDir, 'blobs'), { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile(),
  ).length;
}

describe('a trial that stands at a rung', () => {
  let service: TestService;
  let whole: readonly TrialRow[];

  beforeAll(async () => {
    service = await testService({ DEVICES: 'cpu:2' });
    const study = await startStudy(service, { search: { ...SEARCH, pruner: 'none' } });
    expect(await ended(service, study)).toBe('completed');
    whole = await trialsOf(service, study);
  }, 120_000);

  it('gives its slot back, and goes on as if it had never stood', async () => {
    const study = await startStudy(service, { search: { ...SEARCH, pruner: ASHA } });
    expect(await ended(service, study)).toBe('completed');
    const trials = await trialsOf(service, study);
    expect(trials).toHaveLength(24);
    const events = await eventsOf(service, study, 'trial.paused,trial.resumed');
    const resumed = events.filter(({ type }) => type === 'trial.resumed').map(({ data }) => data.trial);
    expect(events.filter(({ type }) => type === 'trial.paused').length).toBeGreaterThan(resumed.length);
    expect(resumed.length).toBeGreaterThan(0);
    expect(events.every(({ data }) => [3, 9].includes(data.epoch))).toBe(true);
    for (const { number, state, curve, values, metrics, attempts } of trials) {
      const expected = whole.find((other) => other.number === number);
      expect(['completed', 'pruned']).toContain(state);
      expect(attempts).toBe(1);
      // Each epoch once, and the same as in a trial that ran in one go.
      expect(curve).toEqual(expected?.curve.slice(0, curve.length));
      if (state === 'completed')
        expect({ values, metrics }).toEqual({ values: expected?.values, metrics: expected?.metrics });
      else expect([3, 9]).toContain(curve.length);
    }
    expect(trials.some(({ number, state }) => state === 'completed' && resumed.includes(number))).toBe(true);
  }, 120_000);

  it('of a k-fold study goes on with its next fold', async () => {
    const spec = {
      checks: 'off',
      split: { method: 'kfold', folds: 6, test: 0.2 },
      training: { ...TRAINING, epochs: 4 },
    };
    const search = { ...SEARCH, trials: 12 };
    const all = await startStudy(service, { ...spec, search: { ...search, pruner: 'none' } });
    expect(await ended(service, all)).toBe('completed');
    const expected = await trialsOf(service, all);
    const halving = { asha: { minEpochs: 2, reduction: 2 } };
    const study = await startStudy(service, { ...spec, search: { ...search, pruner: halving } });
    expect(await ended(service, study)).toBe('completed');
    const events = await eventsOf(service, study, 'trial.paused,trial.resumed');
    expect(events.filter(({ type }) => type === 'trial.resumed').length).toBeGreaterThan(0);
    expect(new Set(events.map(({ data }) => data.epoch))).toEqual(new Set([2, 4]));
    for (const { number, state, curve, values, metrics } of await trialsOf(service, study)) {
      const other = expected[number];
      // Each fold once.
      expect(curve).toEqual(other?.curve.slice(0, curve.length));
      if (state === 'completed')
        expect({ values, metrics }).toEqual({ values: other?.values, metrics: other?.metrics });
      else expect([2, 4]).toContain(curve.length);
    }
  }, 120_000);

  it('stops where there is one slot only', async () => {
    const search = { ...SEARCH, parallelism: 1, pruner: ASHA };
    const study = await startStudy(service, { search });
    expect(await ended(service, study)).toBe('completed');
    expect(await eventsOf(service, study, 'trial.paused,trial.resumed')).toEqual([]);
    expect((await trialsOf(service, study)).some(({ state }) => state === 'pruned')).toBe(true);
  }, 120_000);

  it('is pruned where the study is stopped, and cancelled where its user stops it', async () => {
    const search = { ...SEARCH, trials: 5000, pruner: ASHA };
    const study = await startStudy(service, { search });
    const one = await until(async () => {
      const waiting = (await trialsOf(service, study)).filter(({ state }) => state === 'waiting');
      const number = waiting[0]?.number ?? -1;
      if (waiting.length < 4) return null;
      // It may have been promoted meanwhile, and have ended by itself.
      const stopped = await service.call('POST', `/v1/studies/${study}/trials/${String(number)}/stop`);
      return stopped.status === 200 && stopped.body['state'] === 'cancelled' && { number };
    }, 60);
    await service.call('POST', `/v1/studies/${study}/stop`);
    expect(await ended(service, study)).toBe('stopped');
    const trials = await trialsOf(service, study);
    expect(trials.some(({ state }) => state === 'waiting' || state === 'running')).toBe(false);
    expect(trials[one.number]?.state).toBe('cancelled');
    expect(
      trials.filter(({ state, values }) => state === 'pruned' && values !== null).length,
    ).toBeGreaterThan(2);
  }, 120_000);

  it('still stands there after kill -9, and is promoted then', async () => {
    const search = { ...SEARCH, trials: 40, pruner: ASHA };
    const study = await startStudy(service, { search });
    const standing = await until(async () => {
      const waiting = (await trialsOf(service, study)).filter(({ state }) => state === 'waiting');
      return waiting.length >= 5 && waiting;
    }, 60);
    await service.kill();
    service = await service.restart();
    expect(await ended(service, study)).toBe('completed');
    const trials = await trialsOf(service, study);
    expect(trials).toHaveLength(40);
    for (const { number, curve } of standing) {
      expect(trials[number]?.curve.slice(0, curve.length)).toEqual(curve);
      expect(trials[number]?.attempts).toBe(1);
    }
    await service.stop();
  }, 180_000);
});

describe('a trial whose service is killed', () => {
  const LONG = {
    training: { ...TRAINING, batchSize: 2, epochs: 700 },
    search: { ...SEARCH, pruner: 'none', trials: 1, parallelism: 1 },
  };

  it('goes on from its last checkpoint, bit for bit', async () => {
    const env = { DEVICES: 'cpu:1', CHECKPOINT_SECONDS: '1' };
    const first = await testService(env);
    const calm = await startStudy(first, LONG);
    await ended(first, calm);
    const expected = await trialsOf(first, calm);
    const before = await blobsOf(first);

    const study = await startStudy(first, LONG);
    await until(async () => (await blobsOf(first)) > before, 60);
    // The row follows its blob within milliseconds: after some more epochs it is there.
    const seen = (await trialsOf(first, study))[0]?.curve.length ?? 0;
    await until(async () => ((await trialsOf(first, study))[0]?.curve.length ?? 0) > seen + 20, 30);
    await first.kill();
    const second = await first.restart();
    expect(await ended(second, study)).toBe('completed');
    const [trial] = await trialsOf(second, study);
    expect(trial?.curve).toEqual(expected[0]?.curve);
    expect(trial).toMatchObject({ values: expected[0]?.values, metrics: expected[0]?.metrics, attempts: 1 });
    const events = await eventsOf(second, study, 'trial.restarted,trial.epoch');
    const again = events.findIndex(({ type }) => type === 'trial.restarted');
    expect(again).toBeGreaterThan(0);
    expect(events[again + 1]?.data.epoch).toBeGreaterThan(1);
    expect(events.filter(({ type }) => type === 'trial.epoch').map(({ data }) => data.epoch)).toEqual(
      Array.from({ length: 700 }, (_, i) => i + 1),
    );
    // The checkpoint is gone, and the network is the same as the calm study's.
    expect(await blobsOf(second)).toBe(before);
    await second.stop();
  }, 180_000);
});
