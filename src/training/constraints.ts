import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What a weight is projected on after every update, such as TensorFlow.js's `maxNorm`. */
export interface Constraint {
  apply(weight: tf.Tensor): tf.Tensor;
}

/** A weight as layers keep it. */
type Weight = LayersModel['weights'][number];

/**
 * The constraint of a weight; null where it has none. TensorFlow.js keeps it with the weight and applies it when
 * somebody writes the weight, which its optimisers do not: training does it.
 */
export function constraintOf(weight: Weight | undefined): Constraint | null {
  return (weight as unknown as { readonly constraint?: Constraint | null } | undefined)?.constraint ?? null;
}
