import { InternalError } from '../../core/errors';
import { cholesky, inverseOf, solveLower, solveLowerTransposed } from './linear-algebra';
import { kernelVector, maternSlope, type KernelParameters } from './kernel';

export interface Moments {
  readonly mean: number;
  /** Standard deviation of the function, without noise. */
  readonly deviation: number;
}

/** A Gaussian process conditioned on points and their standardised losses. */
export class GaussianProcess {
  readonly size: number;
  readonly count: number;
  readonly rows: Float64Array;
  readonly parameters: KernelParameters;
  readonly #categories: Int32Array;
  readonly #weights: Float64Array;
  readonly #inverse: Float64Array;
  readonly #factor: Float64Array;
  readonly #vector: Float64Array;
  readonly #solved: Float64Array;

  /** @param rows count × size features */
  constructor(
    rows: Float64Array,
    losses: Float64Array,
    parameters: KernelParameters,
    categories: Int32Array,
  ) {
    this.rows = rows;
    this.parameters = parameters;
    this.#categories = categories;
    this.count = losses.length;
    this.size = categories.length;
    this.#factor = this.#factorize();
    this.#inverse = inverseOf(this.#factor, this.count);
    this.#weights = solveLowerTransposed(
      this.#factor,
      this.count,
      solveLower(this.#factor, this.count, losses.slice()),
    );
    this.#vector = new Float64Array(this.count);
    this.#solved = new Float64Array(this.count);
  }

  /**
   * The least mean at the observed points that are `allowed`: what is best without the noise.
   * @param losses those it is conditioned on
   */
  leastMean(losses: Float64Array, allowed: readonly boolean[]): number {
    // K w = y, so that the means (K − noise) w are y − noise w.
    return losses.reduce((least, loss, i) => {
      return allowed[i] === true ? Math.min(least, loss - this.parameters.noise * this.#weights[i]!) : least;
    }, Infinity);
  }

  predict(x: ArrayLike<number>): Moments {
    const { count } = this;
    const k = this.#vector;
    kernelVector(x, this.rows, count, this.parameters, this.#categories, k);
    let mean = 0;
    for (let i = 0; i < count; i++) mean += k[i]! * this.#weights[i]!;
    return { mean, deviation: Math.sqrt(Math.max(this.#prior - this.#explained(k), this.#least)) };
  }

  /** Moments with their gradients by the axes in `axes` (numbers), written into the two arrays. */
  predictWithGradient(
    x: ArrayLike<number>,
    axes: readonly number[],
    meanGradient: Float64Array,
    deviationGradient: Float64Array,
  ): Moments {
    const { count, size, rows } = this;
    const { joint, additive, jointVariance, additiveVariance } = this.parameters;
    const moments = this.predict(x);
    const solved = this.#solved;
    meanGradient.fill(0);
    deviationGradient.fill(0);
    for (let i = 0; i < count; i++) {
      const row = i * size;
      let square = 0;
      for (let axis = 0; axis < size; axis++) {
        let gap = x[axis]! - rows[row + axis]!;
        if (gap === 0) continue;
        if (this.#categories[axis]! > 0) gap = 1;
        const scaled = gap / joint[axis]!;
        square += scaled * scaled;
      }
      const slope = -jointVariance * maternSlope(Math.sqrt(square));
      for (let a = 0; a < axes.length; a++) {
        const axis = axes[a]!;
        const gap = x[axis]! - rows[row + axis]!;
        const reach = additive[axis]!;
        const derivative =
          (slope * gap) / (joint[axis]! * joint[axis]!) -
          ((additiveVariance / size) * maternSlope(Math.abs(gap) / reach) * gap) / (reach * reach);
        meanGradient[a]! += derivative * this.#weights[i]!;
        deviationGradient[a]! -= derivative * solved[i]!;
      }
    }
    for (let a = 0; a < axes.length; a++) deviationGradient[a]! /= moments.deviation;
    return moments;
  }

  get #prior(): number {
    return this.parameters.jointVariance + this.parameters.additiveVariance;
  }

  get #least(): number {
    return 1e-12 * this.#prior;
  }

  /** kᵀ K⁻¹ k; K⁻¹ k stays in `#solved`. */
  #explained(k: Float64Array): number {
    const { count } = this;
    const inverse = this.#inverse;
    const solved = this.#solved;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const row = i * count;
      let entry = 0;
      for (let j = 0; j < count; j++) entry += inverse[row + j]! * k[j]!;
      solved[i] = entry;
      sum += entry * k[i]!;
    }
    return sum;
  }

  #factorize(): Float64Array {
    const { count, size } = this;
    for (let jitter = 1e-10; jitter < 1; jitter *= 10) {
      const matrix = new Float64Array(count * count);
      const line = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        kernelVector(
          this.rows.subarray(i * size, (i + 1) * size),
          this.rows,
          i + 1,
          this.parameters,
          this.#categories,
          line,
        );
        matrix.set(line.subarray(0, i + 1), i * count);
        matrix[i * count + i]! += this.parameters.noise + jitter * this.#prior;
      }
      if (cholesky(matrix, count)) return matrix;
    }
    throw new InternalError('singular_kernel', 'the covariance of the observed points cannot be factorised');
  }
}
