import * as ort from 'onnxruntime-node';
import { streamOf } from '../../src/core/random';
import { stopAll, testService, type TestService } from './harness';
import { plainly } from './plainly';

interface Step {
  readonly step: string;
  readonly kept: boolean;
  readonly comparison: { readonly better: number; readonly difference: { readonly value: number } } | null;
}

interface Report {
  readonly final: {
    readonly model: {
      readonly id: string;
      readonly parameters: number;
      readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | null)[] }[];
    };
    readonly story: {
      readonly members: readonly number[];
      readonly shares: readonly number[];
      readonly refitted: boolean;
      readonly steps: readonly Step[];
    };
    readonly metrics: Readonly<Record<string, Readonly<Record<string, number>> | null>>;
    readonly confidence: Readonly<Record<string, { readonly value: number }>>;
  };
  readonly errorAnalysis: {
    readonly permutationImportance: readonly { readonly feature: string; readonly importance: number }[];
  };
}

let service: TestService;
jest.setTimeout(180_000);
beforeAll(async () => {
  service = await testService();
}, 60_000);
afterAll(stopAll);

/**
 * The value is the sum of two columns of equal weight. One principal component sees but one of them: of columns as they
 * are the widest, of scaled ones the one that has a twin. So two preparations each miss half, and their mean is far better
 * than either.
 */
function halves(rows: number): string {
  const stream = streamOf(7, 'halves');
  const lines = Array.from({ length: rows }, () => {
    const [wide, narrow] = [stream.normal(), stream.normal()];
    const twin = narrow + 0.05 * stream.normal();
    return [4 * wide, narrow, twin, 100 + 10 * (wide + narrow) + 0.1 * stream.normal()].map(String).join();
  });
  return ['wide,narrow,twin,value', ...lines].join('\n');
}

const ROWS = [{ wide: 3.1, narrow: -0.4, twin: -0.38 }, { wide: -6, narrow: 1.5, twin: 1.49 }, { wide: 2 }];

async function finished(more: Record<string, unknown>): Promise<Report> {
  const { status, body } = await service.upload('/v1/tune', halves(400), {
    target: 'value',
    spec: JSON.stringify({
      preparation: { scale: { $choice: ['none', 'standard'] }, longTails: 'none', pca: 1 },
      model: { layers: [{ dense: { units: 8, activation: 'tanh' } }] },
      training: { epochs: 30, learningRate: 0.02 },
      search: { sampler: 'grid', pruner: 'none', trials: 2, seed: 3 },
      checks: 'off',
      ...more,
    }),
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  const { id } = body['study'] as { id: string };
  const { body: study } = await service.call('GET', `/v1/studies/${id}?wait=120`);
  expect(study).toMatchObject({ state: 'completed', error: null });
  return (await service.call('GET', `/v1/studies/${id}/report`)).body as unknown as Report;
}

async function served(model: string): Promise<number[]> {
  const { body } = await service.call('POST', `/v1/models/${model}/predict`, { rows: ROWS });
  return (body['predictions'] as { value: number }[]).map(({ value }) => value);
}

/** The value that an output means, by the model's own file. */
async function valuesOf(model: string, outputs: number[][]): Promise<number[]> {
  const { body } = await service.call('GET', `/v1/models/${model}/preprocessing.json`);
  const { mean, deviation } = body['target'] as { mean: number; deviation: number };
  return outputs.map(([output]) => (output ?? NaN) * deviation + mean);
}

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] ?? NaN, 3);
  });
}

