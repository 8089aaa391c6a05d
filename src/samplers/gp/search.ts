import type { RandomStream } from '../../core/random';
import { sameCode, type Code, type Encoding } from '../encoding';
import { wasTried } from '../unseen';
import type { Acquisition } from './acquisition';
import { minimize } from './lbfgs';

/** Points drawn over the whole space, and near each good trial. */
const DRAWS = 128;
const NEIGHBOURS = 24;
/** How many of them climb; the first few of these also axis by axis, which costs most. */
const CLIMBED = 5;
const SWEPT = 2;
const ROUNDS = 2;
const GRADIENTS = 24;
/** Values tried along one axis, where there are more. */
const ALONG = 14;
/** A lattice with more values than this is climbed like a continuous axis, and rounded. */
const FEW_VALUES = 12;

interface Scored {
  readonly code: Code;
  readonly score: number;
}

/**
 * Looks for the point of a mixed, conditional space that promises most: many points are scored (all over, and near good
 * trials); the best of them climb, by the gradient in their continuous axes and by trying other values axis by axis.
 */
export class AcquisitionSearch {
  readonly #encoding: Encoding;
  readonly #acquisition: Acquisition;
  readonly #stream: RandomStream;
  readonly #flat: boolean;

  constructor(encoding: Encoding, acquisition: Acquisition, stream: RandomStream) {
    this.#encoding = encoding;
    this.#acquisition = acquisition;
    this.#stream = stream;
    this.#flat = encoding.space.holes.every(({ condition }) => condition === null);
  }

  /** The best point found that was not tried; null where all were. @param centres good trials, the best first */
  best(centres: readonly Code[], tried: readonly Code[]): Code | null {
    const starts: Scored[] = [];
    for (let i = 0; i < DRAWS; i++) starts.push(this.#scored(this.#encoding.draw(this.#stream)));
    for (const centre of centres) {
      for (let i = 0; i < NEIGHBOURS; i++) starts.push(this.#scored(this.#neighbour(centre)));
    }
    const ranked = starts.sort((a, b) => b.score - a.score);
    const climbed = spread(ranked, CLIMBED).map((start, rank) => this.#climb(start, rank < SWEPT));
    const found = [...climbed, ...ranked].sort((a, b) => b.score - a.score);
    return found.find(({ code }) => !wasTried(code, tried))?.code ?? null;
  }

  #climb(start: Scored, sweeps: boolean): Scored {
    if (!sweeps) return this.#followGradient(start);
    let best = start;
    for (let round = 0; round < ROUNDS; round++) {
      const before = best.score;
      best = this.#followGradient(best);
      best = this.#sweep(best);
      if (best.score - before < 1e-3) break;
    }
    return this.#followGradient(best);
  }

  #followGradient(start: Scored): Scored {
    const { axes, counts, categories } = this.#encoding;
    const free = axes.flatMap((_, axis) => {
      const smooth = categories[axis] === 0 && (counts[axis] === 0 || counts[axis]! > FEW_VALUES);
      return smooth && !Number.isNaN(start.code[axis]!) ? [axis] : [];
    });
    if (free.length === 0) return start;
    const code = start.code.slice();
    const objective = (point: Float64Array, gradient: Float64Array): number => {
      free.forEach((axis, i) => (code[axis] = point[i]!));
      const score = this.#acquisition.scoreWithGradient(code, free, gradient);
      for (let i = 0; i < gradient.length; i++) gradient[i] = -gradient[i]!;
      return -score;
    };
    const { point } = minimize(
      objective,
      Float64Array.from(free, (axis) => start.code[axis]!),
      {
        low: new Float64Array(free.length),
        high: new Float64Array(free.length).fill(1),
        evaluations: GRADIENTS,
        tolerance: 1e-4,
        firstStep: 0.03,
      },
    );
    free.forEach((axis, i) => (code[axis] = point[i]!));
    return better(start, this.#scored(this.#snap(code)));
  }

  /** Other values along each axis in turn, the best kept. */
  #sweep(start: Scored): Scored {
    let best = start;
    const order = this.#stream.shuffle(Array.from({ length: this.#encoding.size }, (_, axis) => axis));
    for (const axis of order) {
      if (Number.isNaN(best.code[axis]!)) continue;
      const here = best;
      for (const value of this.#valuesAlong(axis, here.code[axis]!)) {
        const code = this.#withValue(here.code, axis, value);
        best = better(best, this.#scored(code));
      }
    }
    return best;
  }

  #valuesAlong(axis: number, at: number): readonly number[] {
    const options = this.#encoding.categories[axis]!;
    if (options > 0) return Array.from({ length: options }, (_, i) => i).filter((i) => i !== at);
    const count = this.#encoding.counts[axis]!;
    if (count > 0 && count <= ALONG) return Array.from({ length: count }, (_, i) => (i + 0.5) / count);
    const jitter = this.#stream.uniform();
    return Array.from({ length: ALONG }, (_, i) => (i + jitter) / ALONG);
  }

  /** Some axes moved, near or far. */
  #neighbour(centre: Code): Code {
    const { size, categories } = this.#encoding;
    const active = centre.reduce((count, at) => count + (Number.isNaN(at) ? 0 : 1), 0);
    const share = Math.max(1 / Math.max(1, active), Math.min(1, this.#stream.uniform() ** 2 + 1 / size));
    const width = 0.003 * 100 ** this.#stream.uniform();
    const code = centre.slice();
    for (let axis = 0; axis < size; axis++) {
      if (Number.isNaN(code[axis]!) || this.#stream.uniform() > share) continue;
      const options = categories[axis]!;
      if (options > 0) {
        // Most neighbours keep most categories: a new one is a long step.
        if (this.#stream.uniform() < 0.3) code[axis] = this.#stream.integer(0, options - 1);
      } else {
        const count = this.#encoding.counts[axis]!;
        const reach = count > 0 ? Math.max(width, 0.7 / count) : width;
        code[axis] = reflect(code[axis]! + reach * this.#stream.normal());
      }
    }
    return this.#snap(code);
  }

  #withValue(code: Code, axis: number, value: number): Code {
    const next = code.slice();
    next[axis] = value;
    return this.#snap(next);
  }

  /** On the lattice, with newly active axes drawn and inactive ones NaN. */
  #snap(code: Code): Code {
    const { size, counts, categories } = this.#encoding;
    if (!this.#flat) {
      return this.#encoding.encode(
        this.#encoding.decode((axis) => {
          const at = code[axis]!;
          if (!Number.isNaN(at)) return at;
          return this.#stream.uniform() * Math.max(1, categories[axis]!);
        }),
      );
    }
    for (let axis = 0; axis < size; axis++) {
      if (counts[axis]! === 0) continue;
      const [low, high] = this.#encoding.cell(axis, code[axis]!);
      code[axis] = (low + high) / 2;
    }
    return code;
  }

  #scored(code: Code): Scored {
    const score = this.#acquisition.score(code);
    return { code, score: Number.isNaN(score) ? -Infinity : score };
  }
}

function better(a: Scored, b: Scored): Scored {
  return b.score > a.score ? b : a;
}

/** The first of each group of equals, at most `most`. */
function spread(ranked: readonly Scored[], most: number): readonly Scored[] {
  const kept: Scored[] = [];
  for (const scored of ranked) {
    if (kept.length === most) break;
    if (!kept.some(({ code }) => sameCode(code, scored.code))) kept.push(scored);
  }
  return kept;
}

/** Back into [0, 1] as in a mirror. */
function reflect(x: number): number {
  const inside = Math.abs(x) % 2;
  return inside > 1 ? 2 - inside : inside;
}
