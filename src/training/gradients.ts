import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradients of one step, scaled down together where the norm of all of them is above `limit` (Pascanu, Mikolov & Bengio
 * 2013).
 * @param limit scalar
 */
export function clipByNorm(gradients: readonly tf.Tensor[], limit: tf.Tensor): readonly tf.Tensor[] {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square)));
  // Where the norm is within the limit the factor is 1, at a norm of 0 too.
  const factor = tf.div(limit, tf.maximum(norm, limit));
  return gradients.map((gradient) => tf.mul(gradient, factor));
}
