import type { ProposalRequest, Sampler } from '../../core/search';
import type { Params } from '../../core/trial';
import type { Space } from '../../space';
import { Encoding } from '../encoding';
import { drawUntried, TriedPoints } from '../unseen';
import { SobolSequence } from './sequence';

/** How many points of the sequence are looked at for one that was not tried yet. */
const MOST_SKIPS = 100;

/**
 * Points of a scrambled Sobol sequence: they fill the space more evenly than independent draws. Every hole has a
 * dimension of its own, those first that are always active; where a hole is not active its coordinate is passed over.
 * Beyond 128 holes coordinates are drawn at random.
 */
export class SobolSampler implements Sampler<Space> {
  readonly name = 'sobol';
  readonly #encoding: Encoding;
  readonly #tried = new TriedPoints();
  /** The dimension of each axis. */
  readonly #dimensions: Int32Array;
  #sequence: { readonly seed: number; readonly points: SobolSequence } | null = null;

  constructor(space: Space) {
    this.#encoding = new Encoding(space);
    const rank = space.holes.map(({ condition }, axis) => ({ axis, last: condition !== null }));
    const order = rank.sort((a, b) => Number(a.last) - Number(b.last) || a.axis - b.axis);
    this.#dimensions = new Int32Array(order.length);
    order.forEach(({ axis }, dimension) => (this.#dimensions[axis] = dimension));
  }

  propose({ space, history, number, seed, stream }: ProposalRequest<Space>): Params {
    const encoding = this.#encoding;
    const points = this.#pointsOf(seed);
    const wasTried = this.#tried.of(history);
    for (let skip = 0; skip < MOST_SKIPS; skip++) {
      const params = encoding.decode((axis) => {
        const dimension = this.#dimensions[axis] ?? 0;
        const unit =
          dimension < points.dimensions ? points.coordinate(number + skip, dimension) : stream.uniform();
        return unit * Math.max(1, encoding.categories[axis] ?? 0);
      });
      if (!wasTried(params)) return params;
    }
    return drawUntried(space, wasTried, stream);
  }

  #pointsOf(seed: number): SobolSequence {
    if (this.#sequence?.seed !== seed) {
      const dimensions = Math.min(this.#encoding.size, SobolSequence.most);
      this.#sequence = { seed, points: new SobolSequence(dimensions, seed) };
    }
    return this.#sequence.points;
  }
}
