import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import { streamOf } from '../core/random';

interface OrthogonalInitializer {
  readonly gain: number;
  readonly seed?: number | null;
  apply(shape: number[]): tf.Tensor;
}

/**
 * Gives TensorFlow.js's initialiser `orthogonal`, the default of recurrent kernels, another way to its numbers: its own
 * takes minutes for a large layer, and needs a part of TensorFlow.js that a service does not load.
 */
export function replaceOrthogonal(): void {
  const prototype = Object.getPrototypeOf(initializers.orthogonal({})) as OrthogonalInitializer;
  prototype.apply = function apply(this: OrthogonalInitializer, shape: number[]): tf.Tensor {
    return tf.tensor(orthogonal(shape, this.gain, this.seed ?? 0), shape);
  };
}

/**
 * A random orthogonal matrix (Saxe et al. 2014), row-major. Columns of [rows, columns], all axes but the last being
 * rows, are orthonormal times `gain`; or rows are, where they are fewer.
 */
export function orthogonal(shape: readonly number[], gain: number, seed: number): Float32Array {
  const columns = shape.at(-1) ?? 1;
  const rows = tf.util.sizeFromShape(shape.slice(0, -1));
  const values = new Float32Array(rows * columns);
  orthonormal(Math.min(rows, columns), Math.max(rows, columns), seed).forEach((vector, i) => {
    vector.forEach((value, k) => {
      values[rows < columns ? i * columns + k : k * columns + i] = gain * value;
    });
  });
  return values;
}

/** `count` vectors by Gram and Schmidt's way from normal ones, each orthogonalised twice against rounding. */
function orthonormal(count: number, length: number, seed: number): readonly Float64Array[] {
  const stream = streamOf(seed, 'orthogonal');
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => stream.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) {
        const along = dot(vector, other);
        for (let k = 0; k < length; k++) vector[k] = (vector[k] ?? 0) - along * (other[k] ?? 0);
      }
    }
    const norm = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((value) => value / norm));
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] ?? 0) * (b[k] ?? 0);
  return sum;
}
