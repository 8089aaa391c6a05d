import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { streamOf } from '../../src/core/random';
import type { LossName, ModelConfig, OptimizerConfig, TrainingConfig } from '../../src/core/specification';
import type { PreparedTable } from '../../src/datasets';
import { CompiledProgram, type Feeds } from '../../src/runtime';
import { layoutOf, shiftName, traceForward, traceStep, type Layout } from '../../src/training/compiled-step';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { rowLosses } from '../../src/training/losses';
import { buildNetwork, type Network } from '../../src/training/network';
import type { OutputShape } from '../../src/training/output-shape';
import { penaltiesOf, penaltyTerms } from '../../src/training/penalties';
import { Trainer, type TrialTrainer } from '../../src/training/trainer';
import type { UpdateRule } from '../../src/training/updates';

export interface Case {
  readonly model: ModelConfig;
  /** Of a row of the input. */
  readonly shape: readonly number[];
  /** Inputs are whole numbers below this; normal ones where it is 0. */
  readonly levels?: number;
  readonly optimizer?: OptimizerConfig;
  readonly loss?: LossName;
  /** Rows to train on, in batches of {@link BATCH}. */
  readonly rows?: number;
}

/** The worst differences between the compiled and the eager network, each against the size of what is compared. */
export interface Difference {
  /** What the network gives for rows it was not trained on. */
  readonly values: number;
  /** What every weight's gradient is in the first step. */
  readonly gradients: number;
  /** All weights and losses after two epochs of training. */
  readonly training: number;
}

export const BATCH = 8;
const SEED = 11;
/** Two epochs of them are ten steps. */
const ROWS = 5 * BATCH;
const CLASSES = ['a', 'b', 'c'];

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

export function networkOf({ model, shape, loss = 'crossentropy' }: Case): Promise<Network> {
  const output: OutputShape =
    loss === 'crossentropy'
      ? { units: CLASSES.length, activation: 'softmax', bias: [0.1, 0, -0.1] }
      : { units: 1, activation: 'linear', bias: [0] };
  return buildNetwork(model, shape, output, SEED);
}

export async function trainerOf(given: Case): Promise<{ network: Network; trainer: CompiledTrainer }> {
  const network = await networkOf(given);
  const trainer = await CompiledTrainer.create(network, given.model, tableOf(given), configOf(given), SEED);
  return { network, trainer };
}

export async function trainTwice(trainer: TrialTrainer): Promise<readonly number[]> {
  const losses: number[] = [];
  for (const epoch of [1, 2]) {
    const end = await trainer.epoch(epoch, () => false);
    if (end.state !== 'done') throw new Error(`epoch ${String(epoch)} ended ${end.state}`);
    losses.push(end.loss);
  }
  return losses;
}

export function tableOf({ shape, levels = 0, rows = ROWS, loss = 'crossentropy' }: Case): PreparedTable {
  const stream = streamOf(3);
  const width = tf.util.sizeFromShape([...shape]);
  const draw = (): number => (levels > 0 ? stream.integer(0, levels - 1) : stream.normal());
  const part = (count: number): PreparedTable['parts']['train'] => {
    const x = Float32Array.from({ length: count * width }, draw);
    const y = Float32Array.from({ length: count }, (_, i) => {
      const sum = (x[i * width] ?? 0) - (x[i * width + 1] ?? 0);
      return loss === 'crossentropy' ? (sum > 0.6 ? 2 : Number(sum > -0.6)) : sum;
    });
    return { rows: count, x, y };
  };
  const target =
    loss === 'crossentropy'
      ? { kind: 'classes', name: 't', labels: CLASSES, type: 'categorical', priors: [0.3, 0.4, 0.3] }
      : { kind: 'value', name: 't', mean: 0, deviation: 1, tail: null };
  const task = loss === 'crossentropy' ? 'multiclass' : 'regression';
  return {
    width,
    shape,
    fitted: { task, columns: [], target },
    parts: { train: part(rows), validation: part(BATCH + 2), test: part(1) },
  } as unknown as PreparedTable;
}

export function configOf({ optimizer, loss = 'crossentropy' }: Case): TrainingConfig {
  return {
    optimizer: optimizer ?? { name: 'adam', arguments: {} },
    learningRate: 0.01,
    schedule: { name: 'constant' },
    classWeights: 'none',
    labelSmoothing: 0,
    gradientClip: null,
    batchSize: BATCH,
    epochs: 2,
    earlyStopping: null,
    loss,
  };
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
  const losses = distance(await trainTwice(eager), await trainTwice(compiled));
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
    const pool = mask.pool(rows);
    feeds[mask.name] = { data: pool, shape: [pool.length] };
    feeds[`${mask.name}.starts`] = { data: BigInt64Array.of(BigInt(mask.start(rows, 1, 0))), shape: [1, 1] };
    feeds[shiftName(mask.name)] = { data: Float32Array.of(mask.shift ?? 0), shape: [] };
  }
  penaltiesOf(network.raw).forEach(({ strength }, i) => {
    feeds[`penalty${String(i)}`] = { data: Float32Array.of(strength), shape: [] };
  });
  return feeds;
}

/** The largest difference, against the largest number that is expected, which counts as `least` at least. */
function distance(
  expected: ArrayLike<number> | undefined,
  made: ArrayLike<number> | undefined,
  least = 1,
): number {
  if (expected === undefined || made?.length !== expected.length) return NaN;
  const numbers = Array.from(expected);
  const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), least);
  return (
    numbers.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (made[i] ?? NaN))), 0) / largest
  );
}
