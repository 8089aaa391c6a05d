import { normalLogCdf, normalLogDensity } from '../../core/normal';
import type { Code, Encoding } from '../encoding';
import { logH, logHSlope } from './expected-improvement';
import { featuresOf } from './kernel';
import type { GaussianProcess, Moments } from './model';

/** What a point promises, on a log scale: the higher the better. */
export interface Acquisition {
  score(code: Code): number;
  /** Also the gradient by the numbers in `axes`. */
  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number;
}

/** What a Gaussian process says of a point. */
abstract class OfProcess implements Acquisition {
  readonly #process: GaussianProcess;
  readonly #encoding: Encoding;

  constructor(process: GaussianProcess, encoding: Encoding) {
    this.#process = process;
    this.#encoding = encoding;
  }

  abstract score(code: Code): number;
  abstract scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number;

  protected moments(code: Code): Moments {
    return this.#process.predict(featuresOf(code, this.#encoding));
  }

  /** The gradients by the numbers in `axes` are written into the two arrays. */
  protected momentsWithGradient(
    code: Code,
    axes: readonly number[],
    byMean: Float64Array,
    byDeviation: Float64Array,
  ): Moments {
    return this.#process.predictWithGradient(featuresOf(code, this.#encoding), axes, byMean, byDeviation);
  }
}

/** The logarithm of the expected improvement over `best` (Ament et al., 2023). */
export class LogExpectedImprovement extends OfProcess {
  readonly #best: number;

  constructor(process: GaussianProcess, best: number, encoding: Encoding) {
    super(process, encoding);
    this.#best = best;
  }

  score(code: Code): number {
    const { mean, deviation } = this.moments(code);
    return logH((this.#best - mean) / deviation) + Math.log(deviation);
  }

  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number {
    const byMean = new Float64Array(axes.length);
    const byDeviation = new Float64Array(axes.length);
    const { mean, deviation } = this.momentsWithGradient(code, axes, byMean, byDeviation);
    const z = (this.#best - mean) / deviation;
    const slope = logHSlope(z);
    for (let a = 0; a < axes.length; a++) {
      const zGradient = -(byMean[a]! + z * byDeviation[a]!) / deviation;
      gradient[a] = slope * zGradient + byDeviation[a]! / deviation;
    }
    return logH(z) + Math.log(deviation);
  }
}

/** Differences of means in units in which those of logarithms are searched. */
const SHARPNESS = 1e5;

/** What is expected of a point, whatever its uncertainty: the last proposals of a study only polish. */
export class LeastMean extends OfProcess {
  score(code: Code): number {
    return -SHARPNESS * this.moments(code).mean;
  }

  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number {
    const unused = new Float64Array(axes.length);
    const { mean } = this.momentsWithGradient(code, axes, gradient, unused);
    for (let a = 0; a < axes.length; a++) gradient[a] = -SHARPNESS * gradient[a]!;
    return -SHARPNESS * mean;
  }
}

/** The logarithm of the probability that a process of signed violations is below 0. */
export class LogFeasibility extends OfProcess {
  score(code: Code): number {
    const { mean, deviation } = this.moments(code);
    return normalLogCdf(-mean / deviation);
  }

  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number {
    const byMean = new Float64Array(axes.length);
    const byDeviation = new Float64Array(axes.length);
    const { mean, deviation } = this.momentsWithGradient(code, axes, byMean, byDeviation);
    const z = -mean / deviation;
    const value = normalLogCdf(z);
    const slope = Math.exp(normalLogDensity(z) - value);
    for (let a = 0; a < axes.length; a++) {
      gradient[a] = (-slope * (byMean[a]! + z * byDeviation[a]!)) / deviation;
    }
    return value;
  }
}

/** The sum of two acquisitions: the product of what they are the logarithms of. */
export class Product implements Acquisition {
  readonly #a: Acquisition;
  readonly #b: Acquisition;

  constructor(a: Acquisition, b: Acquisition) {
    this.#a = a;
    this.#b = b;
  }

  score(code: Code): number {
    return this.#a.score(code) + this.#b.score(code);
  }

  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number {
    const other = new Float64Array(axes.length);
    const value =
      this.#a.scoreWithGradient(code, axes, gradient) + this.#b.scoreWithGradient(code, axes, other);
    for (let a = 0; a < axes.length; a++) gradient[a]! += other[a]!;
    return value;
  }
}
