import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { print } from '../../src/compiler';
import type { JsonObject } from '../../src/core/json';
import type { ModelConfig, OptimizerConfig, TrainingConfig } from '../../src/core/specification';
import { layoutOf, structureOf, traceStep } from '../../src/training/compiled-step';
import { updateRule } from '../../src/training/updates';
import { configOf, networkOf, train, trainerOf, type Case } from './case';

const image = [6, 6, 2];
const table = [12];
const dense = (more: JsonObject = {}): JsonObject => ({ dense: { units: 4, ...more } });
const flat: JsonObject = { flatten: {} };

function frozen(trainable: boolean): ModelConfig {
  const network = tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 4, inputShape: table, trainable, name: 'hidden' }),
      tfl.layers.dense({ units: 3, name: 'last' }),
    ],
    name: 'network',
  });
  return { topology: network.toJSON(null, false) as unknown as JsonObject };
}

async function graphOf(given: Case, training: Partial<TrainingConfig> = {}): Promise<string> {
  const network = await networkOf(given);
  const config = { ...configOf(given), ...training };
  const { graph } = await traceStep(network, layoutOf(network.raw), updateRule(config.optimizer), config, 4);
  network.dispose();
  return print(graph);
}

const layers = (...list: readonly JsonObject[]): ModelConfig => ({ layers: list });
type Pair = [what: string, one: () => ModelConfig, other: () => ModelConfig, shape: readonly number[]];

beforeAll(() => tf.setBackend('cpu'));

describe('two trials share a compiled step', () => {
  const pair = (what: string, one: JsonObject, other: JsonObject): Pair => [
    what,
    () => layers(dense(), one),
    () => layers(dense(), other),
    table,
  ];

  it.each<Pair>([
    pair('rates of dropout', { dropout: { rate: 0.1 } }, { dropout: { rate: 0.6 } }),
    pair('rates of alpha dropout', { alphaDropout: { rate: 0.1 } }, { alphaDropout: { rate: 0.6 } }),
    pair('rates of Gaussian dropout', { gaussianDropout: { rate: 0.1 } }, { gaussianDropout: { rate: 0.6 } }),
    pair('deviations of noise', { gaussianNoise: { stddev: 0.1 } }, { gaussianNoise: { stddev: 0.6 } }),
    pair('initialisers', dense({ kernelInitializer: 'heNormal' }), dense({ kernelInitializer: 'zeros' })),
    pair(
      'strengths of penalties',
      dense({ kernelRegularizer: { l1: 0.1, l2: 0.2 } }),
      dense({ kernelRegularizer: { l1: 0.3, l2: 0.4 } }),
    ),
    [
      'penalties and dropout of recurrent layers',
      () => layers({ lstm: { units: 2, recurrentRegularizer: { l2: 0.1 }, dropout: 0.1 } }),
      () => layers({ lstm: { units: 2, recurrentRegularizer: { l2: 0.3 }, dropout: 0.4 } }),
      [3, 2],
    ],
  ])('that differ in %s alone, and the graph is one', async (_, one, other, shape) => {
    expect(structureOf(one())).toEqual(structureOf(other()));
    expect(await graphOf({ model: one(), shape })).toBe(await graphOf({ model: other(), shape }));
  });

  it.each<Pair>([
    pair('a rate of zero', { dropout: { rate: 0 } }, { dropout: { rate: 0.5 } }),
    pair(
      'the shape of the noise',
      { dropout: { rate: 0.5 } },
      { dropout: { rate: 0.5, noiseShape: [null, 1] } },
    ),
    pair(
      'a penalty of zero',
      dense({ kernelRegularizer: { l1: 0, l2: 1 } }),
      dense({ kernelRegularizer: { l1: 1, l2: 1 } }),
    ),
    pair('the slope of a leaky ReLU', { leakyReLU: { alpha: 0.1 } }, { leakyReLU: { alpha: 0.2 } }),
    pair('the ceiling of a ReLU', { reLU: { maxValue: 1 } }, { reLU: { maxValue: 2 } }),
    pair('a threshold', { thresholdedReLU: { theta: 0.1 } }, { thresholdedReLU: { theta: 0.2 } }),
    pair('an activation', dense({ activation: 'relu' }), dense({ activation: 'elu' })),
    pair('a bias', dense({ useBias: false }), dense()),
    pair('epsilon', { batchNormalization: { epsilon: 0.1 } }, { batchNormalization: { epsilon: 0.2 } }),
    pair(
      'the momentum of averages',
      { batchNormalization: { momentum: 0.1 } },
      { batchNormalization: { momentum: 0.2 } },
    ),
    pair(
      'a largest norm',
      dense({ kernelConstraint: { maxNorm: { maxValue: 1 } } }),
      dense({ kernelConstraint: { maxNorm: { maxValue: 2 } } }),
    ),
    pair(
      'the rate of a constraint',
      dense({ kernelConstraint: { minMaxNorm: { rate: 0.1 } } }),
      dense({ kernelConstraint: { minMaxNorm: { rate: 0.2 } } }),
    ),
    [
      'padding',
      () =>
        layers(
          { conv2d: { filters: 2, kernelSize: 3, padding: 'same' } },
          { conv2d: { filters: 2, kernelSize: 3 } },
          flat,
        ),
      () =>
        layers(
          { conv2d: { filters: 2, kernelSize: 3 } },
          { conv2d: { filters: 2, kernelSize: 3, padding: 'same' } },
          flat,
        ),
      image,
    ],
    ['what is trained', () => frozen(true), () => frozen(false), table],
  ])('never where they differ in %s', async (_, one, other, shape) => {
    expect(await graphOf({ model: one(), shape })).not.toBe(await graphOf({ model: other(), shape }));
    expect(structureOf(one())).not.toEqual(structureOf(other()));
  });
});

