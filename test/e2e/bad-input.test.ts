import { penguins, stopAll, testService, type TestService } from './harness';

let service: TestService;
let dataset: string;
let study: string;

beforeAll(async () => {
  service = await testService({ DEVICES: 'cpu:1', MAX_UPLOAD_BYTES: '1000000' });
  dataset = String((await service.upload('/v1/datasets', await penguins())).body['id']);
  study = String(
    (await service.call('POST', '/v1/studies', { dataset, target: await target(), start: false })).body['id'],
  );
}, 60_000);
afterAll(stopAll);

async function target(): Promise<string> {
  const { body } = await service.call('GET', `/v1/datasets/${dataset}`);
  return (
    (body['columns'] as { name: string }[]).map(({ name }) => name).find((name) => /species/i.test(name)) ??
    ''
  );
}

interface BadInput {
  readonly what: string;
  readonly send: () => Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>;
  readonly status: number;
  readonly code?: string;
  /** Text that names the field or the line. */
  readonly names: string;
}

const spec = async (more: object): Promise<Awaited<ReturnType<TestService['call']>>> =>
  service.call('POST', '/v1/studies', { dataset, target: await target(), start: false, ...more });

const TABLE: readonly BadInput[] = [
  {
    what: 'a row with too many fields',
    send: () => service.upload('/v1/datasets', 'a,b\n1,2\n1,2,3\n4,5\n'),
    status: 422,
    names: 'line 3',
  },
  {
    what: 'a row with too few fields',
    send: () => service.upload('/v1/datasets', 'a,b\n1,2\n3,4\n5\n'),
    status: 422,
    names: 'line 4',
  },
  {
    what: 'a file without rows',
    send: () => service.upload('/v1/datasets', 'a,b\n'),
    status: 422,
    names: 'row',
  },
  { what: 'an empty file', send: () => service.upload('/v1/datasets', ''), status: 422, names: 'empty' },
  {
    what: 'a picture as a table',
    send: () =>
      service.upload(
        '/v1/datasets',
        new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]),
        {},
        'a.png',
      ),
    status: 422,
    names: 'format',
  },
  {
    what: 'a quote that never closes',
    send: () => service.upload('/v1/datasets', 'a,b\n1,2\n"3,4\n5,6\n'),
    status: 422,
    names: 'line 3',
  },
  {
    what: 'an unknown format',
    send: () => service.upload('/v1/datasets', 'a\n1\n', { format: 'xlsx' }),
    status: 422,
    names: 'format',
  },
  {
    what: 'a form without a file',
    send: () =>
      service.call('POST', '/v1/datasets', undefined, { 'content-type': 'multipart/form-data; boundary=x' }),
    status: 400,
    names: 'file',
  },
  {
    what: 'an upload over the limit',
    send: () => service.upload('/v1/datasets', `a\n${'1\n'.repeat(600_000)}`),
    status: 413,
    names: 'MAX_UPLOAD_BYTES',
  },
  {
    what: 'JSON that does not parse',
    send: () => service.call('POST', '/v1/studies', '{"dataset": '),
    status: 400,
    names: 'JSON',
  },
  {
    what: 'a body over 1 MiB',
    send: () => service.call('POST', '/v1/studies', { name: 'x'.repeat(1_200_000) }),
    status: 413,
    names: '1 MiB',
  },
  {
    what: 'nesting over 64 levels',
    send: () =>
      service.call(
        'POST',
        '/v1/studies',
        `{"dataset":"${dataset}","target":"x","model":${'['.repeat(80)}${']'.repeat(80)}}`,
      ),
    status: 422,
    names: '64',
  },
  {
    what: 'a study without a target',
    send: () => service.call('POST', '/v1/studies', { dataset }),
    status: 422,
    names: 'target',
  },
  {
    what: 'a target that the table does not have',
    send: () => spec({ target: 'colour' }),
    status: 422,
    names: 'target',
  },
  {
    what: 'a dataset that is not there',
    send: () => service.call('POST', '/v1/studies', { dataset: 'ds_none', target: 'x' }),
    status: 404,
    code: 'dataset_not_found',
    names: 'ds_none',
  },
  {
    what: 'an unknown field',
    send: () => spec({ training: { learnigRate: 0.1 } }),
    status: 422,
    names: 'training.learnigRate',
  },
  {
    what: 'a learning rate below zero in a hole',
    send: () => spec({ training: { learningRate: { $float: [-1, 0.1] } } }),
    status: 422,
    names: 'training.learningRate',
  },
  {
    what: 'a hole whose bounds are crossed',
    send: () => spec({ model: { layers: [{ dense: { units: { $int: [64, 8] } } }] } }),
    status: 422,
    names: 'model.layers[0].dense.units',
  },
  {
    what: 'an unknown layer',
    send: () => spec({ model: { layers: [{ densse: { units: 8 } }] } }),
    status: 422,
    names: 'model.layers[0]',
  },
  {
    what: 'a part of the split that does not fit',
    send: () => spec({ split: { train: 0.9, validation: 0.2, test: 0.2 } }),
    status: 422,
    names: 'split',
  },
  {
    what: 'a sampler that there is not',
    send: () => spec({ search: { sampler: 'tpee' } }),
    status: 422,
    names: 'search.sampler',
  },
  {
    what: 'a budget over the limit',
    send: () => spec({ search: { trials: 1_000_000 } }),
    status: 422,
    names: 'search.trials',
  },
  {
    what: 'a grid over a continuous space',
    send: () => spec({ search: { sampler: 'grid' }, training: { learningRate: { $float: [0.001, 0.1] } } }),
    status: 422,
    names: 'learningRate',
  },
  {
    what: 'a name over 200 characters',
    send: () => spec({ name: 'x'.repeat(201) }),
    status: 422,
    names: 'name',
  },
  {
    what: 'a study that is not there',
    send: () => service.call('GET', '/v1/studies/st_none'),
    status: 404,
    code: 'study_not_found',
    names: 'st_none',
  },
  {
    what: 'a trial that is not there',
    send: () => service.call('GET', `/v1/studies/${study}/trials/7`),
    status: 404,
    code: 'trial_not_found',
    names: '7',
  },
  {
    what: 'a step that the state does not have',
    send: () => service.call('POST', `/v1/studies/${study}/pause`),
    status: 409,
    names: 'created',
  },
  {
    what: 'the best of a study without a completed trial',
    send: () => service.call('GET', `/v1/studies/${study}/best`),
    status: 409,
    names: 'trial',
  },
  {
    what: 'a point outside the space',
    send: () => service.call('POST', `/v1/studies/${study}/trials`, { params: { nothing: 3 } }),
    status: 422,
    names: 'nothing',
  },
  {
    what: 'a page of 501',
    send: () => service.call('GET', '/v1/studies?limit=501'),
    status: 422,
    names: 'limit',
  },
  {
    what: 'a cursor of one’s own making',
    send: () => service.call('GET', '/v1/studies?cursor=abc'),
    status: 400,
    names: 'cursor',
  },
  {
    what: 'an event id of one’s own making',
    send: () => service.call('GET', `/v1/studies/${study}/events`, undefined, { 'last-event-id': 'abc' }),
    status: 400,
    names: 'Last-Event-ID',
  },
  {
    what: 'a foreign origin',
    send: () => service.call('GET', '/v1/studies', undefined, { origin: 'http://evil.example' }),
    status: 403,
    names: 'CORS_ORIGINS',
  },
  {
    what: 'an address that is not there',
    send: () => service.call('GET', '/v1/nothing'),
    status: 404,
    names: '/v1/nothing',
  },
];

describe('bad input', () => {
  it.each(TABLE)('$what is answered with $status and the place', async ({ send, status, code, names }) => {
    const answer = await send();
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      status,
      type: expect.any(String),
      title: expect.any(String),
      code: code ?? expect.any(String),
    });
    expect(JSON.stringify(answer.body)).toContain(names);
  });

  it('leaves the service as it was', async () => {
    expect((await service.call('GET', '/readyz')).status).toBe(200);
    const { body } = await service.call('GET', '/v1/datasets');
    expect(body['items']).toHaveLength(1);
  });
});
