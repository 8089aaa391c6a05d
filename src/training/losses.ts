import * as tf from '@tensorflow/tfjs-core';
import type { LossName } from '../core/specification';

/** The exponent of the focal loss (γ of Lin et al. 2017, who found 2 to be best). */
const FOCUS = 2;

export type RegressionLoss = Exclude<LossName, 'crossentropy' | 'focal'>;

/** Where the Huber loss turns from squared to absolute, in units of the prepared target. */
const HUBER_DELTA = 1;

/** What a batch is trained on. */
export interface BatchTargets {
  /** [rows, outputs] */
  readonly y: tf.Tensor2D;
  /** [rows]: what each row counts in the mean; they sum to 1. */
  readonly share: tf.Tensor1D;
  /** [rows]: weights of classes and rows; null where all are 1. */
  readonly weights: tf.Tensor1D | null;
  /** What is kept of a target and what every class is given, scalars; null without label smoothing. */
  readonly smoothing: { readonly keep: tf.Scalar; readonly spread: tf.Scalar } | null;
}

/** The numbers of label smoothing (Szegedy et al. 2016) for a network of so many outputs; null where there is none. */
export function smoothingOf(
  labelSmoothing: number,
  outputs: number,
): { readonly keep: number; readonly spread: number } | null {
  return labelSmoothing === 0
    ? null
    : { keep: 1 - labelSmoothing, spread: labelSmoothing / Math.max(2, outputs) };
}

/** @returns `data`, the plain mean over the rows; `objective`, what is minimised: with weights and smoothing */
export function batchLosses(
  name: LossName,
  { y, share, weights, smoothing }: BatchTargets,
  output: tf.Tensor2D,
): { readonly data: tf.Scalar; readonly objective: tf.Scalar } {
  const plain = rowLosses(name, y, output);
  const data = tf.sum<tf.Scalar>(tf.mul(plain, share));
  if (weights === null && smoothing === null) return { data, objective: data };
  const smooth = smoothing === null ? null : tf.add<tf.Tensor2D>(tf.mul(y, smoothing.keep), smoothing.spread);
  const losses = smooth === null ? plain : rowLosses(name, smooth, output);
  return { data, objective: tf.sum(tf.mul(losses, weights === null ? share : tf.mul(share, weights))) };
}

/**
 * The loss of each row, [rows]. Of classification the network's output is logits and `y` is [rows, classes], or [rows, 1]
 * of a binary task, with shares of the classes; of regression both are [rows, 1].
 */
export function rowLosses(name: LossName, y: tf.Tensor2D, output: tf.Tensor2D): tf.Tensor1D {
  const rows = y.shape[0];
  const none = tf.Reduction.NONE;
  switch (name) {
    case 'crossentropy':
      return y.shape[1] === 1
        ? tf.reshape(tf.losses.sigmoidCrossEntropy(y, output, undefined, 0, none), [rows])
        : tf.losses.softmaxCrossEntropy(y, output, undefined, 0, none);
    case 'focal':
      return focal(y, output);
    case 'mse':
      return tf.reshape(tf.losses.meanSquaredError(y, output, undefined, none), [rows]);
    case 'mae':
      return tf.reshape(tf.losses.absoluteDifference(y, output, undefined, none), [rows]);
    case 'huber':
      return tf.reshape(tf.losses.huberLoss(y, output, undefined, HUBER_DELTA, none), [rows]);
    case 'logcosh': {
      // log cosh d = |d| + softplus(−2|d|) − log 2, which does not overflow.
      const distance = tf.abs(tf.sub(output, y));
      const losses = tf.sub(tf.add(distance, tf.softplus(tf.mul(distance, -2))), Math.LN2);
      return tf.reshape(losses, [rows]);
    }
  }
}

/** Cross-entropy with the share of each class weighted by (1 − p)², p being what the network gives it (Lin et al. 2017). */
function focal(y: tf.Tensor2D, output: tf.Tensor2D): tf.Tensor1D {
  if (y.shape[1] === 1) {
    // −log p of both classes, and their probabilities; softplus does not overflow.
    const [second, first] = [tf.softplus(tf.neg(output)), tf.softplus(output)];
    const probability = tf.sigmoid(output);
    const losses = tf.add(
      tf.mul(tf.mul(y, tf.square(tf.sub(1, probability))), second),
      tf.mul(tf.mul(tf.sub(1, y), tf.square(probability)), first),
    );
    return tf.reshape(losses, [y.shape[0]]);
  }
  const logarithms = tf.logSoftmax(output);
  const rest = tf.sub(1, tf.exp(logarithms));
  return tf.neg(tf.sum<tf.Tensor1D>(tf.mul(tf.mul(y, tf.square(rest)), logarithms), 1));
}

/** The focal loss of a row from the logarithm of what its class was given, in double precision. */
export function focalOf(crossEntropy: number): number {
  return (1 - Math.exp(-crossEntropy)) ** FOCUS * crossEntropy;
}

/** The same loss of one value, in double precision: for measuring a part. */
export function pointLoss(name: RegressionLoss, difference: number): number {
  const distance = Math.abs(difference);
  switch (name) {
    case 'mse':
      return difference * difference;
    case 'mae':
      return distance;
    case 'huber':
      return distance <= HUBER_DELTA
        ? 0.5 * difference * difference
        : HUBER_DELTA * (distance - 0.5 * HUBER_DELTA);
    case 'logcosh':
      return distance + Math.log1p(Math.exp(-2 * distance)) - Math.LN2;
  }
}
