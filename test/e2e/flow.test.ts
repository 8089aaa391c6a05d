import * as ort from 'onnxruntime-node';
import { execFileSync } from 'node:child_process';
import { applyPreparation, parsePreparation } from '../../src/datasets';
import { penguins, stopAll, testService, type TestService } from './harness';

const TOLERANCE = 1e-5;

interface Column {
  name: string;
  type: string;
  missing: number;
}

let service: TestService;
let study: string;
let model: {
  id: string;
  metrics: Record<string, Record<string, number>>;
  files: { name: string; bytes: number }[];
};
let dataset: string;

beforeAll(async () => {
  service = await testService();
}, 60_000);
afterAll(stopAll);

describe('the flow of the README', () => {
  it('takes a table and says what it read', async () => {
    const { status, headers, body } = await service.upload(
      '/v1/datasets',
      await penguins(),
      { name: 'penguins' },
      'penguins.csv',
    );
    expect(status).toBe(201);
    dataset = String(body['id']);
    expect(headers.get('location')).toBe(`/v1/datasets/${dataset}`);
    expect(body['rows']).toBe(344);
    const columns = body['columns'] as Column[];
    expect(columns.filter(({ type }) => type === 'numeric')).toHaveLength(4);
    expect(columns.some(({ missing }) => missing > 0)).toBe(true);
  });

  it('takes a study with nothing but a dataset and a target, and shows what it chose', async () => {
    const target = await speciesColumn();
    const { status, body } = await service.call('POST', '/v1/studies', {
      dataset,
      target,
      search: { trials: 6, seed: 3 },
      training: { epochs: 30, learningRate: { $float: [0.003, 0.03], log: true } },
    });
    expect(status).toBe(201);
    study = String(body['id']);
    expect(body['state']).toBe('running');
    expect(body['task']).toBe('multiclass');
    const spec = body['spec'] as { split: { stratify: boolean }; search: { sampler: unknown } };
    expect(spec.split.stratify).toBe(true);
    expect(spec.search.sampler).toBe('gp');
    expect((body['space'] as object[]).length).toBeGreaterThan(1);
  });

  it('streams what happens, to the end and in order', async () => {
    const response = await fetch(`${service.address}/v1/studies/${study}/events`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    const ids = [...text.matchAll(/^id: ?(\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids.length).toBeGreaterThan(20);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(text.match(/^event: ?trial\.finished$/gm)).toHaveLength(6);
    const last = ids.at(-2) ?? 0;
    const resumed = await fetch(`${service.address}/v1/studies/${study}/events`, {
      headers: { 'last-event-id': String(last) },
    });
    expect([...(await resumed.text()).matchAll(/^id: ?(\d+)$/gm)].map(([, id]) => Number(id))).toEqual(
      ids.slice(-1),
    );
  }, 90_000);

  it('ends with a model that is better than the majority class by a clear margin', async () => {
    const { body } = await service.call('GET', `/v1/studies/${study}?wait=60`);
    expect(body['state']).toBe('completed');
    expect(body['stopReason']).toBe('trials');
    const best = await service.call('GET', `/v1/studies/${study}/best`);
    model = best.body['model'] as typeof model;
    expect(model.metrics['test']?.['accuracy']).toBeGreaterThan(0.85);
    expect(Object.keys(model.metrics)).toEqual(expect.arrayContaining(['train', 'validation', 'test']));
  }, 90_000);

  it('serves a model that plain TensorFlow.js loads from its address, with the predictions of the service', async () => {
    const target = await speciesColumn();
    const { body: page } = await service.call('GET', `/v1/datasets/${dataset}/rows?limit=50`);
    const rows = (page['items'] as Record<string, string | number | null>[]).map((row) => {
      const { [target]: _, ...rest } = row;
      return rest;
    });
    const { status, body } = await service.call('POST', `/v1/models/${model.id}/predict`, { rows });
    expect(status).toBe(200);
    const predictions = body['predictions'] as { value: string; probabilities: Record<string, number> }[];
    const { body: described } = await service.call('GET', `/v1/models/${model.id}/preprocessing.json`);
    const x = applyPreparation(parsePreparation(JSON.stringify(described)), rows).data;
    const input = { data: [...x], shape: [rows.length, x.length / rows.length], dtype: 'float32' };
    const address = `${service.address}/v1/models/${model.id}/model.json`;
    // In a process of its own: Jest's realm has other arrays than the one that fetches.
    const printed = execFileSync(process.execPath, [
      'test/e2e/plain-tensorflow.cjs',
      address,
      JSON.stringify([input]),
    ]);
    const own = JSON.parse(printed.toString()) as number[][];
    own.forEach((probabilities, i) => {
      const theirs = Object.values(predictions[i]?.probabilities ?? {});
      expect(theirs).toHaveLength(probabilities.length);
      probabilities.forEach((probability, k) => {
        expect(Math.abs(probability - (theirs[k] ?? NaN))).toBeLessThan(TOLERANCE);
      });
    });
  }, 60_000);

  it('serves the same network to ONNX runtimes, for any number of rows', async () => {
    const answer = await fetch(`${service.address}/v1/models/${model.id}/model.onnx`);
    expect(answer.status).toBe(200);
    const session = await ort.InferenceSession.create(new Uint8Array(await answer.arrayBuffer()));
    const { body: page } = await service.call('GET', `/v1/datasets/${dataset}/rows?limit=7`);
    const rows = page['items'] as Record<string, string | number | null>[];
    const target = await speciesColumn();
    const raw = rows.map(({ [target]: _, ...rest }) => rest);
    const { body: described } = await service.call('GET', `/v1/models/${model.id}/preprocessing.json`);
    const x = applyPreparation(parsePreparation(JSON.stringify(described)), raw).data;
    const { output } = await session.run({
      input: new ort.Tensor('float32', x, [raw.length, x.length / raw.length]),
    });
    const { body } = await service.call('POST', `/v1/models/${model.id}/predict`, { rows: raw });
    const predictions = body['predictions'] as { probabilities: Record<string, number> }[];
    const theirs = predictions.flatMap(({ probabilities }) => Object.values(probabilities));
    expect(output?.data).toHaveLength(theirs.length);
    (output?.data as Float32Array).forEach((probability, i) => {
      expect(Math.abs(probability - (theirs[i] ?? NaN))).toBeLessThan(TOLERANCE);
    });
  }, 60_000);

  it('serves preparation and network as one ONNX model of raw columns', async () => {
    const answer = await fetch(`${service.address}/v1/models/${model.id}/pipeline.onnx`);
    expect(answer.status).toBe(200);
    const session = await ort.InferenceSession.create(new Uint8Array(await answer.arrayBuffer()));
    const target = await speciesColumn();
    const { body: page } = await service.call('GET', `/v1/datasets/${dataset}/rows?limit=60`);
    const rows = (page['items'] as Record<string, string | number | null>[]).map(
      ({ [target]: _, ...rest }) => rest,
    );
    const feeds = session.inputMetadata.map((input): [string, ort.Tensor] => {
      const cells = rows.map((row) => row[input.name] ?? null);
      const shape = [rows.length, 1];
      return input.isTensor && input.type === 'string'
        ? [
            input.name,
            new ort.Tensor(
              'string',
              cells.map((cell) => String(cell ?? '')),
              shape,
            ),
          ]
        : [
            input.name,
            new ort.Tensor(
              'float64',
              Float64Array.from(cells, (cell) => Number(cell ?? NaN)),
              shape,
            ),
          ];
    });
    expect(feeds.map(([name]) => name).sort()).toEqual(Object.keys(rows[0] ?? {}).sort());
    const { value, probabilities } = await session.run(Object.fromEntries(feeds));
    const { body } = await service.call('POST', `/v1/models/${model.id}/predict`, { rows });
    const predictions = body['predictions'] as { value: string; probabilities: Record<string, number> }[];
    expect(value?.data).toEqual(predictions.map((prediction) => prediction.value));
    const theirs = predictions.flatMap((prediction) => Object.values(prediction.probabilities));
    expect(probabilities?.data).toHaveLength(theirs.length);
    (probabilities?.data as Float32Array).forEach((probability, i) => {
      expect(Math.abs(probability - (theirs[i] ?? NaN))).toBeLessThan(TOLERANCE);
    });
  }, 60_000);

  it('predicts with missing values and unseen levels, and refuses unknown columns by name', async () => {
    const fine = await service.call('POST', `/v1/models/${model.id}/predict`, { rows: [{}] });
    expect(fine.status).toBe(200);
    const refused = await service.call('POST', `/v1/models/${model.id}/predict`, {
      rows: [{}, { wings: 2 }],
    });
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).toContain('rows[1].wings');
  });

  it('hands out the bundle, the trials as a table, and the presets', async () => {
    const bundle = await fetch(`${service.address}/v1/models/${model.id}/bundle.zip`);
    const bytes = new Uint8Array(await bundle.arrayBuffer());
    expect(Buffer.from(bytes.subarray(0, 2)).toString()).toBe('PK');
    for (const name of ['model.json', 'model.onnx', 'pipeline.onnx', 'preprocessing.json', 'model-card.md']) {
      expect([name, Buffer.from(bytes).includes(name)]).toEqual([name, true]);
    }
    const table = await service.call('GET', `/v1/studies/${study}/trials.csv`);
    expect(String(table.body['text']).trim().split('\r\n')).toHaveLength(7);
    const presets = await service.call('GET', '/v1/presets');
    expect(JSON.stringify(presets.body)).toContain('dense');
  });

  it('tells Prometheus what the time of its trials went to', async () => {
    const { body } = await service.call('GET', '/metrics');
    const text = String(body['text']);
    for (const phase of ['prepare', 'build', 'trace', 'session', 'batches', 'steps', 'evaluate', 'export']) {
      const seconds = new RegExp(`^tuneloom_trial_seconds_total\\{phase="${phase}"\\} (\\S+)$`, 'm').exec(
        text,
      );
      expect([phase, Number(seconds?.[1])]).toEqual([phase, expect.any(Number)]);
      expect(Number(seconds?.[1])).toBeGreaterThan(0);
    }
  });

  it('keeps the dataset while a study uses it, and deletes study, models and dataset in that order', async () => {
    const refused = await service.call('DELETE', `/v1/datasets/${dataset}`);
    expect(refused.status).toBe(409);
    expect(JSON.stringify(refused.body)).toContain(study);
    expect((await service.call('DELETE', `/v1/studies/${study}`)).status).toBe(204);
    expect((await service.call('GET', `/v1/models/${model.id}`)).status).toBe(404);
    expect((await service.call('DELETE', `/v1/datasets/${dataset}`)).status).toBe(204);
    expect((await service.call('GET', `/v1/datasets/${dataset}`)).status).toBe(404);
  });
});

async function speciesColumn(): Promise<string> {
  const { body } = await service.call('GET', `/v1/datasets/${dataset}`);
  const names = (body['columns'] as Column[]).map(({ name }) => name);
  return names.find((name) => /species/i.test(name)) ?? '';
}
