import type { JsonObject } from '../../src/core/json';
import { ACTIVATIONS } from '../../src/core/layers';
import type { LossName, OptimizerConfig, TrainingConfig } from '../../src/core/specification';
import { BATCH, type Case } from './case';

const OPTIMIZERS: readonly [what: string, OptimizerConfig][] = [
  ['sgd', { name: 'sgd', arguments: {} }],
  ['momentum', { name: 'momentum', arguments: { momentum: 0.8 } }],
  ['Nesterov’s momentum', { name: 'sgd', arguments: { momentum: 0.8, nesterov: true } }],
  ['adam', { name: 'adam', arguments: { beta1: 0.8, epsilon: 1e-4 } }],
  ['rmsprop', { name: 'rmsprop', arguments: {} }],
  ['rmsprop with momentum', { name: 'rmsprop', arguments: { momentum: 0.5 } }],
  ['rmsprop, centred', { name: 'rmsprop', arguments: { centered: true, epsilon: 1e-4 } }],
  ['adagrad', { name: 'adagrad', arguments: {} }],
  ['adamax', { name: 'adamax', arguments: {} }],
];

/** Of numbers; those of classes are among the options. */
const LOSSES: readonly LossName[] = ['mse', 'mae', 'huber', 'logcosh'];

/** The last batch of an epoch is a shorter one. */
const ROWS = 4 * BATCH + 3;

/** By an activation, an optimiser or a loss. */
export function trainingCases(): readonly [what: string, given: Case][] {
  const dense = (activation: string): JsonObject => ({ dense: { units: 7, activation } });
  const table = { shape: [12], rows: ROWS };
  const plain = { model: { layers: [dense('tanh')] }, ...table };
  return [
    ...ACTIVATIONS.map((name): [string, Case] => [
      `the activation ${name}`,
      { model: { layers: [dense(name), dense(name)] }, ...table },
    ]),
    ...OPTIMIZERS.map(([what, optimizer]): [string, Case] => [what, { ...plain, optimizer }]),
    ...LOSSES.map((loss): [string, Case] => [`the loss ${loss}`, { ...plain, loss }]),
    [
      'a cosine where the last, short batch is a run of its own',
      {
        model: { layers: [dense('tanh'), { batchNormalization: {} }] },
        ...table,
        training: { epochs: 3, schedule: { name: 'cosine', warmupEpochs: 0, floor: 0 } },
      },
    ],
  ];
}

/** Each changes what is trained. */
const OPTIONS: readonly [what: string, Partial<TrainingConfig>, weighted: boolean][] = [
  ['steps', { schedule: { name: 'step', every: 1, factor: 0.5 } }, false],
  ['a cosine with warm-up', { schedule: { name: 'cosine', warmupEpochs: 1, floor: 0 } }, false],
  ['warm restarts', { schedule: { name: 'warmRestarts', period: 1, multiply: 2 } }, false],
  ['a plateau', { schedule: { name: 'reduceOnPlateau', patience: 1, factor: 0.1 } }, false],
  ['gradients that are clipped', { gradientClip: 0.05 }, false],
  ['smoothed labels', { labelSmoothing: 0.4 }, false],
  ['weighted classes', { classWeights: { a: 3, b: 0.5 } }, false],
  ['balanced classes', { classWeights: 'balanced' }, false],
  ['weighted rows', {}, true],
  ['the focal loss', { loss: 'focal' }, false],
  ['adamw', { optimizer: { name: 'adamw', arguments: { weightDecay: 0.5 } } }, false],
  ['adadelta', { optimizer: { name: 'adadelta', arguments: {} }, learningRate: 1 }, false],
  ['all of them', { gradientClip: 0.1, labelSmoothing: 0.1, classWeights: 'balanced', loss: 'focal' }, true],
];

export const TARGETS: readonly [what: string, labels: readonly string[]][] = [
  ['three classes', ['a', 'b', 'c']],
  ['two classes', ['a', 'b']],
];

/** A training on classes without any option. */
export function plainCase(labels: readonly string[]): Case {
  const model = { layers: [{ dense: { units: 9, activation: 'tanh' } }] };
  return { model, shape: [6], rows: 8 * BATCH + 3, labels, training: { epochs: 4 } };
}

export function optionCases(labels: readonly string[]): readonly [what: string, given: Case][] {
  const plain = plainCase(labels);
  return OPTIONS.map(([what, options, weighted]) => [
    what,
    { ...plain, weighted, training: { ...plain.training, ...options } },
  ]);
}
