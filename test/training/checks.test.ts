import type { CheckCode, Finding } from '../../src/core/finding';
import type { CheckJob, DataJob } from '../../src/core/job';
import type { JsonObject } from '../../src/core/json';
import { judgeChecks } from '../../src/insight';
import type { PreparedTable } from '../../src/datasets';
import { performTask } from '../../src/training';
import { generatedTable } from './generated-table';
import { configOf } from './penguins';

const line = (x: Float32Array): number => (x[0] ?? 0) - (x[1] ?? 0) + 0.5 * (x[2] ?? 0);
const BINARY = generatedTable({ task: 'binary', signal: line });
const VALUE = generatedTable({ task: 'regression', signal: line });

const relu = (units: number, more: JsonObject = {}): JsonObject => ({
  dense: { units, activation: 'relu', kernelInitializer: 'heNormal', ...more },
});
/** Gives 0 whatever comes in, and has no gradient. */
const broken = relu(8, { kernelInitializer: 'zeros' });

interface Given {
  readonly data?: PreparedTable;
  readonly layers?: readonly JsonObject[];
  readonly training?: JsonObject;
  readonly metric?: string;
}

async function findings(given: Given = {}): Promise<Map<CheckCode, Finding<CheckCode>>> {
  const { data = BINARY, layers = [relu(16)], training = {}, metric = 'validation.loss' } = given;
  const { task } = data.fitted;
  const job: CheckJob = {
    id: 'checks',
    data: {} as DataJob,
    config: configOf({ model: { layers }, training: { learningRate: 0.01, ...training } }, task),
    seed: 7,
    engine: 'auto',
  };
  const measured = await performTask('check', job, data);
  const judged = judgeChecks(measured, [{ metric, direction: 'minimize' }]);
  return new Map(judged.map((finding) => [finding.code, finding]));
}

describe('the checks before a search', () => {
  it.each([
    ['classes', BINARY],
    ['a value', VALUE],
  ])('pass, each with its figures, where nothing is wrong with %s', async (_, data) => {
    const found = await findings({ data, layers: [relu(16), { dropout: { rate: 0.2 } }, relu(16)] });
    expect([...found.values()].filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect([...found.keys()].sort()).toEqual(
      [
        'initial_loss',
        'overfits_small_batch',
        'loss_falls_with_capacity',
        'inputs_look_wrong',
        'predictions_stuck',
        'dead_units',
        'vanishing_gradients',
        'exploding_gradients',
        'worse_than_baseline',
        'metric_unsuitable',
      ].sort(),
    );
  });

  it.each<[CheckCode, string, Given]>([
    [
      'inputs_look_wrong',
      'a column in its own units',
      { data: generatedTable({ task: 'binary', signal: line, distort: (v, i) => (i === 2 ? 4000 * v : v) }) },
    ],
    [
      'initial_loss',
      'inputs a thousand times too large',
      { data: generatedTable({ task: 'binary', signal: line, distort: (v) => 1000 * v }) },
    ],
    ['overfits_small_batch', 'a layer that gives nothing', { layers: [broken] }],
    [
      'loss_falls_with_capacity',
      'inputs in units that throw the larger networks off',
      { data: generatedTable({ task: 'regression', signal: line, distort: (v) => 3000 * v }) },
    ],
    ['predictions_stuck', 'steps that are too small to see', { training: { learningRate: 1e-7 } }],
    [
      'dead_units',
      'a learning rate that kills ReLU units',
      { data: VALUE, layers: [relu(32), relu(32)], training: { learningRate: 3 } },
    ],
    [
      'vanishing_gradients',
      'eight sigmoid layers',
      { layers: Array.from({ length: 8 }, () => ({ dense: { units: 8, activation: 'sigmoid' } })) },
    ],
    [
      'exploding_gradients',
      'a value learned from inputs that are not scaled',
      {
        data: generatedTable({ task: 'regression', signal: line, distort: (v) => 3000 * v }),
        training: { optimizer: 'sgd', learningRate: 0.01 },
      },
    ],
    ['worse_than_baseline', 'a learning rate that learns nothing', { training: { learningRate: 1e-7 } }],
    [
      'metric_unsuitable',
      'accuracy where nearly all rows are of one class',
      {
        data: generatedTable({ task: 'binary', signal: line, above: 2 }),
        metric: 'validation.accuracy',
      },
    ],
  ])('%s fires for %s', async (code, _, given) => {
    const found = (await findings(given)).get(code);
    expect(found?.severity).not.toBe('info');
    expect(found?.advice).not.toBe('');
    expect(Object.keys(found?.evidence ?? {}).length).toBeGreaterThan(1);
  });

  it('say what is wrong with a network that cannot be built', async () => {
    const found = await findings({ layers: [{ conv2d: { filters: 4, kernelSize: 3 } }] });
    expect(found.get('initial_loss')).toMatchObject({
      severity: 'problem',
      evidence: { error: 'invalid_model' },
    });
  });

  it('say so when training breaks down', async () => {
    const found = await findings({
      data: VALUE,
      training: { optimizer: 'sgd', learningRate: 1e4 },
    });
    expect(found.get('exploding_gradients')).toMatchObject({
      severity: 'problem',
      evidence: { diverged: true },
    });
  });

  it('never look at the test rows', async () => {
    const other = {
      ...BINARY,
      parts: {
        ...BINARY.parts,
        test: { ...BINARY.parts.test, y: BINARY.parts.test.y.map((value) => 1 - value) },
      },
    };
    expect(await findings({ data: other })).toEqual(await findings());
  });

  it('end soon where they are told to stop', async () => {
    const job = {
      id: 'c',
      data: {} as DataJob,
      config: configOf({}, 'binary'),
      seed: 1,
      engine: 'auto',
    } as const;
    await expect(performTask('check', job, BINARY, () => true)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
