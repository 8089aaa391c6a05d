import type { RandomStream } from '../../core/random';
import { eigenOf, type Eigen } from './eigen';

/** Constants of the strategy for n coordinates and a population of λ (Hansen, "The CMA evolution strategy: a tutorial", 2016). */
interface Constants {
  readonly weights: Float64Array;
  readonly effective: number;
  readonly cSigma: number;
  readonly dSigma: number;
  readonly cPath: number;
  readonly cOne: number;
  readonly cMu: number;
  readonly expectedNorm: number;
}

/** Narrow, for a search of a few hundred trials: the run begins where the first points were best. */
const FIRST_STEP = 0.12;
/** A run ends when it is narrower than this in every direction … */
const NARROW = 1e-7;
/** … or its covariance is worse conditioned. */
const WORST_CONDITION = 1e14;
/** Population sizes double at most so often. */
const MOST_DOUBLINGS = 6;

/**
 * One run of CMA-ES with active covariance updates in the unit cube. Immutable from outside: {@link update} takes what a
 * generation found, whoever proposed it; steps longer than the strategy would take are shortened (Hansen, "Injecting
 * external solutions into CMA-ES", 2011).
 */
export class Evolution {
  readonly size: number;
  readonly population: number;
  readonly #constants: Constants;
  readonly #mean: Float64Array;
  #step = FIRST_STEP;
  readonly #covariance: Float64Array;
  readonly #path: Float64Array;
  readonly #stepPath: Float64Array;
  #eigen: Eigen;
  #generation = 0;
  readonly #bests: number[] = [];

  constructor(mean: Float64Array, population: number) {
    this.size = mean.length;
    this.population = population;
    this.#constants = constantsOf(this.size, population);
    this.#mean = mean.slice();
    this.#covariance = new Float64Array(this.size * this.size);
    for (let i = 0; i < this.size; i++) this.#covariance[i * this.size + i] = 1;
    this.#path = new Float64Array(this.size);
    this.#stepPath = new Float64Array(this.size);
    this.#eigen = eigenOf(this.#covariance, this.size);
  }

