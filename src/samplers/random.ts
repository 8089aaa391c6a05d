import type { ProposalRequest, Sampler } from '../core/search';
import type { Params } from '../core/trial';
import { sample, type Space } from '../space';
import { leftOver, TriedPoints } from './unseen';

/** How often a point that was tried already is drawn again. */
const MOST_DRAWS = 100;

/**
 * Independent draws, each hole from its own distribution (Bergstra and Bengio, "Random search for hyper-parameter
 * optimization", JMLR 2012). A point is not proposed twice while the space has others.
 */
export class RandomSampler implements Sampler<Space> {
  readonly name = 'random';

  readonly #tried = new TriedPoints();

  propose({ space, history, stream }: ProposalRequest<Space>): Params {
    const wasTried = this.#tried.of(history);
    let point = sample(space, stream);
    for (let draws = 1; draws < MOST_DRAWS && wasTried(point); draws++) point = sample(space, stream);
    if (!wasTried(point)) return point;
    return leftOver(space, wasTried, stream) ?? point;
  }
}
