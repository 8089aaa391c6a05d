import * as tf from '@tensorflow/tfjs-core';
import { streamOf } from '../../src/core/random';
import type {
  EngineName,
  LossName,
  ModelConfig,
  OptimizerConfig,
  TrainingConfig,
  TrialConfig,
} from '../../src/core/specification';
import type { PreparedTable } from '../../src/datasets';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { buildNetwork, type Network } from '../../src/training/network';
import { withTrainer } from '../../src/training/open-trainer';
import type { OutputShape } from '../../src/training/output-shape';
import type { TrialTrainer } from '../../src/training/trainer';

/** A network and how it is trained, by whichever engine. */
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
  /** Of a loss of classes; three where none are given. */
  readonly labels?: readonly string[];
  /** Whether rows have weights. */
  readonly weighted?: boolean;
  readonly training?: Partial<TrainingConfig>;
}

export const BATCH = 8;
export const SEED = 11;
/** Two epochs of them are ten steps. */
const ROWS = 5 * BATCH;
const CLASSES = ['a', 'b', 'c'];
const OF_CLASSES: readonly LossName[] = ['crossentropy', 'focal'];
/** The last that improves, as a trainer is told; a plateau begins after it. */
const LAST_BETTER = 2;

/** Those of the target; null where it is a number. */
function labelsOf(given: Case): readonly string[] | null {
  return OF_CLASSES.includes(configOf(given).loss) ? (given.labels ?? CLASSES) : null;
}

export function networkOf(given: Case): Promise<Network> {
  const count = labelsOf(given)?.length ?? 0;
  const output: OutputShape =
    count > 2
      ? { units: count, activation: 'softmax', bias: [0.1, 0, -0.1] }
      : { units: 1, activation: count === 2 ? 'sigmoid' : 'linear', bias: [0] };
  return buildNetwork(given.model, given.shape, output, SEED);
}

export async function trainerOf(given: Case): Promise<{ network: Network; trainer: CompiledTrainer }> {
  const network = await networkOf(given);
  const trainer = await CompiledTrainer.create(network, given.model, tableOf(given), configOf(given), SEED);
  return { network, trainer };
}

/** All that a training leaves. */
export interface Trained {
  /** Of each epoch. */
  readonly losses: readonly number[];
  readonly weights: readonly ArrayLike<number>[];
  /** The loss on rows that it was not trained on. */
  readonly validation: number;
}

/**
 * Trains a case as a trial on an engine that is asked for by name.
 * @throws EngineUnsupportedError where the engine cannot take it
 */
export function trainOn(engine: EngineName, given: Case): Promise<Trained> {
  const data = tableOf(given);
  const training = configOf(given);
  const config = { model: given.model, training } as TrialConfig;
  return withTrainer({ engine, config, seed: SEED }, data, async ({ trainer }) => {
    const losses = await train(trainer, training.epochs);
    const weights = trainer.weights();
    const { loss } = await trainer.measure(data.parts.validation);
    return { losses, weights, validation: loss ?? NaN };
  });
}

/** Losses of the epochs. */
export async function train(trainer: TrialTrainer, epochs: number): Promise<readonly number[]> {
  const losses: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const end = await trainer.epoch(epoch, () => false);
    if (end.state !== 'done') throw new Error(`epoch ${String(epoch)} ended ${end.state}`);
    losses.push(end.loss);
    trainer.observe(epoch <= LAST_BETTER);
  }
  return losses;
}

export function tableOf(given: Case): PreparedTable {
  const { shape, levels = 0, rows = ROWS, weighted = false } = given;
  const labels = labelsOf(given);
  const stream = streamOf(3);
  const width = tf.util.sizeFromShape([...shape]);
  const draw = (): number => (levels > 0 ? stream.integer(0, levels - 1) : stream.normal());
  const part = (count: number): PreparedTable['parts']['train'] => {
    const x = Float32Array.from({ length: count * width }, draw);
    const y = Float32Array.from({ length: count }, (_, i) => {
      const sum = (x[i * width] ?? 0) - (x[i * width + 1] ?? 0);
      if (labels === null) return sum;
      return labels.length === 2 ? Number(sum > 0) : sum > 0.6 ? 2 : Number(sum > -0.6);
    });
    const weights = weighted ? Float32Array.from({ length: count }, (_, i) => 0.5 + (i % 3) / 2) : null;
    return { rows: count, x, y, weights };
  };
  const priors = labels?.map((_, i) => (labels.length === 2 ? 0.5 : [0.3, 0.4, 0.3][i]));
  const target =
    labels !== null
      ? { kind: 'classes', name: 't', labels, type: 'categorical', priors }
      : { kind: 'value', name: 't', mean: 0, deviation: 1, preparedMean: 0, tail: null };
  const task = labels === null ? 'regression' : labels.length === 2 ? 'binary' : 'multiclass';
  return {
    width,
    shape,
    fitted: { task, inputs: [{ name: 'input', columns: [] }], target },
    parts: { train: part(rows), validation: part(BATCH + 2), test: part(1) },
  } as unknown as PreparedTable;
}

export function configOf({ optimizer, loss = 'crossentropy', training = {} }: Case): TrainingConfig {
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
    ...training,
  };
}

/** How far two trainings are apart, each part against its largest number. */
export function apart(expected: Trained, made: Trained): number {
  const pairs: readonly (readonly [ArrayLike<number>, ArrayLike<number> | undefined])[] = [
    [expected.losses, made.losses],
    [[expected.validation], [made.validation]],
    ...expected.weights.map((weights, i) => [weights, made.weights[i]] as const),
  ];
  return Math.max(...pairs.map(([one, other]) => distance(one, other)));
}

/** The largest difference, against the largest number that is expected, which counts as `least` at least. */
export function distance(
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