  /**
   * A draw, moved back into the unit cube. A lattice's coordinate keeps a least chance to leave the cell of the mean
   * (Hamano et al., "CMA-ES with margin", GECCO 2022). @param cells width of the lattice's cells, 0: continuous
   */
  draw(stream: RandomStream, cells: Float64Array): Float64Array {
    const { size } = this;
    const { values, vectors } = this.#eigen;
    const scaled = Float64Array.from(values, (value) => Math.sqrt(Math.max(value, 0)) * stream.normal());
    const least = 1 / (size * this.population);
    return this.#mean.map((centre, i) => {
      let move = 0;
      for (let k = 0; k < size; k++) move += vectors[i * size + k]! * scaled[k]!;
      const x = centre + this.#step * move;
      const cell = cells[i]!;
      if (cell === 0) return reflect(x);
      const deviation = this.#step * Math.sqrt(this.#covariance[i * size + i]!);
      const leaves = stream.uniform() < least;
      if (deviation < cell / 2 && leaves) return reflect(centre + (stream.uniform() < 0.5 ? -cell : cell));
      return reflect(x);
    });
  }

  /** @param points of one generation, the best first; @param losses likewise, Infinity where a trial failed */
  update(points: readonly Float64Array[], losses: readonly number[]): void {
    const { size } = this;
    const { weights, effective, cSigma, dSigma, cPath, cOne, cMu, expectedNorm } = this.#constants;
    this.#generation += 1;
    this.#bests.push(losses[0] ?? Infinity);
    const steps = points.map((point) => this.#stepTo(point));
    const move = new Float64Array(size);
    steps.forEach((step, k) => {
      const weight = Math.max(weights[k]!, 0);
      for (let i = 0; i < size; i++) move[i]! += weight * step[i]!;
    });
    for (let i = 0; i < size; i++) this.#mean[i] = clamp(this.#mean[i]! + this.#step * move[i]!);
    const white = this.#whiten(move);
    const keepSigma = Math.sqrt(cSigma * (2 - cSigma) * effective);
    for (let i = 0; i < size; i++)
      this.#stepPath[i] = (1 - cSigma) * this.#stepPath[i]! + keepSigma * white[i]!;
    const norm = Math.hypot(...this.#stepPath);
    const stalled =
      norm / Math.sqrt(1 - (1 - cSigma) ** (2 * this.#generation)) < (1.4 + 2 / (size + 1)) * expectedNorm
        ? 1
        : 0;
    const keep = Math.sqrt(cPath * (2 - cPath) * effective) * stalled;
    for (let i = 0; i < size; i++) this.#path[i] = (1 - cPath) * this.#path[i]! + keep * move[i]!;
    this.#updateCovariance(steps, weights, cOne, cMu, stalled, cPath);
    this.#step *= Math.exp(Math.min(1, (cSigma / dSigma) * (norm / expectedNorm - 1)));
    // Half the cube is as wide as a search in it can be.
    this.#step = Math.min(this.#step, 0.5 / Math.sqrt(this.#widest()));
    this.#eigen = eigenOf(this.#covariance, size);
  }

  /** True when it goes nowhere any more. */
  get converged(): boolean {
    const { values } = this.#eigen;
    const most = Math.max(...values);
    const least = Math.min(...values);
    if (this.#step * Math.sqrt(most) < NARROW || most > WORST_CONDITION * least) return true;
    const window = 10 + Math.ceil((30 * this.size) / this.population);
    const recent = this.#bests.slice(-window);
    if (recent.length < window) return false;
    const span = Math.max(...recent) - Math.min(...recent);
    return !(span > 1e-12 * Math.max(1e-300, Math.abs(recent[0] ?? 0)));
  }

  #updateCovariance(
    steps: readonly Float64Array[],
    weights: Float64Array,
    cOne: number,
    cMu: number,
    stalled: number,
    cPath: number,
  ): void {
    const { size } = this;
    const c = this.#covariance;
    // A negative weight is divided by the step's length, so that the matrix stays positive definite.
    const active = steps.map((step, k) => {
      const weight = weights[k]!;
      if (weight >= 0) return weight;
      const white = this.#whiten(step);
      return (
        (weight * size) /
        Math.max(
          1e-12,
          white.reduce((sum, w) => sum + w * w, 0),
        )
      );
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const decay = 1 + cOne * (1 - stalled) * cPath * (2 - cPath) - cOne - cMu * total;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let ranks = 0;
        for (let k = 0; k < steps.length; k++) ranks += active[k]! * steps[k]![i]! * steps[k]![j]!;
        const value = decay * c[i * size + j]! + cOne * this.#path[i]! * this.#path[j]! + cMu * ranks;
        c[i * size + j] = value;
        c[j * size + i] = value;
      }
    }
  }

  /** (x − m) / σ, shortened where it is longer than a draw would be. */
  #stepTo(point: Float64Array): Float64Array {
    const step = point.map((x, i) => (x - this.#mean[i]!) / this.#step);
    const length = Math.hypot(...this.#whiten(step));
    const most = Math.sqrt(this.size) + (2 * this.size) / (this.size + 2);
    return length > most ? step.map((x) => (x * most) / length) : step;
  }

  /** C^(−1/2) v */
  #whiten(v: Float64Array): Float64Array {
    const { size } = this;
    const { values, vectors } = this.#eigen;
    const result = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      let along = 0;
      for (let i = 0; i < size; i++) along += vectors[i * size + k]! * v[i]!;
      along /= Math.sqrt(Math.max(values[k]!, 1e-300));
      for (let i = 0; i < size; i++) result[i]! += vectors[i * size + k]! * along;
    }
    return result;
  }

  #widest(): number {
    let most = 0;
    for (let i = 0; i < this.size; i++) most = Math.max(most, this.#covariance[i * this.size + i]!);
    return most;
  }
}

export function populationOf(size: number, restarts: number): number {
  const first = 4 + Math.floor(3 * Math.log(Math.max(1, size)));
  return first * 2 ** Math.min(restarts, MOST_DOUBLINGS);
}

function constantsOf(n: number, lambda: number): Constants {
  const mu = Math.floor(lambda / 2);
  const raw = Float64Array.from({ length: lambda }, (_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1));
  const sums = (from: number, to: number): { sum: number; effective: number } => {
    const part = raw.slice(from, to);
    const sum = part.reduce((total, weight) => total + weight, 0);
    const squares = part.reduce((total, weight) => total + weight * weight, 0);
    return { sum, effective: squares === 0 ? 0 : (sum * sum) / squares };
  };
  const good = sums(0, mu);
  const bad = sums(mu, lambda);
  const effective = good.effective;
  const cSigma = (effective + 2) / (n + effective + 5);
  const cOne = 2 / ((n + 1.3) ** 2 + effective);
  const cMu = Math.min(1 - cOne, (2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective));
  const negative = Math.min(
    1 + cOne / Math.max(cMu, 1e-12),
    1 + (2 * bad.effective) / (effective + 2),
    (1 - cOne - cMu) / (n * Math.max(cMu, 1e-12)),
  );
  return {
    weights: raw.map((weight) => (weight >= 0 ? weight / good.sum : (negative * weight) / Math.abs(bad.sum))),
    effective,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + cSigma,
    cPath: (4 + effective / n) / (n + 4 + (2 * effective) / n),
    cOne,
    cMu,
    expectedNorm: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
  };
}

function clamp(x: number): number {
  return Math.min(1, Math.max(0, x));
}

/** Back into [0, 1] as in a mirror. */
function reflect(x: number): number {
  const inside = Math.abs(x) % 2;
  return inside > 1 ? 2 - inside : inside;
}
