/**
 * Trains small networks on the compiled engine's `webgpu` device and eagerly on `cpu`, and prints for each how far
 * they are apart, relative to the larger. A process of its own: a process has one WebGPU device, and Vulkan reads its
 * driver from the environment that the process began with.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { JsonObject } from '../../src/core/json';
import { streamOf } from '../../src/core/random';
import type { LossName, OptimizerConfig, TrainingConfig } from '../../src/core/specification';
import type { PreparedTable } from '../../src/datasets';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { buildNetwork, type Network } from '../../src/training/network';
import { Trainer } from '../../src/training/trainer';

const SEED = 11;
const ROWS = 24;

interface Case {
  readonly name: string;
  readonly layers: readonly JsonObject[];
  readonly width: number;
  readonly optimizer: OptimizerConfig['name'];
  readonly loss: LossName;
}

const dense = (units: number, activation: string): JsonObject => ({ dense: { units, activation } });
const CASES: readonly Case[] = [
  {
    name: 'dense layers with dropout',
    layers: [dense(16, 'relu'), { dropout: { rate: 0.3 } }, dense(8, 'tanh')],
    width: 12,
    optimizer: 'adam',
    loss: 'crossentropy',
  },
  {
    name: 'batch normalisation and a penalty',
    layers: [{ dense: { units: 9, kernelRegularizer: { l2: 0.01 } } }, { batchNormalization: {} }],
    width: 12,
    optimizer: 'rmsprop',
    loss: 'crossentropy',
  },
  {
    name: 'layer normalisation and regression',
    layers: [dense(9, 'elu'), { layerNormalization: {} }, dense(5, 'sigmoid')],
    width: 12,
    optimizer: 'momentum',
    loss: 'huber',
  },
  {
    name: 'convolutions and pooling',
    layers: [
      { reshape: { targetShape: [6, 6, 2] } },
      { conv2d: { filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' } },
      { maxPooling2d: { poolSize: 2 } },
      { conv2d: { filters: 3, kernelSize: 2, activation: 'relu' } },
      { flatten: {} },
    ],
    width: 72,
    optimizer: 'sgd',
    loss: 'crossentropy',
  },
];

function tableOf({ width, loss }: Case): PreparedTable {
  const stream = streamOf(3);
  const isValue = loss !== 'crossentropy';
  const part = (rows: number): PreparedTable['parts']['train'] => {
    const x = Float32Array.from({ length: rows * width }, () => stream.normal());
    const y = Float32Array.from({ length: rows }, (_, i) => {
      const sum = (x[i * width] ?? 0) - (x[i * width + 1] ?? 0);
      return isValue ? sum : sum > 0.6 ? 2 : Number(sum > -0.6);
    });
    return { rows, x, y };
  };
  const target = isValue
    ? {
        kind: 'value',
        name: 't',
        tail: null,
        mean: 0,
        deviation: 1,
        bounds: [-Infinity, Infinity],
        preparedMean: 0,
      }
    : { kind: 'classes', name: 't', labels: ['a', 'b', 'c'], type: 'categorical', priors: [0.3, 0.4, 0.3] };
  return {
    width,
    fitted: { inputs: [{ name: 'input', columns: [] }], target } as unknown as PreparedTable['fitted'],
    parts: { train: part(ROWS), validation: part(16), test: part(4) },
  };
}

function networkOf({ layers, width, loss }: Case): Promise<Network> {
  const output =
    loss === 'crossentropy'
      ? { units: 3, activation: 'softmax' as const, bias: [0.1, 0, -0.1] }
      : { units: 1, activation: 'linear' as const, bias: [0] };
  return buildNetwork({ layers }, [width], output, SEED);
}

async function distance(of: Case): Promise<number> {
  const data = tableOf(of);
  const config = {
    optimizer: { name: of.optimizer, arguments: {} },
    learningRate: 0.01,
    schedule: { name: 'constant' },
    classWeights: 'none',
    labelSmoothing: 0,
    gradientClip: null,
    batchSize: 8,
    epochs: 2,
    earlyStopping: null,
    loss: of.loss,
  } as TrainingConfig;
  const eager = new Trainer(await networkOf(of), data, config, SEED);
  const model = { layers: of.layers };
  const compiled = await CompiledTrainer.create(await networkOf(of), model, data, config, SEED, 'webgpu');
  for (const epoch of [1, 2]) {
    await eager.epoch(epoch, () => false);
    await compiled.epoch(epoch, () => false);
  }
  const weights = compiled.weights();
  const differences = eager.weights().flatMap((expected, i) => {
    const found = weights[i] ?? new Float32Array();
    return Array.from(
      expected,
      (value, k) => Math.abs(value - (found[k] ?? NaN)) / Math.max(1, Math.abs(value)),
    );
  });
  const part = data.parts.validation;
  const [a, b] = [await eager.measure(part), await compiled.measure(part)];
  differences.push(Math.abs((a['loss'] ?? NaN) - (b['loss'] ?? NaN)));
  return differences.reduce((worst, each) => (each > worst || Number.isNaN(each) ? each : worst), 0);
}

async function main(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  for (const each of CASES) console.log(JSON.stringify({ name: each.name, distance: await distance(each) }));
  // Without tearing the device down: it is the process's last act.
  process.exit(0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
