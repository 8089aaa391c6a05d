import { cholesky, inverseOf, solveLower, solveLowerTransposed } from './linear-algebra';
import { distance, type KernelParameters } from './kernel';

const SQRT5 = Math.sqrt(5);
const LOG_2PI = Math.log(2 * Math.PI);

/** A normal prior on the logarithm of a hyperparameter, and bounds of the logarithm. */
interface Prior {
  readonly mean: number;
  readonly deviation: number;
  readonly low: number;
  readonly high: number;
}

const VARIANCE: Prior = { mean: 0, deviation: 1, low: Math.log(1e-3), high: Math.log(50) };
const ADDITIVE_VARIANCE: Prior = { mean: -1, deviation: 2, low: Math.log(1e-6), high: Math.log(50) };
const NOISE: Prior = { mean: Math.log(1e-4), deviation: 4, low: Math.log(1e-8), high: Math.log(1) };
const ADDITIVE_REACH: Prior = { mean: -0.7, deviation: 0.8, low: Math.log(0.01), high: Math.log(20) };

/**
 * Length scales are expected to grow with the root of the number of axes (Hvarfner, Hellsten and Nardi, "Vanilla
 * Bayesian optimization performs great in high dimensions", ICML 2024), half a unit of which stands for their √2.
 */
function jointReach(size: number): Prior {
  return { mean: 0.2 + 0.5 * Math.log(size), deviation: 1, low: Math.log(0.01), high: Math.log(50) };
}

/**
 * The negative log posterior of the kernel's hyperparameters on given points, with its gradient; both by the
 * logarithms in the order [joint length scales, additive length scales, joint variance, additive variance, noise].
 */
export class Likelihood {
  readonly size: number;
  readonly priors: readonly Prior[];
  readonly #count: number;
  readonly #losses: Float64Array;
  /** Axis by axis the distances of all pairs i > j. */
  readonly #gaps: Float64Array;
  readonly #pairs: number;

