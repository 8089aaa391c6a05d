import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../core/errors';
import type { Metrics } from '../core/metrics';
import type { TrainingConfig } from '../core/specification';
import { inputShape, type PreparedPart, type PreparedTable } from '../datasets';
import { recordCalls, type KernelCall } from '../runtime';
import { Batches, type BatchPlace } from './batches';
import { slotName } from './compiled-step';
import { constraintOf } from './constraints';
import { assertFits, type TrainerState, type Weights } from './checkpoint';
import { clipByNorm, gradientsOf } from './gradients';
import { LearningRate } from './learning-rate';
import { batchLosses, smoothingOf } from './losses';
import type { Cancelled } from './cancelled';
import { forwardRows, measureInPieces } from './measure';
import type { Network } from './network';
import { penaltyTerms } from './penalties';
import { RowOrder } from './row-order';
import { updateRule, type Updated, type UpdateRule } from './updates';

/** How long training goes on without letting messages in, in milliseconds. */
const SLICE_MS = 50;
/** The batch of a step that is only tried. */
const FIRST: BatchPlace = { epoch: 1, step: 0 };

export type EpochEnd =
  | { readonly state: 'done'; readonly loss: number }
  | { readonly state: 'diverged' }
  | { readonly state: 'cancelled' };

/** What a trial needs of the engine that trains its network. */
export interface TrialTrainer {
  /** @param epoch counted from 1. `loss` is the mean of the plain data loss over the rows, as they were trained. */
  epoch(epoch: number, cancelled: () => boolean): Promise<EpochEnd>;
  /** Called after every epoch: whether it reached the objective's best value so far. Schedules may depend on it. */
  observe(improved: boolean): void;
  /**
   * Looks at the flag between pieces of the part, as an epoch does between steps.
   * @throws ConflictError `cancelled`
   */
  measure(part: PreparedPart, cancelled?: Cancelled): Promise<Metrics>;
  weights(): Weights;
  /** Sets them in the network too. */
  setWeights(weights: Weights): void;
  /** After an epoch; the arrays are not to be written to. */
  state(): TrainerState;
  /**
   * Goes on as the trainer did that gave the state.
   * @throws UnusableCheckpoint where it belongs to another network, optimiser or engine
   */
  restore(state: TrainerState): void;
  dispose(): void;
}

/** Trains one network eagerly, an epoch at a time. Everything random is a function of (seed, epoch, step, layer). */
export class Trainer implements TrialTrainer {
  readonly #network: Network;
  readonly #data: PreparedTable;
  readonly #config: TrainingConfig;
  readonly #seed: number;
  readonly #rate: LearningRate;
  readonly #rule: UpdateRule;
  readonly #variables: tf.Variable[];
  readonly #batches: Batches;
  /** What the optimiser remembers of each variable. */
  #slots: readonly (readonly tf.Tensor[])[];
  #stepsDone = 0;

