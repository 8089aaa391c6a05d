import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { JsonObject } from '../../src/core/json';
import type { ModelConfig } from '../../src/core/specification';
import { buildNetwork } from '../../src/training/network';

const OUTPUT = { units: 1, activation: 'linear' as const, bias: [0] };

/** As a person writes a topology: with initialisers by name, or none, and without seeds. */
const TOPOLOGY: JsonObject = {
  class_name: 'Sequential',
  config: {
    name: 'network',
    layers: [
      {
        class_name: 'Dense',
        config: { name: 'a', units: 4, batch_input_shape: [null, 3], kernel_initializer: 'he_normal' },
      },
      { class_name: 'Dense', config: { name: 'b', units: 1 } },
    ],
  },
};

async function weightsOf(model: ModelConfig, shape: readonly number[], seed: number): Promise<number[][]> {
  const network = await buildNetwork(model, shape, OUTPUT, seed);
  const weights = network.raw.weights.map((weight) => Array.from(weight.read().dataSync()));
  network.dispose();
  return weights;
}

beforeAll(() => tf.setBackend('cpu'));

describe('initial weights', () => {
  it('of a topology without seeds are those of the trial’s seed', async () => {
    const model = { topology: TOPOLOGY };
    const first = await weightsOf(model, [3], 1);
    expect(await weightsOf(model, [3], 1)).toEqual(first);
    expect(await weightsOf(model, [3], 2)).not.toEqual(first);
  });

  it('differ between the halves of a bidirectional layer', async () => {
    const layers = [{ bidirectional: { layer: { gru: { units: 2 } } } }];
    const [forward, , , backward] = await weightsOf({ layers }, [4, 3], 1);
    expect(forward).toHaveLength(18);
    expect(backward).toHaveLength(18);
    expect(backward).not.toEqual(forward);
  });

  it('of recurrent kernels are orthonormal', async () => {
    const layers = [{ simpleRNN: { units: 4 } }];
    const [, kernel = []] = await weightsOf({ layers }, [4, 3], 1);
    const product = tf.tidy(() => {
      const matrix = tf.tensor2d(kernel, [4, 4]);
      return Array.from(tf.matMul(matrix, matrix, true).dataSync());
    });
    product.forEach((value, i) => {
      expect(value).toBeCloseTo(i % 5 === 0 ? 1 : 0, 5);
    });
  });
});
