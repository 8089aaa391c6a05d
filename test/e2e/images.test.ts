import { bars, greyPng, npy, npz, zipOf, type Entry } from '../datasets/image-files';
import { stopAll, testService, type TestService } from './harness';
import sharp from 'sharp';

const ROWS = 120;
const SIDE = 8;

let service: TestService;

beforeAll(async () => {
  service = await testService();
}, 60_000);
afterAll(stopAll);

interface Model {
  readonly id: string;
  readonly study: string;
  readonly inputs: readonly { readonly shape: readonly (number | null)[] }[];
  readonly metrics: Record<string, Record<string, number>>;
}

async function tuned(dataset: string, target: string, more: object = {}): Promise<Model> {
  const { status, body } = await service.call('POST', '/v1/studies', {
    dataset,
    target,
    training: { epochs: 25, learningRate: 0.01, batchSize: 16 },
    search: { trials: 2, seed: 1, sampler: 'random' },
    checks: 'off',
    ...more,
  });
  expect([status, body['errors'] ?? null]).toEqual([201, null]);
  const id = String(body['id']);
  expect(await service.call('GET', `/v1/studies/${id}?wait=60`)).toMatchObject({
    body: { state: 'completed' },
  });
  return (await service.call('GET', `/v1/studies/${id}/best`)).body['model'] as Model;
}

interface Predicted {
  readonly status: number;
  readonly values: readonly unknown[];
}

async function predicted(model: Model, rows: readonly object[]): Promise<Predicted> {
  const { status, body } = await service.call('POST', `/v1/models/${model.id}/predict`, { rows });
  const predictions = (body['predictions'] ?? []) as readonly { readonly value: unknown }[];
  return { status, values: predictions.map(({ value }) => value) };
}

