import { normalCdf, normalQuantile } from '../../core/normal';
import type { RandomStream } from '../../core/random';
import type { Code, Encoding } from '../encoding';

/** How the kernels of a mixture are made. */
export interface KernelRule {
  /** Bandwidth of each number's axis, as a part of its range. */
  readonly bandwidths: Float64Array;
  /** Probability that a kernel leaves the category that it stands at. */
  readonly leave: number;
}

/**
 * A density over a conditional space: each observed point is one kernel, a distribution over whole points. Axes that
 * are active at its point follow a normal distribution cut to [0, 1] (numbers) or stay at its category with a given
 * probability (Aitchison and Aitken, 1976); axes that are not are drawn from the space itself. One more kernel is the
 * space's own distribution, so that no point has density 0.
 */
export class Mixture {
  readonly #encoding: Encoding;
  readonly #rule: KernelRule;
  readonly #points: readonly Code[];
  /** Centres in bandwidths, kernel by kernel. */
  readonly #scaled: Float64Array;
  /** For each kernel and axis: logarithm of what the density is at the centre. */
  readonly #peaks: Float64Array;
  /** Each kernel weighs the same, the space's own among them. */
  readonly #logWeight: number;
  readonly #stay: Float64Array;
  readonly #move: Float64Array;

  constructor(encoding: Encoding, points: readonly Code[], rule: KernelRule) {
    this.#encoding = encoding;
    this.#rule = rule;
    this.#points = points;
    const { size, categories } = encoding;
    this.#logWeight = -Math.log(points.length + 1);
    // Densities are relative to the space's own: 1 on [0, 1], 1/k for each of k categories.
    this.#stay = Float64Array.from(categories, (k) => (k > 1 ? Math.log((1 - rule.leave) * k) : 0));
    this.#move = Float64Array.from(categories, (k) => (k > 1 ? Math.log((rule.leave / (k - 1)) * k) : 0));
    this.#scaled = new Float64Array(points.length * size);
    this.#peaks = new Float64Array(points.length * size);
    this.#prepare();
  }

  /** A point of the mixture, as the coordinates of its active axes. */
  draw(stream: RandomStream): Code {
    const { categories } = this.#encoding;
    // The last index stands for the space's own distribution.
    const centre = this.#points[stream.integer(0, this.#points.length)];
    const params = this.#encoding.decode((axis) => {
      const count = categories[axis]!;
      const at = centre?.[axis] ?? NaN;
      if (Number.isNaN(at)) return count > 0 ? stream.integer(0, count - 1) : stream.uniform();
      return count > 0 ? this.#drawCategory(at, count, stream) : this.#drawNumber(axis, at, stream);
    });
    return this.#encoding.encode(params);
  }

  /** Logarithm of the density at a point, relative to the space's own distribution. */
  logDensity(code: Code): number {
    const { size, categories } = this.#encoding;
    const { bandwidths } = this.#rule;
    const active: number[] = [];
    const scaled = new Float64Array(size);
    for (let axis = 0; axis < size; axis++) {
      if (Number.isNaN(code[axis]!)) continue;
      active.push(axis);
      scaled[axis] = categories[axis]! > 0 ? code[axis]! : code[axis]! / bandwidths[axis]!;
    }
    const logs = new Float64Array(this.#points.length + 1);
    logs[this.#points.length] = this.#logWeight;
    let most = this.#logWeight;
    for (let kernel = 0; kernel < this.#points.length; kernel++) {
      const row = kernel * size;
      let log = this.#logWeight;
      for (const axis of active) {
        const centre = this.#scaled[row + axis]!;
        if (Number.isNaN(centre)) continue;
        if (categories[axis]! > 0) {
          log += centre === scaled[axis] ? this.#stay[axis]! : this.#move[axis]!;
        } else {
          const z = scaled[axis]! - centre;
          log += this.#peaks[row + axis]! - 0.5 * z * z;
        }
      }
      logs[kernel] = log;
      if (log > most) most = log;
    }
    let sum = 0;
    for (const log of logs) sum += Math.exp(log - most);
    return most + Math.log(sum);
  }

  #prepare(): void {
    const { size, categories } = this.#encoding;
    const { bandwidths } = this.#rule;
    const logPeak = Float64Array.from(bandwidths, (sigma) => -Math.log(sigma * Math.sqrt(2 * Math.PI)));
    this.#points.forEach((point, kernel) => {
      for (let axis = 0; axis < size; axis++) {
        const at = point[axis]!;
        const place = kernel * size + axis;
        if (categories[axis]! > 0 || Number.isNaN(at)) {
          this.#scaled[place] = at;
          continue;
        }
        const sigma = bandwidths[axis]!;
        this.#scaled[place] = at / sigma;
        const inside = normalCdf((1 - at) / sigma) - normalCdf(-at / sigma);
        this.#peaks[place] = logPeak[axis]! - Math.log(inside);
      }
    });
  }

  #drawCategory(at: number, count: number, stream: RandomStream): number {
    if (count < 2 || stream.uniform() >= this.#rule.leave) return at;
    const other = stream.integer(0, count - 2);
    return other < at ? other : other + 1;
  }

  #drawNumber(axis: number, at: number, stream: RandomStream): number {
    const sigma = this.#rule.bandwidths[axis]!;
    const low = normalCdf(-at / sigma);
    const high = normalCdf((1 - at) / sigma);
    const z = normalQuantile(low + stream.uniform() * (high - low));
    return Math.min(1, Math.max(0, at + sigma * z));
  }
}
