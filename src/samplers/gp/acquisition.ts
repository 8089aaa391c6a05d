import { normalLogCdf, normalLogDensity } from '../../core/normal';
import type { Code, Encoding } from '../encoding';
import { logH, logHSlope } from './expected-improvement';
import { featuresOf } from './kernel';
import type { GaussianProcess } from './model';

/** What a point promises, on a log scale: the higher the better. */
export interface Acquisition {
  score(code: Code): number;
  /** Also the gradient by the numbers in `axes`. */
  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number;
}

/** The logarithm of the expected improvement over `best` (Ament et al., 2023). */
export class LogExpectedImprovement implements Acquisition {
  readonly #process: GaussianProcess;
  readonly #best: number;
  readonly #encoding: Encoding;

  constructor(process: GaussianProcess, best: number, encoding: Encoding) {
    this.#process = process;
    this.#best = best;
    this.#encoding = encoding;
  }

  score(code: Code): number {
    const { mean, deviation } = this.#process.predict(featuresOf(code, this.#encoding));
    return logH((this.#best - mean) / deviation) + Math.log(deviation);
  }

  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number {
    const byMean = new Float64Array(axes.length);
    const byDeviation = new Float64Array(axes.length);
    const features = featuresOf(code, this.#encoding);
    const { mean, deviation } = this.#process.predictWithGradient(features, axes, byMean, byDeviation);
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
export class LeastMean implements Acquisition {
  readonly #process: GaussianProcess;
  readonly #encoding: Encoding;

  constructor(process: GaussianProcess, encoding: Encoding) {
    this.#process = process;
    this.#encoding = encoding;
  }

  score(code: Code): number {
    return -SHARPNESS * this.#process.predict(featuresOf(code, this.#encoding)).mean;
  }

  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number {
    const features = featuresOf(code, this.#encoding);
    const unused = new Float64Array(axes.length);
    const { mean } = this.#process.predictWithGradient(features, axes, gradient, unused);
    for (let a = 0; a < axes.length; a++) gradient[a] = -SHARPNESS * gradient[a]!;
    return -SHARPNESS * mean;
  }
}

/** The logarithm of the probability that a process of signed violations is below 0. */
export class LogFeasibility implements Acquisition {
  readonly #process: GaussianProcess;
  readonly #encoding: Encoding;

  constructor(process: GaussianProcess, encoding: Encoding) {
    this.#process = process;
    this.#encoding = encoding;
  }

  score(code: Code): number {
    const { mean, deviation } = this.#process.predict(featuresOf(code, this.#encoding));
    return normalLogCdf(-mean / deviation);
  }

  scoreWithGradient(code: Code, axes: readonly number[], gradient: Float64Array): number {
    const byMean = new Float64Array(axes.length);
    const byDeviation = new Float64Array(axes.length);
    const features = featuresOf(code, this.#encoding);
    const { mean, deviation } = this.#process.predictWithGradient(features, axes, byMean, byDeviation);
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
