import type { ProposalRequest, Sampler } from '../core/search';
import type { Params } from '../core/trial';
import { paramsKey, sample, type Space } from '../space';
import { leftOver } from './unseen';

/** How often a point that was tried already is drawn again. */
const MOST_DRAWS = 100;

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
