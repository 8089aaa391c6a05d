import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { ModelConfig, TrainingConfig } from '../../src/core/specification';
import type { PreparedTable } from '../../src/datasets';
import { CompiledProgram, type Feeds } from '../../src/runtime';
import {
  layoutOf,
  maskRole,
  shiftName,
  traceForward,
  traceStep,
  type Layout,
} from '../../src/training/compiled-step';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { rowLosses } from '../../src/training/losses';
import type { Network } from '../../src/training/network';
import { penaltiesOf, penaltyTerms } from '../../src/training/penalties';
import { Trainer } from '../../src/training/trainer';
import type { UpdateRule } from '../../src/training/updates';
import { BATCH, configOf, distance, networkOf, SEED, tableOf, train, type Case } from './case';

/** The worst differences between the compiled and the eager network, each against the size of what is compared. */
export interface Difference {
  /** What the network gives for rows it was not trained on. */
  readonly values: number;
  /** What every weight's gradient is in the first step. */
  readonly gradients: number;
  /** All weights and losses after two epochs of training. */
  readonly training: number;
}

const GRADIENT: UpdateRule = {
  structure: 'gradient',
  slots: [],
  scalars: () => ({}),
  update: (_value, gradient) => ({ value: gradient, slots: [] }),
};

/** Float32 rounding of one pass, and after ten steps that each amplify it a little. */
const ONCE = 5e-5;
const TEN_STEPS = 5e-4;

export function expectParity({ values, gradients, training }: Difference): void {
  expect(values).toBeLessThan(ONCE);
  expect(gradients).toBeLessThan(ONCE);
  expect(training).toBeLessThan(TEN_STEPS);
}

/** Trains the same network eagerly, on TensorFlow.js's `cpu` backend, and compiled. */
export async function compare(given: Case): Promise<Difference> {
  await tf.setBackend('cpu');
  const data = tableOf(given);
  const config = configOf(given);
  const [eager, compiled] = [await networkOf(given), await networkOf(given)];
  try {
    return {
      values: await compareValues(eager, data),
      gradients: await compareGradients(eager, data, config),
      training: await compareTraining(eager, compiled, given.model, data, config),
    };
  } finally {
    eager.dispose();
    compiled.dispose();
  }
}

async function compareValues(network: Network, data: PreparedTable): Promise<number> {
  const layout = layoutOf(network.raw);
  const { rows, x } = data.parts.validation;
  const shape = [rows, ...(network.raw.inputs[0]?.shape.slice(1).map(Number) ?? [])];
  const predicted = network.raw.predict(tf.tensor(x as Float32Array, shape)) as tf.Tensor;
  const expected = predicted.dataSync();
  const { graph, roles } = await traceForward(network, layout, rows);
  const program = await CompiledProgram.create(graph, roles);
  const { output } = await program.run({
    ...weightFeeds(network, layout),
    x: { data: x as Float32Array, shape: [1, ...shape] },
  });
  await program.release();
  return distance(expected, output);
}

