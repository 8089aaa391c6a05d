import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { deriveSeed } from '../core/random';
import { everyLayer, type Place } from './every-layer';

/** An initialiser that draws numbers; those that do not have no seed. */
interface RandomInitializer {
  seed: number | null | undefined;
  apply(shape: number[]): tf.Tensor;
}

/**
 * Draws anew, from the trial's seed, the weights whose initialisers have no seed: TensorFlow.js draws them from a stream
 * that no trial can repeat. The backward half of a bidirectional layer gets a seed of its own, too: TensorFlow.js gives
 * both halves the same weights where there is one.
 */
export function seedInitializers(network: LayersModel, seed: number): void {
  everyLayer(network).forEach((place, i) => {
    const properties = place.layer as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(properties)) {
      if (!name.endsWith('Initializer') || typeof value !== 'object' || value === null) continue;
      const initializer = value as RandomInitializer;
      if (!('seed' in initializer) || (initializer.seed != null && !isBackward(place))) continue;
      const weight = weightOf(properties, name.slice(0, -'Initializer'.length));
      if (weight === null) continue;
      initializer.seed = deriveSeed(seed, 'init', i, name);
      const variable = weight.read() as unknown as tf.Variable;
      tf.tidy(() => {
        variable.assign(initializer.apply(weight.shape as number[]));
      });
    }
  });
}

/** `kernelInitializer` makes `kernel`, `recurrentInitializer` `recurrentKernel`. */
function weightOf(properties: Record<string, unknown>, name: string): LayerVariable | null {
  return (properties[name] ?? properties[`${name}Kernel`] ?? null) as LayerVariable | null;
}

function isBackward({ layer, inside }: Place): boolean {
  const path = [...inside, layer];
  return inside.some((outer, i) => {
    const { backwardLayer } = outer as unknown as { backwardLayer?: layers.Layer };
    return backwardLayer !== undefined && path[i + 1] === backwardLayer;
  });
}
