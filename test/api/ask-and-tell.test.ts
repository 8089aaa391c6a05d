import { testApi, type Reply, type TestApi } from './harness';

interface Asked {
  readonly number: number;
  readonly attempt: number;
  readonly params: Record<string, number | string>;
  readonly config: unknown;
}

const SPACE = { x: { $float: [0, 1] }, kind: { $choice: ['a', 'b'] } };

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await api.services.start();
});
afterAll(() => api.close());

async function create(search: object = {}, more: object = {}): Promise<string> {
  const body = {
    execution: 'external',
    space: SPACE,
    search: { sampler: 'random', pruner: 'none', seed: 4, ...search },
    ...more,
  };
  const { status, body: study } = await api.send('POST', '/v1/studies', body);
  expect({ status, study }).toMatchObject({ status: 201 });
  return String(study['id']);
}

const post = (path: string, body: object = {}): Promise<Reply> =>
  api.send('POST', `/v1/studies/${path}`, body);

async function ask(study: string, count = 1): Promise<readonly Asked[]> {
  const { status, body } = await post(`${study}/ask`, { count });
  expect({ status, body }).toMatchObject({ status: 200 });
  return body['trials'] as Asked[];
}

async function askOne(study: string): Promise<Asked> {
  const [trial] = await ask(study);
  if (trial === undefined) throw new Error('no trial was given out');
  return trial;
}

const codeOf = ({ status, body }: Reply): unknown[] => [status, body['code']];