describe('images', () => {
  const { x, y } = bars(ROWS);
  const imageAt = (i: number): Uint8Array => x.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
  const nested = (i: number, scale: number): readonly (readonly number[])[] =>
    Array.from({ length: SIDE }, (_, row) =>
      Array.from(imageAt(i).subarray(row * SIDE, (row + 1) * SIDE), (value) => value * scale),
    );
  const png = (i: number): Promise<Buffer> =>
    sharp(imageAt(i), { raw: { width: SIDE, height: SIDE, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();

  it('of an npz become a convolutional network that tells what they show', async () => {
    const fractions = Float32Array.from(x, (value) => value / 255);
    const file = await npz(npy('<f4', [ROWS, SIDE, SIDE], fractions), npy('|u1', [ROWS], y));
    const { status, body } = await service.upload('/v1/datasets', file, {}, 'bars.npz');
    expect(status).toBe(201);
    expect(body).toMatchObject({
      format: 'npz',
      rows: ROWS,
      columns: [{ type: 'image' }, { type: 'numeric' }],
    });
    const dataset = String(body['id']);
    const rows = (await service.call('GET', `/v1/datasets/${dataset}/rows?limit=20`)).body[
      'items'
    ] as object[];
    const model = await tuned(dataset, 'y');
    expect(model.inputs[0]?.shape).toEqual([null, SIDE, SIDE, 1]);
    expect(model.metrics['test']?.['accuracy']).toBeGreaterThan(0.85);

    // Rows as the service lists them, and numbers as the file has them, are the same images.
    const pipeline = await service.call('GET', `/v1/models/${model.id}/pipeline.onnx`);
    expect([pipeline.status, pipeline.body['detail']]).toEqual([
      404,
      expect.stringMatching(/images are decoded/),
    ]);
    const fromRows = await predicted(model, rows);
    const fromNumbers = await predicted(
      model,
      rows.map((_, i) => ({ x: nested(i, 1 / 255) })),
    );
    expect(fromRows.values.filter((value, i) => value === y[i]).length).toBeGreaterThan(16);
    expect(fromNumbers).toEqual(fromRows);

    const preprocessing = await service.call('GET', `/v1/models/${model.id}/preprocessing.json`);
    expect(preprocessing.body['inputs']).toMatchObject([
      { image: { name: 'x', size: [SIDE, SIDE], channels: 1 } },
    ]);
  }, 90_000);

  it('have an error analysis: the worst of them as pictures, confusions, and a search for slices', async () => {
    const file = await npz(npy('|u1', [ROWS, SIDE, SIDE], x), npy('|u1', [ROWS], y));
    const { body } = await service.upload('/v1/datasets', file, {}, 'bars.npz');
    const { study } = await tuned(String(body['id']), 'y');
    const path = `/v1/studies/${study}/report`;
    const report = (await service.call('GET', path)).body as unknown as {
      errorAnalysis: {
        confusionMatrix: { validation: number[][]; test: number[][] };
        worst: { row: number; actual: string; values: Record<string, unknown> }[];
        sliceSearch: { looked: number };
      };
      final: { confidence: Record<string, object>; baselines: unknown[] };
      diagnosis: { firstLayer: { kind: string } };
    };
    const { confusionMatrix, worst, sliceSearch } = report.errorAnalysis;
    expect(confusionMatrix.validation.flat().reduce((sum, count) => sum + count)).toBe(ROWS / 5);
    expect(worst).toHaveLength(20);
    for (const { row, actual, values } of worst) {
      expect(actual).toBe(String(y[row]));
      const pixels = await sharp(Buffer.from(String(values['x']), 'base64'))
        .extractChannel(0)
        .raw()
        .toBuffer();
      expect([...pixels]).toEqual([...imageAt(row)]);
    }
    // By brightness and by contrast.
    expect(sliceSearch.looked).toBeGreaterThan(2);
    expect(Object.keys(report.final.confidence)).toContain('accuracy');
    expect(report.final.baselines.length).toBeGreaterThan(0);
    expect(report.diagnosis.firstLayer.kind).toBe('filters');
    const page = await service.call('GET', path, undefined, { accept: 'text/html' });
    expect(page.headers.get('content-security-policy')).toContain('img-src data:;');
    expect(String(page.body['text'])).toContain('src="data:image/png;base64,');
  }, 90_000);

  it('of a zip have their folders as classes, and are searched with the preset that is named', async () => {
    const entries: Entry[] = [];
    for (let i = 0; i < ROWS; i++) {
      entries.push([`${y[i] === 1 ? 'lying' : 'standing'}/${String(i)}.png`, await png(i)]);
    }
    const { status, body } = await service.upload('/v1/datasets', await zipOf(entries), {}, 'bars.zip');
    expect(status).toBe(201);
    const model = await tuned(String(body['id']), 'label', {
      model: { preset: 'dense' },
      preparation: { scale: 'minmax', image: { size: [6, 6] } },
    });
    expect(model.inputs[0]?.shape).toEqual([null, 6, 6, 1]);
    const rows = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => ({ image: (await png(i)).toString('base64') })),
    );
    const { values } = await predicted(model, rows);
    expect(new Set(values)).toEqual(new Set(['lying', 'standing']));
  }, 90_000);

  it('that cannot be read are refused where they stand', async () => {
    const entries: Entry[] = [];
    for (let i = 0; i < 20; i++) entries.push([`${String(i % 2)}/${String(i)}.png`, await greyPng(i * 12)]);
    const { body } = await service.upload('/v1/datasets', await zipOf(entries), {}, 'grey.zip');
    const model = await tuned(String(body['id']), 'label', { training: { epochs: 1 } });
    const refused = async (row: object): Promise<unknown> => {
      const answer = await service.call('POST', `/v1/models/${model.id}/predict`, {
        rows: [{}, row].slice(1),
      });
      expect(answer.status).toBe(422);
      return (answer.body['errors'] as { path: string }[])[0]?.path;
    };
    expect(await refused({ image: 'AAAA' })).toBe('rows[0].image');
    expect(await refused({ image: [[1, 2], [3]] })).toBe('rows[0].image');
    expect(
      await refused({
        image: [
          [1, 2],
          [3, 300],
        ],
      }),
    ).toBe('rows[0].image');
    expect(await refused({})).toBe('rows[0].image');
    expect(await refused({ image: [[1]], colour: 'red' })).toBe('rows[0].colour');

    const broken = await service.upload(
      '/v1/datasets',
      await zipOf([...entries, ['0/x.png', Buffer.from('x')]]),
    );
    expect(broken.status).toBe(422);
    expect(broken.body).toMatchObject({ code: 'broken_images', errors: [{ path: '0/x.png' }] });
  }, 90_000);
});