describe('two trainings share a compiled step', () => {
  type Trainings = [what: string, one: Partial<TrainingConfig>, other: Partial<TrainingConfig>];
  const given: Case = { model: layers(dense()), shape: table };
  const optimizer = (
    name: OptimizerConfig['name'],
    more: OptimizerConfig['arguments'],
  ): Partial<TrainingConfig> => ({
    optimizer: { name, arguments: more },
  });

  it.each<Trainings>([
    ['learning rates', { learningRate: 0.1 }, { learningRate: 0.2 }],
    ['schedules', { schedule: { name: 'exponential', decay: 0.9 } }, { schedule: { name: 'constant' } }],
    ['strengths of smoothing', { labelSmoothing: 0.1 }, { labelSmoothing: 0.3 }],
    ['norms that gradients are cut to', { gradientClip: 1 }, { gradientClip: 5 }],
    ['moments of Adam', optimizer('adam', { beta1: 0.8 }), optimizer('adam', { beta1: 0.9, epsilon: 1e-5 })],
    ['decays of weights', optimizer('adamw', { weightDecay: 0.1 }), optimizer('adamw', { weightDecay: 0.2 })],
    ['decays of RMSProp', optimizer('rmsprop', { decay: 0.8 }), optimizer('rmsprop', { decay: 0.95 })],
    ['momenta', optimizer('momentum', { momentum: 0.5 }), optimizer('momentum', { momentum: 0.9 })],
  ])('that differ in %s alone, and the graph is one', async (_, one, other) => {
    expect(await graphOf(given, one)).toBe(await graphOf(given, other));
  });

  it.each<Trainings>([
    ['whether labels are smoothed', { labelSmoothing: 0 }, { labelSmoothing: 0.1 }],
    ['whether gradients are cut', { gradientClip: null }, { gradientClip: 1 }],
    ['the loss', { loss: 'crossentropy' }, { loss: 'focal' }],
    ['the kind of momentum', optimizer('momentum', {}), optimizer('momentum', { nesterov: true })],
    ['centring', optimizer('rmsprop', {}), optimizer('rmsprop', { centered: true })],
    ['the optimiser', optimizer('adam', {}), optimizer('adamw', {})],
  ])('never where they differ in %s', async (_, one, other) => {
    expect(await graphOf(given, one)).not.toBe(await graphOf(given, other));
  });
});

describe('a trial on a session that others have used', () => {
  const given = (rate: number): Case => ({
    model: layers(
      dense({ kernelRegularizer: { l2: rate } }),
      { dropout: { rate } },
      { alphaDropout: { rate } },
    ),
    shape: table,
    // The last batch is a short one.
    rows: 43,
  });

  async function trained(rate: number): Promise<readonly unknown[]> {
    const { network, trainer } = await trainerOf(given(rate));
    const losses = await train(trainer, 2);
    const weights = trainer.weights();
    network.dispose();
    return [losses, weights];
  }

  it('has the bits that it had before them', async () => {
    const first = await trained(0.2);
    const between = await trained(0.5);
    expect(await trained(0.2)).toEqual(first);
    expect(between).not.toEqual(first);
  });
});
