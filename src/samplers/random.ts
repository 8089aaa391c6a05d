import type { ProposalRequest, Sampler } from '../core/search';
import type { Params } from '../core/trial';
import type { RandomStream } from '../core/random';
import { countPoints, paramsKey, pointAt, sample, type Space } from '../space';

/** How often a point that was tried already is drawn again. */
const MOST_DRAWS = 100;
/** Up to so many points a space is looked through for those that are left. */
const MOST_LISTED = 10_000n;

/**
 * Independent draws, each hole from its own distribution (Bergstra and Bengio, "Random search for hyper-parameter
 * optimization", JMLR 2012). A point is not proposed twice while the space has others.
 */
export class RandomSampler implements Sampler<Space> {
  readonly name = 'random';

  propose({ space, history, stream }: ProposalRequest<Space>): Params {
    const tried = new Set(history.map(({ params }) => paramsKey(params)));
    let point = sample(space, stream);
    for (let draws = 1; draws < MOST_DRAWS && tried.has(paramsKey(point)); draws++) {
      point = sample(space, stream);
    }
    if (!tried.has(paramsKey(point))) return point;
    return leftOver(space, tried, stream) ?? point;
  }
}

/** One of the points that are left, each as likely as the other; null when there is none or too many to look through. */
function leftOver(space: Space, tried: ReadonlySet<string>, stream: RandomStream): Params | null {
  const count = countPoints(space);
  if (count === null || count > MOST_LISTED || BigInt(tried.size) >= count) return null;
  const left: Params[] = [];
  for (let rank = 0n; rank < count; rank++) {
    const point = pointAt(space, rank);
    if (!tried.has(paramsKey(point))) left.push(point);
  }
  return left[stream.integer(0, left.length - 1)] ?? null;
}
