import { penguins, stopAll, testService, until, type TestService } from './harness';

interface TrialRow {
  readonly number: number;
  readonly state: string;
  readonly params: object;
  readonly values: readonly number[] | null;
}

const SPEC = {
  checks: 'off',
  features: { include: ['Beak Length (mm)', 'Body Mass (g)'] },
  model: { layers: [{ dense: { units: { $int: [2, 64], log: true }, activation: 'relu' } }] },
  training: {
    optimizer: { $choice: ['adam', { sgd: { momentum: { $float: [0, 0.95] } } }] },
    learningRate: { $float: [0.0005, 0.1], log: true },
    batchSize: 32,
    epochs: 6,
  },
  search: { sampler: { gp: { startup: 3 } }, pruner: 'none', trials: 10, seed: 4 },
};

const FOLDS = { method: 'kfold', folds: 3 };
const OBJECTIVES = [
  { metric: 'validation.logLoss', direction: 'minimize' },
  { metric: 'model.parameters', direction: 'minimize' },
];

function withSearch(search: object): typeof SPEC {
  return { ...SPEC, search: { ...SPEC.search, ...search } };
}

afterAll(stopAll);

async function startStudy(service: TestService, spec: object): Promise<string> {
  const { status, body } = await service.upload('/v1/tune', await penguins(), {
    target: 'Species',
    spec: JSON.stringify(spec),
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return (body['study'] as { id: string }).id;
}

async function ended(service: TestService, study: string): Promise<void> {
  await until(async () => {
    const { body } = await service.call('GET', `/v1/studies/${study}?wait=5`);
    return body['state'] === 'completed';
  }, 90);
}

async function trialsOf(service: TestService, study: string): Promise<object[]> {
  const { body } = await service.call('GET', `/v1/studies/${study}/trials?limit=500`);
  return (body['items'] as TrialRow[]).map(({ number, state, params, values }) => {
    return { number, state, params, values };
  });
}

describe('a study', () => {
  let service: TestService;
  let study: string;

  beforeAll(async () => {
    service = await testService({ DEVICES: 'cpu:1' });
  });

  // What each of them knows is stored history alone.
  it.each([
    ['gp', SPEC],
    ['tpe with asha', withSearch({ sampler: { tpe: { startup: 3 } }, pruner: 'asha' })],
    [
      'cmaes over folds, with median',
      { ...withSearch({ sampler: 'cmaes', pruner: 'median' }), split: FOLDS },
    ],
    ['nsga2', { ...withSearch({ sampler: { nsga2: { population: 4 } } }), objectives: OBJECTIVES }],
  ])(
    'gives the same trials after a kill and a restart as without: %s',
    async (name, spec) => {
      const calm = await startStudy(service, spec);
      if (name === 'gp') study = calm;
      await ended(service, calm);
      const expected = await trialsOf(service, calm);
      expect(expected).toHaveLength(10);

      const again = await startStudy(service, spec);
      await until(async () => (await trialsOf(service, again)).length >= 6, 60);
      await service.kill();
      service = await service.restart();
      await ended(service, again);
      expect(await trialsOf(service, again)).toEqual(expected);
    },
    180_000,
  );

  it('gives the same trials after a pause as without', async () => {
    const expected = await trialsOf(service, study);
    const again = await startStudy(service, SPEC);
    await until(async () => (await trialsOf(service, again)).length >= 5, 60);
    await service.call('POST', `/v1/studies/${again}/pause`);
    await until(async () => {
      const { body } = await service.call('GET', `/v1/studies/${again}`);
      return (body['progress'] as { running: number }).running === 0;
    }, 30);
    await service.call('POST', `/v1/studies/${again}/resume`);
    await ended(service, again);
    expect(await trialsOf(service, again)).toEqual(expected);
  }, 60_000);

  it('begins no trial on its one slot before the one before is stored', async () => {
    const types = 'trial.started,trial.finished';
    const { body } = await service.call('GET', `/v1/studies/${study}/events?types=${types}`);
    const order = [...String(body['text']).matchAll(/^event: (.*)$/gm)].map(([, type]) => type);
    expect(order).toEqual(Array.from({ length: 10 }, () => types.split(',')).flat());
  });

  it('ends with the trial that is as good as was asked for, and begins none after it', async () => {
    const [first] = (await trialsOf(service, study)) as readonly { readonly values: readonly number[] }[];
    const sought = withSearch({ stop: { value: first?.values[0] ?? NaN } });
    const short = await startStudy(service, sought);
    await ended(service, short);
    expect((await service.call('GET', `/v1/studies/${short}`)).body).toMatchObject({ stopReason: 'value' });
    expect(await trialsOf(service, short)).toHaveLength(1);
  }, 60_000);

  it.each(['', '?method=fanova', '?method=ped-anova'])('has importances that sum to 1 %s', async (query) => {
    const { status, body } = await service.call('GET', `/v1/studies/${study}/importance${query}`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { study, objective: 'validation.logLoss', trials: 10 },
    });
    const importances = body['importances'] as Record<string, number>;
    expect(Object.keys(importances).sort()).toEqual([
      'model.layers[0].dense.units',
      'training.learningRate',
      'training.optimizer',
      'training.optimizer.sgd.momentum',
    ]);
    expect(Object.values(importances).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it('refuses an importance that it cannot compute', async () => {
    const at = `/v1/studies/${study}/importance`;
    expect((await service.call('GET', `${at}?method=shapley`)).status).toBe(422);
    expect((await service.call('GET', `${at}?objective=1`)).body).toMatchObject({
      code: 'invalid_objective',
    });
    expect((await service.call('GET', '/v1/studies/st_none/importance')).status).toBe(404);
    const young = await startStudy(service, { ...SPEC, search: { trials: 1 } });
    await ended(service, young);
    const { status, body } = await service.call('GET', `/v1/studies/${young}/importance`);
    expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'too_few_trials' });
  }, 60_000);

  it('says why it has its sampler where the service chose', async () => {
    const { body } = await service.call('GET', '/v1/studies');
    const items = body['items'] as { spec: { search: { sampler: unknown } }; samplerReason: string | null }[];
    const young = items.find(({ samplerReason }) => samplerReason?.includes('1 trial,') === true);
    expect(young?.spec.search.sampler).toBe('gp');
    expect(young?.samplerReason).toContain('1 trial, 1 objective');
  });
});