  constructor(network: Network, data: PreparedTable, config: TrainingConfig, seed: number) {
    this.#network = network;
    this.#data = data;
    this.#config = config;
    this.#seed = seed;
    this.#rate = new LearningRate(config);
    this.#rule = updateRule(config.optimizer);
    this.#variables = network.raw.trainableWeights.map((weight) => asVariable(weight.read()));
    this.#batches = new Batches(data, { outputs: network.raw.outputs[0]?.shape[1] ?? 1, seed, config });
    this.#slots = this.#variables.map(({ shape }) =>
      this.#rule.slots.map((initial) => tf.fill(shape, initial)),
    );
  }

  /**
   * Runs one step forward and back, and one batch forward as it is measured, which takes other kernels, and leaves
   * nothing behind: finds out whether the backend has every kernel.
   */
  tryStep(): void {
    const before = this.weights();
    const rows = this.#batchRows();
    forwardRows(this.#network.raw, this.#data.parts.train, this.#data, 0, rows);
    tf.tidy(() => {
      this.#network.setStep({ ...FIRST, rows, batchRows: rows });
      const order = Uint32Array.from({ length: rows }, (_, i) => i);
      const batch = this.#gather(order, FIRST);
      gradientsOf(() => this.#losses(batch).total, this.#variables);
    });
    this.setWeights(before);
  }

  /** The kernels that one step calls, the optimiser's too; leaves nothing behind. */
  stepCalls(): readonly KernelCall[] {
    const before = this.weights();
    const calls = recordCalls(() => {
      tf.tidy(() => {
        const rows = Uint32Array.from({ length: this.#batchRows() }, (_, i) => i);
        const batch = this.#gather(rows, FIRST);
        const { grads } = gradientsOf(() => this.#losses(batch).total, this.#variables);
        this.#updated(grads, this.#config.learningRate, 1);
      });
    });
    this.setWeights(before);
    return calls;
  }

  /** @param epoch counted from 1. `loss` is the mean of the plain data loss over the rows, as they were trained. */
  async epoch(epoch: number, cancelled: () => boolean): Promise<EpochEnd> {
    const { rows } = this.#data.parts.train;
    const order = new RowOrder(rows, this.#data.width, this.#seed, epoch);
    let sum = 0;
    let sliceEnd = performance.now() + SLICE_MS;
    const steps = Math.ceil(rows / this.#config.batchSize);
    for (let start = 0, step = 0; step < steps; start += this.#config.batchSize, step++) {
      if (cancelled()) return { state: 'cancelled' };
      const batch = order.range(start, Math.min(rows, start + this.#config.batchSize));
      this.#network.setStep({ epoch, step, rows: batch.length, batchRows: this.#batchRows() });
      const loss = this.#step(batch, { epoch, step }, this.#rate.at(epoch, step, steps));
      if (!Number.isFinite(loss)) return { state: 'diverged' };
      sum += loss * batch.length;
      if (performance.now() >= sliceEnd) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    return { state: 'done', loss: sum / rows };
  }

  observe(improved: boolean): void {
    this.#rate.observe(improved);
  }

  measure(part: PreparedPart, cancelled?: Cancelled): Promise<Metrics> {
    return measureInPieces(this.#network.raw, part, this.#data, this.#config.loss, cancelled);
  }

  weights(): Weights {
    return this.#network.raw.weights.map((weight) => Float32Array.from(weight.read().dataSync()));
  }

  setWeights(weights: Weights): void {
    tf.tidy(() => {
      this.#network.raw.weights.forEach((weight, i) => {
        // Not by the weight's own write, which applies its constraint once more.
        asVariable(weight.read()).assign(tf.tensor(weights[i] ?? [], weight.shape as number[]));
      });
    });
  }

  state(): TrainerState {
    const tensors: Record<string, Float32Array> = {};
    this.weights().forEach((weight, i) => (tensors[weightName(i)] = weight));
    this.#slots.forEach((slots, i) => {
      slots.forEach((slot, j) => (tensors[slotName(weightName(i), j)] = Float32Array.from(slot.dataSync())));
    });
    return { tensors, stepsDone: this.#stepsDone, rate: this.#rate.state() };
  }

  restore(state: TrainerState): void {
    assertFits(state.tensors, this.state().tensors);
    const at = (name: string): Float32Array => state.tensors[name] ?? new Float32Array();
    this.setWeights(this.#network.raw.weights.map((_, i) => at(weightName(i))));
    const before = this.#slots;
    this.#slots = before.map((slots, i) =>
      slots.map(({ shape }, j) => tf.tensor(at(slotName(weightName(i), j)), shape)),
    );
    tf.dispose(before as tf.Tensor[][]);
    this.#stepsDone = state.stepsDone;
    this.#rate.restore(state.rate);
  }

  dispose(): void {
    tf.dispose(this.#slots as tf.Tensor[][]);
  }

  #step(rows: Uint32Array, place: BatchPlace, learningRate: number): number {
    this.#stepsDone += 1;
    return tf.tidy(() => {
      const batch = this.#gather(rows, place);
      const kept: { data?: tf.Scalar } = {};
      const { grads } = gradientsOf(() => {
        const { data, total } = this.#losses(batch);
        kept.data = tf.keep(data);
        return total;
      }, this.#variables);
      this.#update(grads, learningRate);
      this.#constrain();
      const loss = kept.data?.dataSync()[0] ?? NaN;
      kept.data?.dispose();
      return loss;
    });
  }

  #update(grads: Readonly<Record<string, tf.Tensor>>, learningRate: number): void {
    const before = this.#slots;
    this.#slots = this.#updated(grads, learningRate, this.#stepsDone).map(({ value, slots }, i) => {
      this.#variables[i]?.assign(value);
      return slots.map((slot) => tf.keep(slot));
    });
    tf.dispose(before as tf.Tensor[][]);
  }

  /** What the optimiser makes of each variable and of what it remembers. @param step counted from 1 */
  #updated(
    grads: Readonly<Record<string, tf.Tensor>>,
    learningRate: number,
    step: number,
  ): readonly Updated[] {
    const given = this.#variables.map(({ name }) => {
      const gradient = grads[name];
      if (gradient === undefined) throw new InternalError('no_gradient', `weight ${name} has no gradient`);
      return gradient;
    });
    const { gradientClip } = this.#config;
    const gradients = gradientClip === null ? given : clipByNorm(given, tf.scalar(gradientClip));
    const numbers = Object.entries(this.#rule.scalars(learningRate, step));
    const scalars = Object.fromEntries(numbers.map(([name, number]) => [name, tf.scalar(number)]));
    return this.#variables.map((variable, i) =>
      this.#rule.update(variable, gradients[i] ?? tf.scalar(0), this.#slots[i] ?? [], scalars),
    );
  }

  /** The plain data loss of a batch, and what is minimised: with weights, smoothing and the penalties of the layers. */
  #losses({ x, y, weights }: Batch): { data: tf.Scalar; total: tf.Scalar } {
    const { loss, labelSmoothing } = this.#config;
    const output = this.#network.raw.apply(x, { training: true }) as tf.Tensor2D;
    const rows = y.shape[0];
    const smoothing = smoothingOf(labelSmoothing, this.#batches.outputs);
    const { data, objective } = batchLosses(
      loss,
      {
        y,
        share: tf.fill([rows], 1 / rows),
        weights,
        smoothing:
          smoothing === null
            ? null
            : { keep: tf.scalar(smoothing.keep), spread: tf.scalar(smoothing.spread) },
      },
      output,
    );
    const penalties = penaltyTerms(this.#network.raw);
    return { data, total: penalties.reduce<tf.Scalar>((sum, penalty) => tf.add(sum, penalty), objective) };
  }

  #batchRows(): number {
    return Math.min(this.#config.batchSize, this.#data.parts.train.rows);
  }

  /** TensorFlow.js's optimisers leave constraints out. */
  #constrain(): void {
    for (const weight of this.#network.raw.trainableWeights) {
      const variable = asVariable(weight.read());
      const constrained = constraintOf(weight)?.apply(variable);
      if (constrained !== undefined) variable.assign(constrained);
    }
  }

  #gather(rows: Uint32Array, place: BatchPlace): Batch {
    const { x, y, weights } = this.#batches.gather(rows, place);
    return {
      x: tf.tensor(x, [rows.length, ...inputShape(this.#data)]),
      y: tf.tensor2d(y, [rows.length, this.#batches.outputs]),
      weights: weights === null ? null : tf.tensor1d(weights),
    };
  }
}

interface Batch {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor2D;
  readonly weights: tf.Tensor1D | null;
}

function weightName(i: number): string {
  return `weight${String(i)}`;
}

/** What a layer's weight reads is the variable itself; TensorFlow.js only types it as a tensor. */
function asVariable(tensor: tf.Tensor): tf.Variable {
  if (tensor instanceof tf.Variable) return tensor as tf.Variable;
  throw new InternalError('no_variable', 'a trainable weight is no variable');
}