describe('an ensemble of trials whose preparations differ', () => {
  let report: Report;
  beforeAll(async () => {
    report = await finished({ final: { ensemble: 2 } });
  }, 150_000);

  it('is kept where each sees what the other does not, and measured as what it is', () => {
    const { story, metrics, confidence } = report.final;
    expect(story.steps).toMatchObject([{ step: 'ensemble', kept: true }]);
    expect(story.steps[0]?.comparison?.better).toBeGreaterThan(0.99);
    expect(story.members.toSorted()).toEqual([0, 1]);
    expect(story.shares).toEqual([0.5, 0.5]);
    // Either alone misses a variance of 100; the mean of both a half of it.
    expect(metrics['validation']?.['mse']).toBeLessThan(70);
    expect(metrics['test']?.['mse']).toBeLessThan(70);
    expect(confidence['mse']?.value).toBeCloseTo(metrics['test']?.['mse'] ?? NaN, 3);
  });

  it('has one input for each distinct prepared tensor', async () => {
    const { id, inputs } = report.final.model;
    expect(inputs).toMatchObject([
      { name: 'input_0', shape: [null, 1], dtype: 'float32' },
      { name: 'input_1', shape: [null, 1], dtype: 'float32' },
    ]);
    const { body } = await service.call('GET', `/v1/models/${id}/preprocessing.json`);
    expect(body['inputs']).toMatchObject([{ name: 'input_0' }, { name: 'input_1' }]);
  });

  it('is loaded by plain TensorFlow.js in another process, which predicts what the service predicts', async () => {
    const { id } = report.final.model;
    expectClose(await valuesOf(id, await plainly(service, id, ROWS)), await served(id));
  });

  it('is one ONNX model from raw columns to values', async () => {
    const { id } = report.final.model;
    const files = `${service.address}/v1/models/${id}`;
    const model = await ort.InferenceSession.create(
      new Uint8Array(await (await fetch(`${files}/model.onnx`)).arrayBuffer()),
    );
    expect(model.inputNames).toEqual(['input_0', 'input_1']);
    const pipeline = await ort.InferenceSession.create(
      new Uint8Array(await (await fetch(`${files}/pipeline.onnx`)).arrayBuffer()),
    );
    expect(pipeline.inputNames.toSorted()).toEqual(['narrow', 'twin', 'wide']);
    const column = (name: 'wide' | 'narrow' | 'twin'): ort.Tensor =>
      new ort.Tensor(
        'float64',
        ROWS.map((row) => (row as Record<string, number>)[name] ?? NaN),
        [ROWS.length, 1],
      );
    const { value } = await pipeline.run({
      wide: column('wide'),
      narrow: column('narrow'),
      twin: column('twin'),
    });
    expectClose([...(value?.data as Float64Array)], await served(id));
  });

  it('has the importance of raw columns that any of its members sees', () => {
    const { permutationImportance } = report.errorAnalysis;
    const of = (name: string): number =>
      permutationImportance.find(({ feature }) => feature === name)?.importance ?? NaN;
    expect(of('wide')).toBeGreaterThan(10);
    expect(of('narrow')).toBeGreaterThan(1);
    expect(of('twin')).toBeGreaterThan(1);
  });
});

describe('an ensemble of a k-fold study', () => {
  const split = { method: 'kfold', folds: 3, test: 0.2 };

  it('is picked out of fold, and refitted on all folds', async () => {
    const { final } = await finished({ split, final: { ensemble: 2, trainLonger: 2 } });
    expect(final.story.steps.map(({ step }) => step)).toEqual(['trainLonger', 'ensemble', 'refit']);
    expect(final.story.steps[1]).toMatchObject({ kept: true });
    expect(final.story).toMatchObject({ refitted: true, shares: [0.5, 0.5] });
    expect(final.model.inputs).toHaveLength(2);
    expect(final.metrics['test']?.['mse']).toBeLessThan(70);
    expect(final.metrics['validation']).toBeNull();
    expectClose(
      await valuesOf(final.model.id, await plainly(service, final.model.id, ROWS)),
      await served(final.model.id),
    );
  });

  it('is the mean of the networks of all folds where no refit is asked for', async () => {
    const { final } = await finished({ split, final: { ensemble: 2, refit: 'none' } });
    expect(final.story.steps).toMatchObject([
      { step: 'ensemble', kept: true },
      { step: 'folds', kept: true },
    ]);
    expect(final.story.refitted).toBe(false);
    // Each fold has fitted its own preparation.
    expect(final.model.inputs).toHaveLength(6);
    expect(final.metrics['test']?.['mse']).toBeLessThan(70);
    expectClose(
      await valuesOf(final.model.id, await plainly(service, final.model.id, ROWS)),
      await served(final.model.id),
    );
  });

  // A trial's network has 25 parameters.
  const within = (max: number) =>
    finished({
      split,
      final: { ensemble: 2, refit: 'none' },
      constraints: [{ metric: 'model.parameters', max }],
    });

  it('has as many members as the networks of all folds are allowed to have parameters', async () => {
    const { final } = await within(100);
    expect(final.story.steps).toMatchObject([
      { step: 'ensemble', kept: false },
      { step: 'folds', kept: true },
    ]);
    expect(final.story.members).toHaveLength(1);
    expect(final.model.parameters).toBeGreaterThanOrEqual(75);
    expect(final.model.parameters).toBeLessThanOrEqual(100);
  });

  it('is refitted where the networks of all folds would be too large', async () => {
    const { final } = await within(60);
    expect(final.story.steps).toMatchObject([
      { step: 'ensemble', kept: true },
      { step: 'folds', kept: false, detail: expect.stringContaining('150 parameters') as string },
      { step: 'refit', kept: true },
    ]);
    expect(final.story.refitted).toBe(true);
    expect(final.model.parameters).toBeLessThanOrEqual(60);
  });
});
