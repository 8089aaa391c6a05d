import { InvalidError } from '../core/errors';
import type { ProposalRequest, Sampler } from '../core/search';
import type { Params } from '../core/trial';
import { countPoints, countPointsOfOthers, pointAt, type Space } from '../space';
import { TriedPoints } from './unseen';

/** Every point of a finite space once, in the order of the document: the last hole runs fastest. */
export class GridSampler implements Sampler<Space> {
  readonly name = 'grid';
  readonly #count: bigint;
  readonly #tried = new TriedPoints();
  /** All ranks below this one are those of finished trials; others may come to nothing and be free again. */
  #front = 0n;

  /** @throws InvalidError `invalid_search_space` when the space has no end of points; names the holes, and counts the others' points */
  constructor(space: Space) {
    const count = countPoints(space);
    if (count === null) throw endlessSpace(space);
    this.#count = count;
  }

  propose({ space, history }: ProposalRequest<Space>): Params | null {
    const wasTried = this.#tried.of(history);
    while (this.#front < this.#count && this.#tried.isFinished(pointAt(space, this.#front))) this.#front++;
    for (let rank = this.#front; rank < this.#count; rank++) {
      const point = pointAt(space, rank);
      if (!wasTried(point)) return point;
    }
    return null;
  }
}

function endlessSpace(space: Space): InvalidError {
  const endless = space.holes.filter(
    ({ kind, low, high, step }) =>
      kind === 'normal' || kind === 'lognormal' || (kind === 'float' && step === undefined && low !== high),
  );
  if (endless.length === 0) {
    const many = 'sampler grid: the space has far more points than a study can try; take another sampler';
    return new InvalidError('invalid_search_space', many, {
      errors: [{ path: 'search.sampler', message: many }],
    });
  }
  const names = endless.map(({ name }) => name).join(', ');
  const others = countPointsOfOthers(space);
  const rest = others === null ? 'far more points than a study can try' : pointsOf(others);
  const without = `the space has no end of points because of ${names} (its other holes alone make ${rest})`;
  return new InvalidError('invalid_search_space', `sampler grid: ${without}; give a "step"`, {
    errors: endless.map(({ path, name }) => ({
      path,
      message: `sampler grid: ${without}; give ${name} a "step", or take another sampler`,
    })),
  });
}

function pointsOf(count: bigint): string {
  return count === 1n ? '1 point' : `${String(count)} points`;
}
