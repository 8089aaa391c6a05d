import { penguins, stopAll, testService, type TestService } from './harness';
import { plainly } from './plainly';

interface Step {
  readonly step: string;
  readonly kept: boolean;
  readonly detail: string;
  readonly comparison: { readonly better: number; readonly difference: { readonly value: number } } | null;
}

interface Final {
  readonly model: { readonly id: string; readonly parameters: number };
  readonly story: {
    readonly members: readonly number[];
    readonly shares: readonly number[];
    readonly refitted: boolean;
    readonly steps: readonly Step[];
  };
  readonly metrics: Record<string, Record<string, number> | null>;
  readonly confidence: Record<
    string,
    { readonly value: number; readonly low: number; readonly high: number }
  >;
  readonly baselines: readonly { readonly name: string }[];
}

let service: TestService;

jest.setTimeout(120_000);

beforeAll(async () => {
  service = await testService();
}, 60_000);
afterAll(stopAll);

/** The report's final section of a study with few rows to learn from, so that an ensemble is worth something. */
async function finalOf(target: string, more: Record<string, unknown>): Promise<Final> {
  const spec = {
    features: { include: ['Beak Length (mm)', 'Body Mass (g)', 'Island'].filter((name) => name !== target) },
    model: { layers: [{ dense: { units: { $choice: [8, 16, 32, 64] }, activation: 'relu' } }] },
    training: { epochs: 12, learningRate: { $float: [0.005, 0.05], log: true } },
    search: { sampler: 'random', pruner: 'none', trials: 8, seed: 5 },
    ...more,
  };
  const { status, body } = await service.upload('/v1/tune', await penguins(), {
    target,
    spec: JSON.stringify(spec),
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  const { id } = body['study'] as { id: string };
  const { body: study } = await service.call('GET', `/v1/studies/${id}?wait=100`);
  expect(study).toMatchObject({ state: 'completed', error: null });
  return (await service.call('GET', `/v1/studies/${id}/report`)).body['final'] as Final;
}

async function predicted(model: string): Promise<{ own: number[][]; served: number[][] }> {
  const raw = [
    { 'Beak Length (mm)': 40, 'Body Mass (g)': 3500, Island: 'Dream' },
    { 'Beak Length (mm)': 48, 'Body Mass (g)': 5000, Island: null },
  ];
  const { body } = await service.call('POST', `/v1/models/${model}/predict`, { rows: raw });
  const predictions = body['predictions'] as { probabilities: Record<string, number> }[];
  return {
    own: await plainly(service, model, raw),
    served: predictions.map(({ probabilities }) => Object.values(probabilities)),
  };
}

describe('the final model', () => {
  it('takes each option where validation is for it, and says of each why or why not', async () => {
    const final = await finalOf('Species', { final: { trainLonger: 3, ensemble: 4, boosting: 3 } });
    const { steps, members } = final.story;
    expect(steps.map(({ step }) => step)).toEqual(['trainLonger', 'ensemble', 'boosting']);
    for (const { kept, comparison, detail } of steps) {
      expect(detail).not.toBe('');
      if (kept) expect(comparison?.better).toBeGreaterThanOrEqual(0.9);
      else expect(comparison?.better ?? 0).toBeLessThan(0.9);
    }
    const ensemble = steps[1];
    if (ensemble?.comparison != null) expect(ensemble.comparison.difference.value).toBeLessThanOrEqual(0);
    if (ensemble?.kept === true && steps[2]?.kept === false) expect(members.length).toBeGreaterThan(1);
    else expect(members).toHaveLength(1);
    expect(members.length).toBeLessThanOrEqual(4);
    expect(final.story.shares).toHaveLength(members.length);
    expect(final.story.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    expect(final.metrics['test']?.['logLoss']).toBeCloseTo(final.confidence['logLoss']?.value ?? NaN, 4);
    expect(final.baselines.map(({ name }) => name)).toEqual(['class shares', 'logistic', 'small network']);
    const { own, served } = await predicted(final.model.id);
    own.flat().forEach((share, i) => {
      expect(share).toBeCloseTo(served.flat()[i] ?? NaN, 4);
    });
  });

  it('is an ensemble that plain TensorFlow.js loads and ONNX runtimes can have, where that is better', async () => {
    // One epoch each: the mean of such networks is clearly better than any of them.
    const training = { epochs: 2, learningRate: 0.02, batchSize: 64 };
    const final = await finalOf('Body Mass (g)', {
      features: { exclude: ['Species'] },
      training,
      model: {
        layers: [
          { dense: { units: { $int: [4, 40] }, activation: 'relu' } },
          { dense: { units: 8, activation: 'relu' } },
        ],
      },
      final: { ensemble: 5 },
    });
    const [step] = final.story.steps;
    expect(step).toMatchObject({ step: 'ensemble' });
    if (step?.kept === true) {
      expect(final.story.members.length).toBeGreaterThan(1);
      expect(final.story.members.length).toBeLessThanOrEqual(5);
      expect(step.comparison?.difference.value).toBeLessThan(0);
    }
    expect((await fetch(`${service.address}/v1/models/${final.model.id}/model.onnx`)).status).toBe(200);
  });

  it('is refitted on training and validation rows on request, and then measured by the test alone', async () => {
    const final = await finalOf('Species', { final: { refit: 'train+validation' } });
    expect(final.story).toMatchObject({ refitted: true, steps: [{ step: 'refit', kept: true }] });
    expect(final.metrics['validation']).toBeNull();
    expect(final.metrics['test']?.['accuracy']).toBeGreaterThan(0.8);
    expect(final.confidence['accuracy']?.value).toBeCloseTo(final.metrics['test']?.['accuracy'] ?? NaN, 5);
  });
});
