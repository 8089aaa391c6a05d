import { penguins, stopAll, testService, type TestService } from './harness';

interface TrialRow {
  readonly number: number;
  readonly state: string;
  readonly values: readonly number[] | null;
  readonly parameters: number | null;
  readonly bestEpoch: number | null;
  readonly metrics: { readonly validation: Readonly<Record<string, number>> | null };
  readonly curve: readonly {
    readonly epoch: number;
    readonly validation: Readonly<Record<string, number>>;
  }[];
}

const MODEL = { layers: [{ dense: { units: { $choice: [2, 4, 8, 16, 32, 64] }, activation: 'relu' } }] };
// Two columns alone: so little that a bigger network is a better one.
const FEATURES = { include: ['Beak Length (mm)', 'Body Mass (g)'] };
const TRAINING = { learningRate: { $float: [0.001, 0.1], log: true }, batchSize: 32, epochs: 12 };

let service: TestService;
beforeAll(async () => {
  service = await testService({ DEVICES: 'cpu:2' });
}, 60_000);
afterAll(stopAll);

async function ended(spec: object): Promise<Record<string, unknown>> {
  const { status, body } = await service.upload('/v1/tune', await penguins(), {
    target: 'Species',
    spec: JSON.stringify({ checks: 'off', features: FEATURES, model: MODEL, training: TRAINING, ...spec }),
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  const { id } = body['study'] as { id: string };
  return (await service.call('GET', `/v1/studies/${id}?wait=60`)).body;
}

async function trialsOf(study: unknown, query = 'include=curve&limit=500'): Promise<readonly TrialRow[]> {
  const { body } = await service.call('GET', `/v1/studies/${String(study)}/trials?${query}`);
  return body['items'] as TrialRow[];
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => value <= (b[i] ?? 0)) && a.some((value, i) => value < (b[i] ?? 0));
}

describe('a study with two objectives', () => {
  let study: Record<string, unknown>;
  beforeAll(async () => {
    study = await ended({
      objectives: [
        { metric: 'model.parameters', direction: 'minimize' },
        { metric: 'validation.logLoss', direction: 'minimize' },
      ],
      search: { sampler: 'random', pruner: 'median', trials: 20, seed: 5 },
    });
  }, 90_000);

  it('ends without a model of its own', async () => {
    expect(study).toMatchObject({ state: 'completed', stopReason: 'trials', best: null, error: null });
    const { status, body } = await service.call('GET', `/v1/studies/${String(study['id'])}/best`);
    expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'pareto_study' });
  });

  it('gives every trial the values of its best epoch', async () => {
    for (const trial of await trialsOf(study['id'])) {
      if (trial.values === null) continue;
      const losses = trial.curve.map(({ validation }) => validation['logLoss'] ?? Infinity);
      expect(trial.bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
      expect(trial.values).toEqual([trial.parameters, Math.min(...losses)]);
    }
  });

  it('has a Pareto front of the completed trials that no other dominates', async () => {
    const completed = (await trialsOf(study['id'])).filter(({ state }) => state === 'completed');
    const expected = completed
      .filter(({ values }) => !completed.some((other) => dominates(other.values ?? [], values ?? [])))
      .map(({ number }) => number);
    const { status, body } = await service.call('GET', `/v1/studies/${String(study['id'])}/pareto`);
    expect(status).toBe(200);
    expect((body['items'] as TrialRow[]).map(({ number }) => number)).toEqual(expected);
    const page = await service.call('GET', `/v1/studies/${String(study['id'])}/pareto?limit=1`);
    const next = `/v1/studies/${String(study['id'])}/pareto?limit=1&cursor=${String(page.body['nextCursor'])}`;
    expect(((await service.call('GET', next)).body['items'] as TrialRow[])[0]?.number).toBe(expected[1]);
  });

  it('stops no trial that nothing dominated at its last step', async () => {
    const trials = await trialsOf(study['id']);
    const at = ({ curve, parameters }: TrialRow, step: number): number[] => {
      const losses = curve.slice(0, step).map(({ validation }) => validation['logLoss'] ?? Infinity);
      return [parameters ?? 0, Math.min(...losses)];
    };
    const pruned = trials.filter(({ state }) => state === 'pruned');
    expect(pruned.length).toBeGreaterThan(0);
    for (const trial of pruned) {
      const step = trial.curve.length;
      const own = at(trial, step);
      expect(trials.some((other) => other.state === 'completed' && dominates(at(other, step), own))).toBe(
        true,
      );
    }
  });

  it('makes a model of any completed trial by hand', async () => {
    const trial = (await trialsOf(study['id'])).find(({ state }) => state === 'completed');
    const { status, body } = await service.call(
      'POST',
      `/v1/studies/${String(study['id'])}/trials/${String(trial?.number)}/model`,
    );
    expect(status).toBe(201);
    expect(body['trial']).toBe(trial?.number);
    const listed = await service.call('GET', `/v1/models?study=${String(study['id'])}`);
    expect(listed.body['items']).toHaveLength(1);
  });
});

describe('a study with a constraint', () => {
  it('puts trials that keep it first', async () => {
    const study = await ended({
      constraints: [{ metric: 'model.parameters', max: 60 }],
      search: { sampler: 'random', pruner: 'none', trials: 14, seed: 3 },
    });
    const trials = await trialsOf(study['id']);
    const feasible = trials.filter(({ parameters }) => (parameters ?? Infinity) <= 60);
    expect(feasible.length).toBeGreaterThan(0);
    expect(feasible.length).toBeLessThan(trials.length);
    const value = ({ values }: TrialRow): number => values?.[0] ?? Infinity;
    const expected = feasible.reduce((best, trial) => (value(trial) < value(best) ? trial : best));
    expect(study['best']).toEqual({ trial: expected.number, values: expected.values });
    // Without the constraint another would be best: the test sees the difference.
    expect(Math.min(...trials.map(value))).toBeLessThan(value(expected));
  }, 90_000);
});