  constructor(rows: Float64Array, losses: Float64Array, categories: Int32Array) {
    this.size = categories.length;
    this.#count = losses.length;
    this.#losses = losses;
    this.#pairs = (this.#count * (this.#count - 1)) / 2;
    this.#gaps = new Float64Array(this.size * this.#pairs);
    const { size } = this;
    for (let axis = 0; axis < size; axis++) {
      let place = axis * this.#pairs;
      for (let i = 1; i < this.#count; i++) {
        for (let j = 0; j < i; j++) {
          this.#gaps[place++] = distance(
            rows[i * size + axis]!,
            rows[j * size + axis]!,
            categories[axis]! > 0,
          );
        }
      }
    }
    const reach = jointReach(size);
    this.priors = [
      ...Array.from({ length: size }, () => reach),
      ...Array.from({ length: size }, () => ADDITIVE_REACH),
      VARIANCE,
      ADDITIVE_VARIANCE,
      NOISE,
    ];
  }

  /** Infinity where the covariance cannot be factorised. */
  value(logs: Float64Array, gradient: Float64Array): number {
    const n = this.#count;
    const { matrix, slopes, joints } = this.#covariance(logs);
    gradient.fill(0);
    if (!cholesky(matrix, n)) return Infinity;
    const weights = solveLowerTransposed(matrix, n, solveLower(matrix, n, this.#losses.slice()));
    let value = 0.5 * n * LOG_2PI;
    for (let i = 0; i < n; i++) {
      value += 0.5 * this.#losses[i]! * weights[i]! + Math.log(matrix[i * n + i]!);
    }
    this.#likelihoodGradient(logs, inverseOf(matrix, n), weights, slopes, joints, gradient);
    this.priors.forEach(({ mean, deviation }, i) => {
      const z = (logs[i]! - mean) / deviation;
      value += 0.5 * z * z;
      gradient[i]! += z / deviation;
    });
    return value;
  }

  /** The covariance with, for each pair, its joint part and what the joint part's slope is made of. */
  #covariance(logs: Float64Array): { matrix: Float64Array; slopes: Float64Array; joints: Float64Array } {
    const n = this.#count;
    const { size } = this;
    const parameters = parametersOf(logs, size);
    const pairs = this.#pairs;
    const squares = new Float64Array(pairs);
    const sums = new Float64Array(pairs);
    for (let axis = 0; axis < size; axis++) {
      const inverse = 1 / (parameters.joint[axis]! * parameters.joint[axis]!);
      const reach = SQRT5 / parameters.additive[axis]!;
      const start = axis * pairs;
      for (let pair = 0; pair < pairs; pair++) {
        const gap = this.#gaps[start + pair]!;
        squares[pair]! += gap * gap * inverse;
        const s = gap * reach;
        sums[pair]! += (1 + s + (s * s) / 3) * Math.exp(-s);
      }
    }
    const matrix = new Float64Array(n * n);
    const share = parameters.additiveVariance / size;
    const slopes = squares;
    const joints = new Float64Array(pairs);
    let pair = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++, pair++) {
        const s = SQRT5 * Math.sqrt(squares[pair]!);
        const decay = parameters.jointVariance * Math.exp(-s);
        const joint = (1 + s + (s * s) / 3) * decay;
        joints[pair] = joint;
        slopes[pair] = (5 / 3) * (1 + s) * decay;
        matrix[i * n + j] = joint + share * sums[pair]!;
      }
      matrix[i * n + i] =
        (parameters.jointVariance + parameters.additiveVariance) * (1 + 1e-10) + parameters.noise;
    }
    return { matrix, slopes, joints };
  }

  /** ½ tr((K⁻¹ − w wᵀ) ∂K): each pair counts twice. */
  #likelihoodGradient(
    logs: Float64Array,
    inverse: Float64Array,
    weights: Float64Array,
    slopes: Float64Array,
    joints: Float64Array,
    gradient: Float64Array,
  ): void {
    const n = this.#count;
    const { size } = this;
    const pairs = this.#pairs;
    const parameters = parametersOf(logs, size);
    const factors = new Float64Array(pairs);
    let pair = 0;
    let trace = 0;
    let jointSum = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++, pair++) {
        const factor = inverse[i * n + j]! - weights[i]! * weights[j]!;
        factors[pair] = factor;
        jointSum += factor * joints[pair]!;
      }
      trace += inverse[i * n + i]! - weights[i]! * weights[i]!;
    }
    const share = parameters.additiveVariance / size;
    let additiveSum = 0;
    for (let axis = 0; axis < size; axis++) {
      const inverseSquare = 1 / (parameters.joint[axis]! * parameters.joint[axis]!);
      const reach = SQRT5 / parameters.additive[axis]!;
      const start = axis * pairs;
      let byJoint = 0;
      let byAdditive = 0;
      for (pair = 0; pair < pairs; pair++) {
        const gap = this.#gaps[start + pair]!;
        const factor = factors[pair]!;
        const s = gap * reach;
        const decay = factor * Math.exp(-s);
        byJoint += factor * slopes[pair]! * gap * gap;
        byAdditive += (decay * s * s * (1 + s)) / 3;
        additiveSum += decay * (1 + s + (s * s) / 3);
      }
      gradient[axis] = byJoint * inverseSquare;
      gradient[size + axis] = share * byAdditive;
    }
    gradient[2 * size] = jointSum + 0.5 * trace * parameters.jointVariance;
    gradient[2 * size + 1] = share * additiveSum + 0.5 * trace * parameters.additiveVariance;
    gradient[2 * size + 2] = 0.5 * trace * parameters.noise;
  }
}

export function parametersOf(logs: Float64Array, size: number): KernelParameters {
  return {
    joint: logs.slice(0, size).map(Math.exp),
    additive: logs.slice(size, 2 * size).map(Math.exp),
    jointVariance: Math.exp(logs[2 * size]!),
    additiveVariance: Math.exp(logs[2 * size + 1]!),
    noise: Math.exp(logs[2 * size + 2]!),
  };
}
