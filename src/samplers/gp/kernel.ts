import type { Code, Encoding } from '../encoding';

const SQRT5 = Math.sqrt(5);

/** Hyperparameters of the kernel; all are positive. */
export interface KernelParameters {
  /** Length scales of the part in which all axes interact. */
  readonly joint: Float64Array;
  /** Length scales of the part that is a sum over axes. */
  readonly additive: Float64Array;
  readonly jointVariance: number;
  readonly additiveVariance: number;
  readonly noise: number;
}

/**
 * A code as the kernel sees it: where an axis is not active, a number lies in the middle and a category is one of its
 * own (−1). That its parent differs, or does not, is the parent axis' part to say.
 */
export function featuresOf(code: Code, { categories }: Encoding): Float64Array {
  return code.map((at, axis) => (Number.isNaN(at) ? (categories[axis]! > 0 ? -1 : 0.5) : at));
}

/** Distance along one axis: of categories 0 or 1. */
export function distance(a: number, b: number, category: boolean): number {
  return category ? (a === b ? 0 : 1) : Math.abs(a - b);
}

/** Matérn 5/2 at a scaled distance. */
export function matern(r: number): number {
  const s = SQRT5 * r;
  return (1 + s + (s * s) / 3) * Math.exp(-s);
}

/** −m'(r) / r of {@link matern}, finite at 0: 5/3 (1 + √5 r) exp(−√5 r). */
export function maternSlope(r: number): number {
  const s = SQRT5 * r;
  return (5 / 3) * (1 + s) * Math.exp(-s);
}

/** k(x, xᵢ) for every row of `rows` (n × size), written into `out`. */
export function kernelVector(
  x: ArrayLike<number>,
  rows: Float64Array,
  n: number,
  { joint, additive, jointVariance, additiveVariance }: KernelParameters,
  categories: Int32Array,
  out: Float64Array,
): void {
  const size = joint.length;
  const share = additiveVariance / size;
  for (let i = 0; i < n; i++) {
    const row = i * size;
    let square = 0;
    let sum = 0;
    for (let axis = 0; axis < size; axis++) {
      let gap = x[axis]! - rows[row + axis]!;
      if (gap === 0) {
        sum += 1;
        continue;
      }
      if (categories[axis]! > 0) gap = 1;
      const scaled = gap / joint[axis]!;
      square += scaled * scaled;
      if (share > 0) sum += matern(Math.abs(gap) / additive[axis]!);
    }
    out[i] = jointVariance * matern(Math.sqrt(square)) + share * sum;
  }
}
