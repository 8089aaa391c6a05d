import type { JsonObject } from '../../src/core/json';

/**
 * A network that the compiler has no rule for (a convolution in three dimensions), and WASM no kernel (the gradient of one
 * in two). As `model.toJSON()` would give it, with the input's width left open.
 */
export function volumes(classes: number): JsonObject {
  const layer = (kind: string, config: JsonObject): JsonObject => ({ class_name: kind, config });
  return {
    class_name: 'Sequential',
    config: {
      name: 'volumes',
      layers: [
        layer('Dense', { name: 'spread', units: 64, activation: 'relu', batch_input_shape: [null, null] }),
        layer('Reshape', { name: 'image', target_shape: [8, 8, 1] }),
        layer('Conv2D', { name: 'edges', filters: 2, kernel_size: [3, 3] }),
        layer('Reshape', { name: 'volume', target_shape: [6, 6, 2, 1] }),
        layer('Conv3D', { name: 'filters', filters: 2, kernel_size: [2, 2, 2], activation: 'relu' }),
        layer('Flatten', { name: 'flat' }),
        layer('Dense', { name: 'head', units: classes, activation: 'softmax' }),
      ],
    },
  };
}
