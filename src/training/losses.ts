import * as tf from '@tensorflow/tfjs-core';
import type { LossName } from '../core/specification';

/** Where the Huber loss turns from squared to absolute, in units of the prepared target. */
const HUBER_DELTA = 1;

/**
 * Mean loss over the rows of a batch. Of classification the network's output is logits and `y` is one-hot
 * [rows, classes], or 0 and 1 [rows, 1] of a binary task; of regression both are [rows, 1].
 */
export function lossOf(name: LossName, y: tf.Tensor2D, output: tf.Tensor2D): tf.Scalar {
  return tf.mean(rowLosses(name, y, output));
}

/** The same for each row, [rows]. */
export function rowLosses(name: LossName, y: tf.Tensor2D, output: tf.Tensor2D): tf.Tensor1D {
  const rows = y.shape[0];
  const none = tf.Reduction.NONE;
  switch (name) {
    case 'crossentropy':
      return y.shape[1] === 1
        ? tf.reshape(tf.losses.sigmoidCrossEntropy(y, output, undefined, 0, none), [rows])
        : tf.losses.softmaxCrossEntropy(y, output, undefined, 0, none);
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

/** The same loss of one value, in double precision: for measuring a part. */
export function pointLoss(name: Exclude<LossName, 'crossentropy'>, difference: number): number {
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
