import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { everyLayer, innerLayers } from './every-layer';

/**
 * The l1 and l2 penalties of a network's weights, scalars. TensorFlow.js's own `calculateLosses` leaves out those of
 * recurrent cells and of the layers inside bidirectional ones.
 */
export function penaltyTerms(network: LayersModel): readonly tf.Scalar[] {
  return everyLayer(network)
    .filter(({ layer }) => innerLayers(layer).length === 0)
    .flatMap(({ layer }) => layer.calculateLosses());
}

/** A strength of an l1 or l2 penalty, which TensorFlow.js keeps as a number of its regulariser. */
export interface Penalty {
  readonly strength: number;
  /** Lets a tensor stand for it until the function it gives is called. */
  replace(strength: tf.Tensor): () => void;
}

/** In the network's order: a compiled step takes the strengths as tensors. */
export function penaltiesOf(network: LayersModel): readonly Penalty[] {
  const penalties: Penalty[] = [];
  for (const { layer } of everyLayer(network)) {
    for (const [name, value] of Object.entries(layer as unknown as Record<string, unknown>)) {
      if (!name.endsWith('Regularizer') || typeof value !== 'object' || value === null) continue;
      const regularizer = value as Record<string, number | tf.Tensor>;
      for (const kind of ['l1', 'l2']) {
        const strength = regularizer[kind];
        if (typeof strength !== 'number' || strength === 0) continue;
        const replace = (tensor: tf.Tensor): (() => void) => {
          regularizer[kind] = tensor;
          return () => {
            regularizer[kind] = strength;
          };
        };
        penalties.push({ strength, replace });
      }
    }
  }
  return penalties;
}
