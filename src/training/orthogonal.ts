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

/** Vectors that a reflection is applied to at once: it is read from memory once for all of them. */
const TOGETHER = 4;

/**
 * A random orthogonal matrix (Saxe et al. 2014), row-major. Columns of [rows, columns], all axes but the last being
 * rows, are orthonormal times `gain`; or rows are, where they are fewer.
 */
export function orthogonal(shape: readonly number[], gain: number, seed: number): Float32Array {
  const columns = shape.at(-1) ?? 1;
  const rows = tf.util.sizeFromShape(shape.slice(0, -1));
  const values = new Float32Array(rows * columns);
  const count = Math.min(rows, columns);
  const reflections = reflectionsOf(count, Math.max(rows, columns), seed);
  for (let first = 0; first < count; first += TOGETHER) {
    orthonormal(reflections, first).forEach((vector, place) => {
      const i = first + place;
      const factor = gain * (reflections.signs[i] ?? 1);
      if (i >= count) return;
      for (let k = 0; k < vector.length; k++) {
        values[rows < columns ? i * columns + k : k * columns + i] = factor * (vector[k] ?? 0);
      }
    });
  }
  return values;
}

interface Reflections {
  /** Vector w of the reflection y − w(w·y), one for each place; the one at place i is zero before its place i. */
  readonly vectors: readonly Float64Array[];
  /** ±1: the sign that undoes which way each of them reflects. */
  readonly signs: Float64Array;
}

/**
 * Householder reflections whose product is uniformly distributed over the orthogonal matrices (Stewart, SIAM Journal on
 * Numerical Analysis 1980): each takes a unit vector of its subspace to a random one.
 */
function reflectionsOf(count: number, length: number, seed: number): Reflections {
  const stream = streamOf(seed, 'orthogonal');
  const signs = new Float64Array(count);
  const vectors = Array.from({ length: count }, (_, i) => {
    const vector = new Float64Array(length);
    let square = 0;
    for (let k = i; k < length; k++) {
      const value = stream.normal();
      vector[k] = value;
      square += value * value;
    }
    const norm = Math.sqrt(square);
    const head = vector[i] ?? 0;
    const sign = head < 0 ? -1 : 1;
    signs[i] = -sign;
    vector[i] = head + sign * norm;
    // Away from zero, whatever was drawn: the sum above has no cancellation.
    const scale = 1 / Math.sqrt(norm * (norm + Math.abs(head)));
    for (let k = i; k < length; k++) vector[k] = (vector[k] ?? 0) * scale;
    return vector;
  });
  return { vectors, signs };
}

/** Some columns of the reflections' product, from the given one on; those beyond its last one are zero. */
function orthonormal({ vectors }: Reflections, first: number): readonly Float64Array[] {
  const length = vectors[0]?.length ?? 0;
  const group = Array.from({ length: TOGETHER }, () => new Float64Array(length));
  group.forEach((column, place) => {
    const own = first + place;
    if (own >= vectors.length) return;
    column[own] = 1;
    for (let i = own; i >= first; i--) reflect(vectors[i] ?? column, column, i);
  });
  const [a, b, c, d] = group as [Float64Array, Float64Array, Float64Array, Float64Array];
  for (let i = first - 1; i >= 0; i--) reflectFour(vectors[i] ?? a, a, b, c, d, i);
  return group;
}

function reflect(vector: Float64Array, column: Float64Array, from: number): void {
  let along = 0;
  for (let k = from; k < column.length; k++) along += (vector[k] ?? 0) * (column[k] ?? 0);
  for (let k = from; k < column.length; k++) column[k] = (column[k] ?? 0) - along * (vector[k] ?? 0);
}

/** The same of four columns: four sums that do not wait for each other, and a quarter of the reads of `vector`. */
function reflectFour(
  vector: Float64Array,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
  from: number,
): void {
  let [alongA, alongB, alongC, alongD] = [0, 0, 0, 0];
  for (let k = from; k < vector.length; k++) {
    const value = vector[k] ?? 0;
    alongA += value * (a[k] ?? 0);
    alongB += value * (b[k] ?? 0);
    alongC += value * (c[k] ?? 0);
    alongD += value * (d[k] ?? 0);
  }
  for (let k = from; k < vector.length; k++) {
    const value = vector[k] ?? 0;
    a[k] = (a[k] ?? 0) - alongA * value;
    b[k] = (b[k] ?? 0) - alongB * value;
    c[k] = (c[k] ?? 0) - alongC * value;
    d[k] = (d[k] ?? 0) - alongD * value;
  }
}
