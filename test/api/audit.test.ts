import { testApi, type TestApi } from './harness';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
}, 60_000);
afterAll(() => api.close());

describe('GET /v1/datasets/{id}/audit', () => {
  it('answers statistics and findings, with and without a target', async () => {
    const { dataset } = await api.study();
    const { status, body } = await api.send('GET', `/v1/datasets/${dataset}/audit`);
    expect(status).toBe(200);
    const columns = body['columns'] as { name: string; type: string; association: unknown }[];
    expect(columns.length).toBeGreaterThan(1);
    expect(columns.every(({ association }) => association === null)).toBe(true);
    expect(Array.isArray(body['findings'])).toBe(true);
    const target = encodeURIComponent(columns.at(-1)?.name ?? '');
    const held = await api.send('GET', `/v1/datasets/${dataset}/audit?target=${target}`);
    expect(held.status).toBe(200);
    expect((held.body['columns'] as typeof columns)[0]?.association).not.toBeNull();
  });

  it('refuses a column that is not there, and a dataset that is not there', async () => {
    const { dataset } = await api.study();
    const wrong = await api.send('GET', `/v1/datasets/${dataset}/audit?target=nobody`);
    expect(wrong.status).toBe(422);
    expect(wrong.body).toMatchObject({ code: 'unknown_column', errors: [{ path: 'target' }] });
    expect((await api.send('GET', '/v1/datasets/ds_none/audit')).status).toBe(404);
  });
});
