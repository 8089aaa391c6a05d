import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { streamOf } from '../../src/core/random';
import type { TrainingConfig } from '../../src/core/specification';
import type { PreparedTable } from '../../src/datasets';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { buildNetwork } from '../../src/training/network';
import { Trainer, type TrialTrainer } from '../../src/training/trainer';

const SEED = 5;
const WIDTH = 6;
const ROWS = 75;
const EPOCHS = 4;
const TOLERANCE = 5e-4;
const MODEL = { layers: [{ dense: { units: 9, activation: 'tanh' } }] };

const PLAIN: TrainingConfig = {
  optimizer: { name: 'adam', arguments: {} },
  learningRate: 0.01,
  schedule: { name: 'constant' },
  batchSize: 16,
  epochs: EPOCHS,
  earlyStopping: null,
  loss: 'crossentropy',
  classWeights: 'none',
  labelSmoothing: 0,
  gradientClip: null,
};

function tableOf(labels: readonly string[], weighted: boolean): PreparedTable {
  const stream = streamOf(3);
  const part = (rows: number): PreparedTable['parts']['train'] => {
    const x = Float32Array.from({ length: rows * WIDTH }, () => stream.normal());
    const y = Float32Array.from({ length: rows }, (_, i) =>
      Math.min(labels.length - 1, Math.floor(Math.abs(x[i * WIDTH] ?? 0) * 1.5)),
    );
    const weights = weighted ? Float32Array.from({ length: rows }, (_, i) => 0.5 + (i % 3) / 2) : null;
    return { rows, x, y, weights };
  };
  const priors = labels.map(() => 1 / labels.length);
  const target = { kind: 'classes', name: 't', labels, type: 'categorical', priors };
  return {
    width: WIDTH,
    fitted: { target } as unknown as PreparedTable['fitted'],
    parts: { train: part(ROWS), validation: part(40), test: part(5) },
  };
}

interface Trained {
  readonly losses: readonly number[];
  readonly weights: readonly number[];
  readonly validation: number;
}

async function train(
  engine: 'eager' | 'compiled',
  options: Partial<TrainingConfig>,
  labels: readonly string[],
  weighted: boolean,
): Promise<Trained> {
  await tf.setBackend('cpu');
  const config = { ...PLAIN, ...options };
  const data = tableOf(labels, weighted);
  const units = labels.length > 2 ? labels.length : 1;
  const activation = units === 1 ? ('sigmoid' as const) : ('softmax' as const);
  const bias = Array.from({ length: units }, () => 0);
  const network = await buildNetwork(MODEL, [WIDTH], { units, activation, bias }, SEED);
  const trainer: TrialTrainer =
    engine === 'eager'
      ? new Trainer(network, data, config, SEED)
      : await CompiledTrainer.create(network, MODEL, data, config, SEED);
  const losses: number[] = [];
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const end = await trainer.epoch(epoch, () => false);
    if (end.state !== 'done') throw new Error(end.state);
    losses.push(end.loss);
    // As though the second epoch were the last to improve.
    trainer.observe(epoch <= 2);
  }
  const weights = trainer.weights().flatMap((each) => [...each]);
  const { loss } = await trainer.measure(data.parts.validation);
  trainer.dispose();
  network.dispose();
  return { losses, weights, validation: loss ?? NaN };
}

function distance(a: Trained, b: Trained): number {
  const all = ({ losses, weights, validation }: Trained): number[] => [...losses, ...weights, validation];
  return Math.max(...all(a).map((value, i) => Math.abs(value - (all(b)[i] ?? NaN))));
}

const OPTIONS: readonly [string, Partial<TrainingConfig>, boolean][] = [
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

describe.each([
  ['three classes', ['a', 'b', 'c']],
  ['two classes', ['a', 'b']],
])('a compiled training on %s equals an eager one, and is another than without', (_, labels) => {
  let plain: Trained;

  beforeAll(async () => {
    plain = await train('compiled', {}, labels, false);
  });

  it.each(OPTIONS)('with %s', async (...[, options, weighted]) => {
    const compiled = await train('compiled', options, labels, weighted);
    const eager = await train('eager', options, labels, weighted);
    expect(distance(compiled, eager)).toBeLessThan(TOLERANCE);
    expect(distance(compiled, plain)).toBeGreaterThan(10 * TOLERANCE);
  });
});
