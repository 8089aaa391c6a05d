import { penguins, stopAll, testService, type TestService } from './harness';

interface TrialRow {
  readonly number: number;
  readonly state: string;
  readonly values: readonly number[] | null;
  readonly bestEpoch: number;
  readonly metrics: {
    readonly validation: Readonly<Record<string, number>>;
    readonly deviation: Readonly<Record<string, number>>;
  };
  readonly curve: readonly {
    readonly epoch: number;
    readonly validation: Readonly<Record<string, number>>;
  }[];
}

let service: TestService;
beforeAll(async () => {
  service = await testService({ DEVICES: 'cpu:1' });
}, 60_000);
afterAll(stopAll);

describe('a k-fold study', () => {
  let study: Record<string, unknown>;
  let trials: readonly TrialRow[];
  beforeAll(async () => {
    const spec = {
      checks: 'off',
      features: { include: ['Beak Length (mm)', 'Body Mass (g)', 'Island'] },
      split: { method: 'kfold', folds: 4, test: 0.2 },
      model: { layers: [{ dense: { units: { $choice: [1, 16] }, activation: 'relu' } }] },
      training: { learningRate: { $float: [0.0005, 0.1], log: true }, epochs: 8 },
      search: { sampler: 'random', pruner: { median: { startupTrials: 2 } }, trials: 10, seed: 2 },
    };
    const made = await service.upload('/v1/tune', await penguins(), {
      target: 'Species',
      spec: JSON.stringify(spec),
    });
    expect(made).toMatchObject({ status: 201 });
    const { id } = made.body['study'] as { id: string };
    study = (await service.call('GET', `/v1/studies/${id}?wait=60`)).body;
    const { body } = await service.call('GET', `/v1/studies/${id}/trials?include=curve`);
    trials = body['items'] as TrialRow[];
  }, 90_000);

  it('reports folds one by one, and gives their means with their deviation', () => {
    expect(study).toMatchObject({ error: null, state: 'completed', stopReason: 'trials' });
    const completed = trials.filter(({ state }) => state === 'completed');
    expect(completed.length).toBeGreaterThan(1);
    for (const { values, curve, metrics, bestEpoch } of completed) {
      const losses = curve.map(({ validation }) => validation['logLoss'] ?? NaN);
      expect(curve.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / 4;
      expect(values?.[0]).toBeCloseTo(mean, 10);
      expect(metrics.validation['logLoss']).toBeCloseTo(mean, 10);
      const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / 3;
      expect(metrics.deviation['logLoss']).toBeCloseTo(Math.sqrt(variance), 10);
      expect(bestEpoch).toBeGreaterThanOrEqual(1);
      expect(bestEpoch).toBeLessThanOrEqual(8);
    }
  });

  it('stops a trial after a bad fold, with the mean of those it has', () => {
    const pruned = trials.filter(({ state }) => state === 'pruned');
    expect(pruned.length).toBeGreaterThan(0);
    for (const { curve, values } of pruned) {
      expect(curve.length).toBeLessThan(4);
      const losses = curve.map(({ validation }) => validation['logLoss'] ?? NaN);
      expect(values?.[0]).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 10);
    }
  });

  it('ends with a network that was trained on all folds and is measured on the test part', async () => {
    const { body } = await service.call('GET', `/v1/studies/${String(study['id'])}/best`);
    const model = body['model'] as { id: string; trial: number; metrics: { test: Record<string, number> } };
    expect(model.trial).toBe((study['best'] as { trial: number }).trial);
    expect(model.metrics.test['accuracy']).toBeGreaterThan(0.7);
    const predicted = await service.call('POST', `/v1/models/${model.id}/predict`, {
      rows: [{ 'Beak Length (mm)': 46.1, 'Body Mass (g)': 5000, Island: 'Biscoe' }],
    });
    expect(predicted.status).toBe(200);
  });

  it('is analysed out of fold: every row but those of the test part is judged once', async () => {
    const { body } = await service.call('GET', `/v1/studies/${String(study['id'])}/report`);
    const { confusionMatrix } = body['errorAnalysis'] as {
      confusionMatrix: { validation: number[][]; test: number[][] };
    };
    const rowsOf = (matrix: number[][]): number => matrix.flat().reduce((sum, count) => sum + count, 0);
    expect(rowsOf(confusionMatrix.validation) + rowsOf(confusionMatrix.test)).toBe(344);
    const final = body['final'] as {
      story: { refitted: boolean };
      confidence: Record<string, { value: number }>;
    };
    expect(final.story.refitted).toBe(true);
  });
});
