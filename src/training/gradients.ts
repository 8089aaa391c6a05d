import * as tf from '@tensorflow/tfjs-core';

/**
 * `tf.variableGrads`, which forgets what it has saved for the backward pass where a kernel is missing half-way: whoever
 * tries a network on one engine after the other would leave tensors on each.
 */
export function gradientsOf(
  loss: () => tf.Scalar,
  variables: tf.Variable[],
): ReturnType<typeof tf.variableGrads> {
  try {
    return tf.variableGrads(loss, variables);
  } catch (error) {
    const { state } = tf.engine();
    tf.dispose((state.activeTape as typeof state.activeTape | null)?.map(({ saved }) => saved ?? []) ?? []);
    state.activeTape = [];
    throw error;
  }
}

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
