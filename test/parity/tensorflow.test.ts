import * as tf from '@tensorflow/tfjs-core';
import type { JsonObject } from '../../src/core/json';
import { streamOf } from '../../src/core/random';
import type { EngineName, LossName, OptimizerConfig, TrainingConfig } from '../../src/core/specification';
import type { PreparedTable } from '../../src/datasets';
import { candidateEngines } from '../../src/runtime';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { buildNetwork } from '../../src/training/network';
import { Trainer } from '../../src/training/trainer';
import { describeWithTensorFlow } from '../runtime/set-up-tensorflow';

const SEED = 11;
/** Float32 rounding, after ten steps that each amplify it a little. */
const TOLERANCE = 5e-4;

interface Case {
  readonly layers: readonly JsonObject[];
  readonly width?: number;
  readonly optimizer?: OptimizerConfig;
  readonly loss?: LossName;
  /** A kernel that WASM lacks, so that it cannot be compared. */
  readonly wasmLacks?: string;
}

/** All that a training leaves: losses of its epochs, the weights, the loss on other rows. */
type Trace = readonly number[];

async function train(
  engine: EngineName,
  { layers, width = 12, optimizer, loss = 'crossentropy' }: Case,
): Promise<Trace> {
  const [choice] = await candidateEngines(engine);
  await choice?.engine.activate();
  const classes = loss === 'crossentropy';
  const data = tableOf(width, 75, classes);
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
  const output = classes
    ? { units: 3, activation: 'softmax' as const, bias: [0.1, 0, -0.1] }
    : { units: 1, activation: 'linear' as const, bias: [0] };
  const network = await buildNetwork({ layers }, [width], output, SEED);
  const trainer =
    engine === 'compiled'
      ? await CompiledTrainer.create(network, { layers }, data, config, SEED)
      : new Trainer(network, data, config, SEED);
  const trace: number[] = [];
  for (const epoch of [1, 2]) {
    const end = await trainer.epoch(epoch, () => false);
    trace.push(end.state === 'done' ? end.loss : NaN);
  }
  for (const weights of trainer.weights()) trace.push(...weights);
  trace.push((await trainer.measure(data.parts.validation))['loss'] ?? NaN);
  trainer.dispose();
  network.dispose();
  return trace;
}

function tableOf(width: number, rows: number, classes: boolean): PreparedTable {
  const stream = streamOf(3);
  const part = (count: number): PreparedTable['parts']['train'] => {
    const x = Float32Array.from({ length: count * width }, () => stream.normal());
    const y = Float32Array.from({ length: count }, (_, i) => {
      const sum = (x[i * width] ?? 0) - (x[i * width + 1] ?? 0);
      return !classes ? sum : sum > 0.6 ? 2 : Number(sum > -0.6);
    });
    return { rows: count, x, y };
  };
  const target = classes
    ? { kind: 'classes', name: 't', labels: ['a', 'b', 'c'], type: 'categorical', priors: [0.3, 0.4, 0.3] }
    : { kind: 'value', name: 't', mean: 0, deviation: 1, transform: 'standard', tail: null };
  const fitted = { task: classes ? 'multiclass' : 'regression', columns: [], target };
  return {
    width,
    fitted: fitted as unknown as PreparedTable['fitted'],
    parts: { train: part(rows), validation: part(50), test: part(5) },
  };
}

function worst(a: Trace, b: Trace): number {
  expect(b).toHaveLength(a.length);
  return a.reduce((most, value, i) => {
    const difference = Math.abs(value - (b[i] ?? NaN)) / Math.max(1, Math.abs(value));
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }, 0);
}

async function expectParity(given: Case): Promise<void> {
  const tensorflow = await train('tensorflow', given);
  expect(worst(tensorflow, await train('compiled', given))).toBeLessThan(TOLERANCE);
  if (given.wasmLacks === undefined) {
    expect(worst(tensorflow, await train('wasm', given))).toBeLessThan(TOLERANCE);
  } else {
    expect(tf.getKernelsForBackend('wasm').map(({ kernelName }) => kernelName)).not.toContain(
      given.wasmLacks,
    );
  }
}

const dense = (activation: string): JsonObject => ({ dense: { units: 7, activation } });
const image: JsonObject = { reshape: { targetShape: [6, 6, 2] } };
const line: JsonObject = { reshape: { targetShape: [12, 2] } };
const flat: JsonObject = { flatten: {} };
const conv = (more: JsonObject = {}): JsonObject => ({
  conv2d: { filters: 3, kernelSize: 3, activation: 'relu', ...more },
});
const images = { width: 72, wasmLacks: 'Conv2DBackpropFilter' } as const;

describeWithTensorFlow()('training on TensorFlow equals training compiled and on WASM', () => {
  it.each(
    ['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'tanh', 'softplus', 'softsign']
      .concat(['softmax', 'swish', 'mish', 'gelu'])
      .map((name) => [name]),
  )('with the activation %s', async (name) => {
    await expectParity({ layers: [dense(name), dense(name)] });
  });

  it.each<[string, Case]>([
    ['no hidden layer', { layers: [] }],
    ['leaky ReLU', { layers: [dense('linear'), { leakyReLU: { alpha: 0.2 } }] }],
    ['PReLU', { layers: [dense('linear'), { prelu: {} }] }],
    ['dropout', { layers: [dense('relu'), { dropout: { rate: 0 } }] }],
    ['batch normalisation', { layers: [dense('linear'), { batchNormalization: {} }, dense('relu')] }],
    ['layer normalisation', { layers: [dense('relu'), { layerNormalization: {} }, dense('relu')] }],
    ['l1 and l2', { layers: [{ dense: { units: 5, kernelRegularizer: { l1: 0.01, l2: 0.02 } } }] }],
    ['a convolution', { layers: [image, conv(), flat], ...images }],
    ['padding and strides', { layers: [image, conv({ padding: 'same', strides: 2 }), flat], ...images }],
    ['two convolutions', { layers: [image, conv({ padding: 'same' }), conv(), flat], ...images }],
    [
      'a convolution in one dimension',
      { layers: [line, { conv1d: { filters: 3, kernelSize: 3 } }, flat], ...images, width: 24 },
    ],
    ['max pooling', { layers: [image, conv(), { maxPooling2d: { poolSize: 2 } }, flat], ...images }],
    ['average pooling', { layers: [image, conv(), { averagePooling2d: { poolSize: 2 } }, flat], ...images }],
    [
      'padded average pooling',
      {
        layers: [image, conv(), { averagePooling2d: { poolSize: 3, strides: 1, padding: 'same' } }, flat],
        ...images,
      },
    ],
    ['global average pooling', { layers: [image, conv(), { globalAveragePooling2d: {} }], ...images }],
    ['normalised channels', { layers: [image, conv(), { batchNormalization: {} }, flat], ...images }],
  ])('with %s', async (_, given) => {
    await expectParity(given);
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
    await expectParity({ layers: [dense('tanh')], optimizer });
  });

  it.each<[LossName]>([['mse'], ['mae'], ['huber'], ['logcosh']])('with the loss %s', async (loss) => {
    await expectParity({ layers: [dense('tanh')], loss });
  });
});
