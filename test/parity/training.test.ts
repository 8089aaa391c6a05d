import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { JsonObject } from '../../src/core/json';
import { streamOf } from '../../src/core/random';
import type { LossName, OptimizerConfig, TrainingConfig } from '../../src/core/specification';
import type { PreparedTable } from '../../src/datasets';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { buildNetwork } from '../../src/training/network';
import { Trainer } from '../../src/training/trainer';

const SEED = 11;
/** Float32 rounding, after ten steps that each amplify it a little. */
const TOLERANCE = 5e-4;

function tableOf(width: number, rows: number, kind: 'classes' | 'value'): PreparedTable {
  const stream = streamOf(3);
  const part = (count: number): PreparedTable['parts']['train'] => {
    const x = Float32Array.from({ length: count * width }, () => stream.normal());
    const y = Float32Array.from({ length: count }, (_, i) => {
      const sum = (x[i * width] ?? 0) - (x[i * width + 1] ?? 0);
      return kind === 'value' ? sum : sum > 0.6 ? 2 : Number(sum > -0.6);
    });
    return { rows: count, x, y };
  };
  const target =
    kind === 'classes'
      ? { kind, name: 't', labels: ['a', 'b', 'c'], type: 'categorical', priors: [0.3, 0.4, 0.3] }
      : { kind: 'value', name: 't', mean: 0, deviation: 1, tail: null };
  const fitted = { task: kind === 'classes' ? 'multiclass' : 'regression', columns: [], target };
  return {
    width,
    fitted: fitted as unknown as PreparedTable['fitted'],
    parts: { train: part(rows), validation: part(50), test: part(5) },
  };
}

interface Case {
  readonly layers: readonly JsonObject[];
  readonly width?: number;
  readonly optimizer?: OptimizerConfig;
  readonly loss?: LossName;
}

async function compare({ layers, width = 12, optimizer, loss = 'crossentropy' }: Case): Promise<number> {
  await tf.setBackend('cpu');
  const data = tableOf(width, 75, loss === 'crossentropy' ? 'classes' : 'value');
  const config = {
    optimizer: optimizer ?? { name: 'adam', arguments: {} },
    learningRate: 0.01,
    schedule: { name: 'constant' },
    classWeights: 'none',
    labelSmoothing: 0,
    gradientClip: null,
    batchSize: 16,
    epochs: 2,
    earlyStopping: null,
    loss,
  } as TrainingConfig;
  const output =
    loss === 'crossentropy'
      ? { units: 3, activation: 'softmax' as const, bias: [0.1, 0, -0.1] }
      : { units: 1, activation: 'linear' as const, bias: [0] };
  const [first, second] = await Promise.all(
    [0, 1].map(() => buildNetwork({ layers }, width, output as never, SEED)),
  );
  if (first === undefined || second === undefined) throw new Error('no networks');
  const eager = new Trainer(first, data, config, SEED);
  const compiled = await CompiledTrainer.create(second, { layers }, data, config, SEED);
  let worst = 0;
  for (const epoch of [1, 2]) {
    const a = await eager.epoch(epoch, () => false);
    const b = await compiled.epoch(epoch, () => false);
    if (a.state !== 'done' || b.state !== 'done') throw new Error('an epoch did not end');
    worst = Math.max(worst, Math.abs(a.loss - b.loss) / Math.max(1, Math.abs(a.loss)));
  }
  const weights = compiled.weights();
  eager.weights().forEach((expected, i) => {
    expected.forEach((value, k) => {
      worst = Math.max(worst, Math.abs(value - (weights[i]?.[k] ?? NaN)) / Math.max(1, Math.abs(value)));
    });
  });
  const [a, b] = [await eager.measure(data.parts.validation), await compiled.measure(data.parts.validation)];
  worst = Math.max(worst, Math.abs((a['loss'] ?? NaN) - (b['loss'] ?? NaN)));
  first.dispose();
  second.dispose();
  return worst;
}

const dense = (activation: string): JsonObject => ({ dense: { units: 7, activation } });
describe('a compiled training equals an eager one', () => {
  it.each(
    [
      ...['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'tanh', 'softplus', 'softsign'],
      ...['softmax', 'swish', 'mish', 'gelu'],
    ].map((name) => [name]),
  )('with the activation %s', async (name) => {
    expect(await compare({ layers: [dense(name), dense(name)] })).toBeLessThan(TOLERANCE);
  });

  it.each<[string, OptimizerConfig]>([
    ['sgd', { name: 'sgd', arguments: {} }],
    ['momentum', { name: 'momentum', arguments: { momentum: 0.8 } }],
    ['Nesterov’s momentum', { name: 'sgd', arguments: { momentum: 0.8, nesterov: true } }],
    ['adam', { name: 'adam', arguments: { beta1: 0.8, epsilon: 1e-4 } }],
    ['rmsprop', { name: 'rmsprop', arguments: {} }],
    ['rmsprop with momentum', { name: 'rmsprop', arguments: { momentum: 0.5 } }],
    ['adagrad', { name: 'adagrad', arguments: {} }],
    ['adamax', { name: 'adamax', arguments: {} }],
  ])('with %s', async (_, optimizer) => {
    expect(await compare({ layers: [dense('tanh')], optimizer })).toBeLessThan(TOLERANCE);
  });

  it.each<[LossName]>([['mse'], ['mae'], ['huber'], ['logcosh']])('with the loss %s', async (loss) => {
    expect(await compare({ layers: [dense('tanh')], loss })).toBeLessThan(TOLERANCE);
  });
});
