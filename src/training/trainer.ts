import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../core/errors';
import type { Metrics } from '../core/metrics';
import { streamOf } from '../core/random';
import type { TrainingConfig } from '../core/specification';
import { inputShape, type PreparedPart, type PreparedTable } from '../datasets';
import type { KernelCall } from '../runtime';
import { Batches } from './batches';
import { constraintOf } from './constraints';
import { lossOf } from './losses';
import { measure } from './measure';
import type { Network } from './network';
import { createOptimizer } from './optimizers';
import { penaltyTerms } from './penalties';

/** How long training goes on without letting messages in, in milliseconds. */
const SLICE_MS = 50;

/** Copies of all weights, trained ones and others (moving averages), in the network's order. */
export type Weights = readonly Float32Array[];

export type EpochEnd =
  | { readonly state: 'done'; readonly loss: number }
  | { readonly state: 'diverged' }
  | { readonly state: 'cancelled' };

/** What a trial needs of the engine that trains its network. */
export interface TrialTrainer {
  /** @param epoch counted from 1. `loss` is the mean of the plain data loss over the rows, as they were trained. */
  epoch(epoch: number, cancelled: () => boolean): Promise<EpochEnd>;
  measure(part: PreparedPart): Promise<Metrics>;
  weights(): Weights;
  /** Sets them in the network too. */
  setWeights(weights: Weights): void;
  dispose(): void;
}

/** Trains one network eagerly, an epoch at a time. Everything random is a function of (seed, epoch, step, layer). */
export class Trainer implements TrialTrainer {
  readonly #network: Network;
  readonly #data: PreparedTable;
  readonly #config: TrainingConfig;
  readonly #seed: number;
  readonly #optimizer: tf.Optimizer;
  readonly #variables: tf.Variable[];
  readonly #batches: Batches;

  constructor(network: Network, data: PreparedTable, config: TrainingConfig, seed: number) {
    this.#network = network;
    this.#data = data;
    this.#config = config;
    this.#seed = seed;
    this.#optimizer = createOptimizer(config.optimizer, config.learningRate);
    this.#variables = network.raw.trainableWeights.map((weight) => asVariable(weight.read()));
    this.#batches = new Batches(data, {
      outputs: network.raw.outputs[0]?.shape[1] ?? 1,
      seed,
      augmentation: config.augmentation ?? null,
    });
  }

  /** Runs one step forward and back and leaves nothing behind: finds out whether the backend has every kernel. */
  tryStep(): void {
    const before = this.weights();
    tf.tidy(() => {
      const rows = this.#batchRows();
      this.#network.setStep({ epoch: 1, step: 0, rows, batchRows: rows });
      const { x, y } = this.#gather(
        Uint32Array.from({ length: rows }, (_, i) => i),
        1,
      );
      tf.variableGrads(() => this.#losses(x, y).total, this.#variables);
    });
    this.setWeights(before);
  }

  /** The kernels that one step calls, the optimiser's too; leaves nothing behind. */
  async stepCalls(): Promise<readonly KernelCall[]> {
    const before = this.weights();
    // Else a profile reads every output for a check, when it is long gone.
    tf.env().set('CHECK_COMPUTATION_FOR_ERRORS', false);
    // Of its own: the trial's has to begin without a past.
    const optimizer = createOptimizer(this.#config.optimizer, this.#config.learningRate);
    const { kernels } = await tf.profile(() => {
      tf.tidy(() => {
        const rows = Uint32Array.from({ length: this.#batchRows() }, (_, i) => i);
        const { x, y } = this.#gather(rows, 1);
        optimizer.minimize(() => this.#losses(x, y).total, false, this.#variables);
      });
    });
    optimizer.dispose();
    this.setWeights(before);
    return kernels.map(({ name, inputShapes, outputShapes }) => ({
      name,
      // Null where an optional input is left out, which the types do not know.
      inputs: (inputShapes as (number[] | null)[]).filter((shape) => shape !== null),
      outputs: outputShapes,
    }));
  }

  /** @param epoch counted from 1. `loss` is the mean of the plain data loss over the rows, as they were trained. */
  async epoch(epoch: number, cancelled: () => boolean): Promise<EpochEnd> {
    const { rows } = this.#data.parts.train;
    const order = Uint32Array.from({ length: rows }, (_, i) => i);
    streamOf(this.#seed, 'order', epoch).shuffle(order);
    let sum = 0;
    let sliceEnd = performance.now() + SLICE_MS;
    for (let start = 0, step = 0; start < rows; start += this.#config.batchSize, step++) {
      if (cancelled()) return { state: 'cancelled' };
      const batch = order.subarray(start, start + this.#config.batchSize);
      this.#network.setStep({ epoch, step, rows: batch.length, batchRows: this.#batchRows() });
      const loss = this.#step(batch, epoch);
      if (!Number.isFinite(loss)) return { state: 'diverged' };
      sum += loss * batch.length;
      if (performance.now() >= sliceEnd) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    return { state: 'done', loss: sum / rows };
  }

  measure(part: PreparedPart): Promise<Metrics> {
    return Promise.resolve(measure(this.#network.raw, part, this.#data, this.#config.loss));
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

  dispose(): void {
    this.#optimizer.dispose();
  }

  #step(batch: Uint32Array, epoch: number): number {
    return tf.tidy(() => {
      const { x, y } = this.#gather(batch, epoch);
      let dataLoss: tf.Scalar | null = null;
      this.#optimizer.minimize(
        () => {
          const { data, total } = this.#losses(x, y);
          dataLoss = tf.keep(data.clone());
          return total;
        },
        false,
        this.#variables,
      );
      this.#constrain();
      // Assigned in the closure above, which the compiler does not follow.
      const kept = dataLoss as tf.Scalar | null;
      const value = kept?.dataSync()[0] ?? NaN;
      kept?.dispose();
      return value;
    });
  }

  /** The plain data loss of a batch, and what is minimised: with the penalties of the layers. */
  #losses(x: tf.Tensor, y: tf.Tensor2D): { data: tf.Scalar; total: tf.Scalar } {
    const output = this.#network.raw.apply(x, { training: true }) as tf.Tensor2D;
    const data = lossOf(this.#config.loss, y, output);
    const penalties = penaltyTerms(this.#network.raw);
    return { data, total: penalties.reduce<tf.Scalar>((sum, penalty) => tf.add(sum, penalty), data) };
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

  #gather(rows: Uint32Array, epoch: number): { x: tf.Tensor; y: tf.Tensor2D } {
    const { x, y } = this.#batches.gather(rows, epoch, rows.length);
    return {
      x: tf.tensor(x, [rows.length, ...inputShape(this.#data)]),
      y: tf.tensor2d(y, [rows.length, this.#batches.outputs]),
    };
  }
}

/** What a layer's weight reads is the variable itself; TensorFlow.js only types it as a tensor. */
function asVariable(tensor: tf.Tensor): tf.Variable {
  if (tensor instanceof tf.Variable) return tensor as tf.Variable;
  throw new InternalError('no_variable', 'a trainable weight is no variable');
}