describe('ask and tell', () => {
  it('shows what was chosen for a study without a dataset', async () => {
    const { status, body } = await post('', { execution: 'external', space: SPACE });
    expect(status).toBe(201);
    expect(body).toMatchObject({ dataset: null, target: null, task: null, state: 'running', best: null });
    expect(body['spec']).toMatchObject({
      execution: 'external',
      space: SPACE,
      objectives: [{ metric: 'value', direction: 'minimize' }],
      search: { trials: 50, expireSeconds: null, maxSteps: null },
    });
    expect(body['space']).toHaveLength(2);
  });

  it('gives out the budget, and completes when all are told', async () => {
    const study = await create({ trials: 5 });
    const trials = [...(await ask(study)), ...(await ask(study, 10))];
    expect(trials.map(({ number, attempt }) => [number, attempt])).toEqual(
      [0, 1, 2, 3, 4].map((n) => [n, 1]),
    );
    expect(trials[0]?.config).toEqual(trials[0]?.params);
    expect((await post(`${study}/ask`)).body).toEqual({ trials: [], done: true, retryAfterSeconds: null });
    const losses = trials.map(({ params }) => (Number(params['x']) - 0.3) ** 2);
    for (const [i, { number, attempt }] of trials.entries()) {
      const told = await post(`${study}/trials/${String(number)}/tell`, {
        state: 'completed',
        values: [losses[i]],
        attempt,
      });
      expect(told.status).toBe(200);
      expect(told.body).toMatchObject({ number, state: 'completed', values: [losses[i]] });
    }
    const { body } = await api.send('GET', `/v1/studies/${study}?wait=5`);
    expect(body).toMatchObject({
      state: 'completed',
      stopReason: 'trials',
      progress: { completed: 5, total: 5 },
    });
    const least = Math.min(...losses);
    expect(body['best']).toEqual({ trial: losses.indexOf(least), values: [least] });
    expect((await api.send('GET', `/v1/studies/${study}/best`)).body['model']).toBeNull();
    expect((await post(`${study}/ask`)).body).toMatchObject({ trials: [], done: true });
  });

  it('proposes the same points however they are asked for', async () => {
    const one = await create({ trials: 6, seed: 9 });
    const six = await create({ trials: 6, seed: 9 });
    const singly: unknown[] = [];
    for (let i = 0; i < 6; i++) singly.push((await askOne(one)).params);
    const together = (await Promise.all([ask(six, 2), ask(six, 3), ask(six, 1)])).flat();
    expect(together.toSorted((a, b) => a.number - b.number).map(({ params }) => params)).toEqual(singly);
  });

  it('takes the same tell again, and refuses another', async () => {
    const study = await create();
    const { number } = await askOne(study);
    const tell = (body: object): Promise<Reply> => post(`${study}/trials/${String(number)}/tell`, body);
    const first = await tell({ state: 'completed', values: [0.5] });
    const again = await tell({ state: 'completed', values: [0.5] });
    expect(again.body).toEqual(first.body);
    expect(codeOf(await tell({ state: 'completed', values: [0.6] }))).toEqual([409, 'already_told']);
    expect(codeOf(await tell({ state: 'failed' }))).toEqual([409, 'already_told']);
  });

  it('takes no text for a number, and no values of a failure', async () => {
    const study = await create();
    const { number } = await askOne(study);
    const at = `${study}/trials/${String(number)}`;
    const replies = [
      await post(`${study}/ask`, { count: '1' }),
      await post(`${at}/report`, { step: '3', values: [1] }),
      await post(`${at}/report`, { step: 3, values: ['1'] }),
      await post(`${at}/tell`, { state: 'completed', values: ['0.5'] }),
      await post(`${at}/tell`, { state: 'failed', values: [1] }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
    expect(replies[3]?.body['errors']).toMatchObject([{ path: 'values[0]' }]);
    const { body } = await post(`${at}/tell`, { state: 'done', values: [1] });
    expect(body['errors']).toEqual([{ path: 'state', message: 'must be one of completed, pruned, failed' }]);
    expect((await post(`${at}/tell`, { state: 'completed', values: [0.5] })).status).toBe(200);
  });

  it('takes failures with their reason, and counts values that are not finite as such', async () => {
    const study = await create();
    const [first, second] = await ask(study, 2);
    const failed = await post(`${study}/trials/${String(first?.number)}/tell`, {
      state: 'failed',
      error: 'out of memory',
    });
    expect(failed.body).toMatchObject({
      state: 'failed',
      values: null,
      error: { code: 'failed', message: 'out of memory' },
    });
    const infinite = await post(
      `${study}/trials/${String(second?.number)}/tell`,
      '{"state": "completed", "values": [1e999]}' as unknown as object,
    );
    expect(infinite.body).toMatchObject({ state: 'failed', error: { code: 'not_finite' } });
  });

  it('prunes by what is reported, and lets the last report stand for a pruned trial', async () => {
    const study = await create({ pruner: { median: { startupTrials: 1 } } });
    const [good, bad] = await ask(study, 2);
    const report = (trial: Asked | undefined, step: number, value: number | null): Promise<Reply> =>
      post(`${study}/trials/${String(trial?.number)}/report`, { step, values: [value] });
    for (const step of [1, 2, 3]) expect((await report(good, step, 1 / step)).body).toEqual({ prune: false });
    await post(`${study}/trials/${String(good?.number)}/tell`, { state: 'completed', values: [0.3] });
    expect((await report(bad, 1, 5)).body).toEqual({ prune: true });
    expect((await report(bad, 1, 5)).status).toBe(200);
    expect(codeOf(await report(bad, 1, 6))).toEqual([409, 'step_reported']);
    expect((await report(bad, 3, 4)).status).toBe(200);
    expect(codeOf(await report(bad, 2, 4))).toEqual([409, 'step_out_of_order']);
    const told = await post(`${study}/trials/${String(bad?.number)}/tell`, { state: 'pruned' });
    expect(told.body).toMatchObject({ state: 'pruned', values: [4], epochs: 3 });
    const { body } = await api.send('GET', `/v1/studies/${study}/trials/${String(bad?.number)}`);
    expect(body['curve']).toEqual([
      { epoch: 1, train: {}, validation: { value: 5 } },
      { epoch: 3, train: {}, validation: { value: 4 } },
    ]);
  });

  it('fails a trial that is told as pruned where its last report is not finite', async () => {
    const study = await create();
    const { number } = await askOne(study);
    const at = `${study}/trials/${String(number)}`;
    expect(codeOf(await post(`${at}/tell`, { state: 'pruned' }))).toEqual([422, 'invalid_tell']);
    await post(`${at}/report`, { step: 1, values: [null] });
    const told = await post(`${at}/tell`, { state: 'pruned' });
    expect(told.body).toMatchObject({ state: 'failed', values: null, error: { code: 'not_finite' } });
    expect((await post(`${at}/tell`, { state: 'pruned' })).body).toEqual(told.body);
    expect(codeOf(await post(`${at}/tell`, { state: 'completed', values: [1] }))).toEqual([
      409,
      'already_told',
    ]);
  });

  it('fails a study whose first ten trials fail', async () => {
    const study = await create({ trials: 30 });
    for (const { number } of await ask(study, 10)) {
      await post(`${study}/trials/${String(number)}/tell`, { state: 'failed' });
    }
    const { body } = await api.send('GET', `/v1/studies/${study}?wait=5`);
    expect(body).toMatchObject({
      state: 'failed',
      stopReason: 'failures',
      error: { code: 'no_completed_trial' },
    });
  });

  it('answers others while it proposes a thousand trials', async () => {
    const study = await create({ trials: 3000 });
    await ask(study, 1000);
    const order: string[] = [];
    await Promise.all([
      ask(study, 1000).then(() => order.push('ask')),
      api.send('GET', '/healthz').then(() => order.push('health')),
    ]);
    expect(order).toEqual(['health', 'ask']);
  });

  it('gives a silent trial to somebody else, and fails it the third time', async () => {
    const study = await create({ trials: 1, expireSeconds: 0.05 });
    const first = await askOne(study);
    const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 80));
    const trial = `${study}/trials/${String(first.number)}`;
    expect((await post(`${trial}/heartbeat`)).status).toBe(204);
    expect((await post(`${study}/ask`)).body).toEqual({ trials: [], done: false, retryAfterSeconds: 1 });
    await pause();
    const second = await askOne(study);
    expect(second).toEqual({ ...first, attempt: 2 });
    expect(codeOf(await post(`${trial}/report`, { step: 1, values: [1], attempt: 1 }))).toEqual([
      409,
      'stale_attempt',
    ]);
    expect(codeOf(await post(`${trial}/heartbeat`, { attempt: 1 }))).toEqual([409, 'stale_attempt']);
    expect(codeOf(await post(`${trial}/tell`, { state: 'failed', attempt: 1 }))).toEqual([
      409,
      'stale_attempt',
    ]);
    await pause();
    expect((await askOne(study)).attempt).toBe(3);
    await pause();
    expect((await post(`${study}/ask`)).body).toMatchObject({ trials: [], done: true });
    const { body } = await api.send('GET', `/v1/studies/${study}/trials/0`);
    expect(body).toMatchObject({ state: 'failed', error: { code: 'expired' } });
  });

  it('gives out enqueued points first, with holes that were left out drawn', async () => {
    const study = await create();
    const enqueued = await post(`${study}/trials`, { params: { x: 0.25 } });
    expect(enqueued.body).toMatchObject({ number: 0, state: 'waiting', params: { x: 0.25 } });
    expect(codeOf(await post(`${study}/trials`, { params: { x: 2 } }))).toEqual([422, 'invalid_params']);
    const asked = await askOne(study);
    expect(asked.number).toBe(0);
    expect(asked.params).toMatchObject({ x: 0.25, kind: expect.stringMatching(/^[ab]$/) as unknown });
  });

  it('loses no point where an ask meets an enqueue or a pause', async () => {
    for (let round = 0; round < 5; round++) {
      const more = { space: { x: { $int: [1, 10] } } };
      const study = await create({ sampler: 'grid', trials: 20 }, more);
      const [asked, enqueued] = await Promise.all([
        post(`${study}/ask`, { count: 4 }),
        post(`${study}/trials`, { params: { x: 7 } }),
      ]);
      expect([asked.status, enqueued.status]).toEqual([200, 201]);
      const first = asked.body['trials'] as Asked[];
      expect(first).toHaveLength(4);
      const [, between] = await Promise.all([post(`${study}/pause`), post(`${study}/ask`, { count: 3 })]);
      expect([200, 409]).toContain(between.status);
      await post(`${study}/resume`);
      const rest = await ask(study, 20);
      const given = [...first, ...((between.body['trials'] ?? []) as Asked[]), ...rest];
      expect(given.map(({ params }) => params['x']).sort((a, b) => Number(a) - Number(b))).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
      expect(new Set(given.map(({ number }) => number)).size).toBe(10);
      expect((await post(`${study}/ask`)).body).toEqual({ trials: [], done: true, retryAfterSeconds: null });
    }
  });

  it('has a Pareto front of several values', async () => {
    const objectives = [
      { metric: 'loss', direction: 'minimize' },
      { metric: 'speed', direction: 'maximize' },
    ];
    const study = await create({ trials: 4 }, { objectives });
    const values = [
      [1, 5],
      [2, 9],
      [3, 8],
      [1, 4],
    ];
    for (const pair of values) {
      const { number } = await askOne(study);
      await post(`${study}/trials/${String(number)}/tell`, { state: 'completed', values: pair });
    }
    const { body } = await api.send('GET', `/v1/studies/${study}/pareto`);
    expect((body['items'] as Asked[]).map(({ number }) => number)).toEqual([0, 1]);
    expect(codeOf(await api.send('GET', `/v1/studies/${study}/best`))).toEqual([409, 'pareto_study']);
  });

  it('stops at a value, and on a plateau', async () => {
    const told = async (search: object, values: readonly number[]): Promise<unknown> => {
      const study = await create(search);
      for (const value of values) {
        const { number } = await askOne(study);
        await post(`${study}/trials/${String(number)}/tell`, { state: 'completed', values: [value] });
      }
      return (await api.send('GET', `/v1/studies/${study}?wait=2`)).body['stopReason'];
    };
    expect(await told({ stop: { value: 0.1 } }, [0.5, 0.1])).toBe('value');
    expect(await told({ stop: { plateauTrials: 2 } }, [0.5, 0.6, 0.7])).toBe('plateau');
    expect(await told({ stop: { plateauTrials: 3 }, trials: 3 }, [0.5, 0.6, 0.4])).toBe('trials');
  });

  it('begins with the trials of another study', async () => {
    const source = await create({ trials: 3 });
    const points: unknown[] = [];
    for (const value of [3, 1, 2]) {
      const { number, params } = await askOne(source);
      points.push(params);
      await post(`${source}/trials/${String(number)}/tell`, { state: 'completed', values: [value] });
    }
    const warm = await create({ warmStart: { studies: [source] }, trials: 10 });
    expect((await askOne(warm)).params).toEqual(points[1]);
    expect(api.storage.priors(warm).map(({ values }) => values)).toEqual([[3], [1], [2]]);
    const other = await create(
      { warmStart: { studies: [source] }, trials: 10 },
      { objectives: [{ metric: 'gain', direction: 'maximize' }] },
    );
    expect((await ask(other, 2)).map(({ params }) => params)).toEqual([points[1], points[2]]);
    expect(api.storage.priors(other)).toEqual([]);
    const missing = await post('', {
      execution: 'external',
      space: SPACE,
      search: { warmStart: { studies: ['st_no'] } },
    });
    expect(missing.status).toBe(422);
    expect(missing.body['errors']).toEqual([
      { path: 'search.warmStart.studies[0]', message: 'there is no study st_no' },
    ]);
  });

  it('answers a retry with the same Idempotency-Key with the same trials', async () => {
    const study = await create();
    const send = (): Promise<Reply> =>
      api.send('POST', `/v1/studies/${study}/ask`, {}, { 'idempotency-key': 'k1' });
    const [first, again] = [await send(), await send()];
    expect(again.body).toEqual(first.body);
    expect((await askOne(study)).number).toBe(1);
  });

  it('can be stopped with trials out, which are cancelled', async () => {
    const study = await create();
    const { number } = await askOne(study);
    await post(`${study}/stop`);
    const { body } = await api.send('GET', `/v1/studies/${study}?wait=5`);
    expect(body).toMatchObject({ state: 'stopped', progress: { cancelled: 1, running: 0 } });
    const late = await post(`${study}/trials/${String(number)}/tell`, { state: 'completed', values: [1] });
    expect(codeOf(late)).toEqual([409, 'already_told']);
  });

  it.each([
    ['ask', { count: 0 }, 'count'],
    ['ask', { number: 1 }, 'number'],
    ['trials/0/report', { step: 1.5, values: [1] }, 'step'],
    ['trials/0/report', { step: 1, values: [1, 2] }, 'values'],
    ['trials/0/tell', { state: 'done', values: [1] }, 'state'],
    ['trials/0/tell', { state: 'completed' }, 'values'],
    ['trials/0/tell', { state: 'completed', values: [1], error: 'no' }, 'error'],
    ['trials/0/tell', { state: 'pruned' }, 'values'],
  ])('refuses %s with %j by its field', async (call, body, path) => {
    const study = await create();
    await askOne(study);
    const reply = await post(`${study}/${call}`, body);
    expect(reply.status).toBe(422);
    expect((reply.body['errors'] as { path: string }[]).map((error) => error.path)).toContain(path);
  });

  it.each([
    [{ space: SPACE, dataset: 'ds_1' }, 'dataset'],
    [{}, 'space'],
    [{ space: { x: 1 } }, 'space'],
    [{ space: { x: { $float: [2, 1] } } }, 'x'],
    [{ space: SPACE, search: { pruner: 'hyperband' } }, 'search.maxSteps'],
    [{ space: SPACE, objectives: [{ metric: 'a' }] }, 'objectives[0].direction'],
    [{ space: SPACE, training: { epochs: 3 } }, 'training'],
  ])('refuses the study %j by its field', async (body, path) => {
    const reply = await post('', { execution: 'external', ...body });
    expect(reply.status).toBe(422);
    expect((reply.body['errors'] as { path: string }[]).map((error) => error.path)).toContain(path);
  });

  it('is refused for studies that train, and models for those that do not', async () => {
    const { study } = await api.study();
    expect(codeOf(await post(`${study}/ask`))).toEqual([409, 'internal_study']);
    const own = await create();
    const { number } = await askOne(own);
    await post(`${own}/trials/${String(number)}/tell`, { state: 'completed', values: [1] });
    expect((await post(`${own}/trials/${String(number)}/model`)).status).toBe(409);
  });
});