async function compareGradients(
  network: Network,
  data: PreparedTable,
  config: TrainingConfig,
): Promise<number> {
  const giveBack = withoutConstraints(network);
  const layout = layoutOf(network.raw);
  const [rows, outputs] = [BATCH, network.raw.outputs[0]?.shape[1] ?? 1];
  const shape = [rows, ...(network.raw.inputs[0]?.shape.slice(1).map(Number) ?? [])];
  const x = (data.parts.train.x as Float32Array).slice(0, rows * data.width);
  const y = new Float32Array(rows * outputs);
  for (let i = 0; i < rows; i++) {
    const target = data.parts.train.y[i] ?? 0;
    if (outputs > 1) y[i * outputs + target] = 1;
    else y[i] = target;
  }
  const before = network.raw.weights.map((weight) => weight.read().dataSync().slice());
  network.setStep({ epoch: 1, step: 0, rows, batchRows: rows });
  const trained = network.raw.trainableWeights.map((weight) => weight.read() as unknown as tf.Variable);
  const expected = new Map<number, Float32Array>();
  tf.tidy(() => {
    const { grads } = tf.variableGrads(() => {
      const output = network.raw.apply(tf.tensor(x, shape), { training: true }) as tf.Tensor2D;
      const loss = tf.mean<tf.Scalar>(rowLosses(config.loss, tf.tensor2d(y, [rows, outputs]), output));
      return penaltyTerms(network.raw).reduce<tf.Scalar>((sum, term) => tf.add(sum, term), loss);
    }, trained);
    for (const { id, name } of trained) {
      const gradient = grads[name];
      if (gradient !== undefined) expected.set(id, Float32Array.from(gradient.dataSync()));
    }
  });
  // Averages move in a step.
  network.raw.weights.forEach((weight, i) => {
    (weight.read() as unknown as tf.Variable).assign(tf.tensor(before[i] ?? [], weight.shape as number[]));
  });

  const traced = await traceStep(network, layout, GRADIENT, config, rows);
  const program = await CompiledProgram.create(traced.graph, traced.roles);
  const made = await program.run({
    ...weightFeeds(network, layout),
    ...maskFeeds(network, rows),
    x: { data: x, shape: [1, ...shape] },
    y: { data: y, shape: [1, rows, outputs] },
    share: { data: new Float32Array(rows).fill(1 / rows), shape: [1, rows] },
  });
  await program.release();
  giveBack();
  let worst = 0;
  for (const { name, weights } of layout.groups) {
    let start = 0;
    for (const i of weights) {
      const gradient = expected.get(network.raw.weights[i]?.read().id ?? -1);
      const size = gradient?.length ?? 0;
      worst = Math.max(worst, distance(gradient, made[`next.${name}`]?.subarray(start, start + size), 0.01));
      start += size;
    }
  }
  return worst;
}

async function compareTraining(
  eagerNetwork: Network,
  compiledNetwork: Network,
  model: ModelConfig,
  data: PreparedTable,
  config: TrainingConfig,
): Promise<number> {
  const eager = new Trainer(eagerNetwork, data, config, SEED);
  const compiled = await CompiledTrainer.create(compiledNetwork, model, data, config, SEED);
  const losses = distance(await train(eager, config.epochs), await train(compiled, config.epochs));
  const weights = compiled.weights();
  const worst = eager.weights().map((expected, i) => distance(expected, weights[i]));
  const { validation } = data.parts;
  const [a, b] = [await eager.measure(validation), await compiled.measure(validation)];
  eager.dispose();
  return Math.max(losses, ...worst, distance([a['loss'] ?? NaN], [b['loss'] ?? NaN]));
}

/** The step of {@link GRADIENT} gives gradients where weights would be, and gradients are not held to anything. */
function withoutConstraints(network: Network): () => void {
  const weights = network.raw.weights as unknown as { constraint: unknown }[];
  const before = weights.map(({ constraint }) => constraint);
  for (const weight of weights) weight.constraint = null;
  return () => {
    weights.forEach((weight, i) => {
      weight.constraint = before[i];
    });
  };
}

function weightFeeds(network: Network, layout: Layout): Feeds {
  const feeds: Record<string, Feeds[string]> = {};
  const numbers = (i: number): number[] => [...(network.raw.weights[i]?.read().dataSync() ?? [])];
  for (const { name, weights, shape } of layout.groups) {
    feeds[name] = { data: Float32Array.from(weights.flatMap(numbers)), shape };
  }
  for (const i of layout.others) {
    feeds[`weight${String(i)}`] = { data: Float32Array.from(numbers(i)), shape: layout.shapes[i] ?? [] };
  }
  return feeds;
}

function maskFeeds(network: Network, rows: number): Feeds {
  const feeds: Record<string, Feeds[string]> = {};
  for (const mask of network.masks) {
    const [pool, start, shape] = [mask.pool(rows), mask.start(rows, 1, 0), mask.shapeOf(rows)];
    if (maskRole(mask, rows) === 'step') {
      const data = pool.slice(start, start + tf.util.sizeFromShape([...shape]));
      feeds[mask.name] = { data, shape: [1, ...shape] };
    } else {
      feeds[mask.name] = { data: pool, shape: [pool.length] };
      feeds[`${mask.name}.starts`] = { data: BigInt64Array.of(BigInt(start)), shape: [1, 1] };
    }
    feeds[shiftName(mask.name)] = { data: Float32Array.of(mask.shift ?? 0), shape: [] };
  }
  penaltiesOf(network.raw).forEach(({ strength }, i) => {
    feeds[`penalty${String(i)}`] = { data: Float32Array.of(strength), shape: [] };
  });
  return feeds;
}
