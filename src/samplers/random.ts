import type { ProposalRequest, Sampler } from '../core/search';
import type { Params } from '../core/trial';
import type { Space } from '../space';
import { drawUntried, TriedPoints } from './unseen';

/**
 * Independent draws, each hole from its own distribution (Bergstra and Bengio, "Random search for hyper-parameter
 * optimization", JMLR 2012). A point is not proposed twice while the space has others.
 */
export class RandomSampler implements Sampler<Space> {
  readonly name = 'random';

  readonly #tried = new TriedPoints();

  propose({ space, history, stream }: ProposalRequest<Space>): Params {
    return drawUntried(space, this.#tried.of(history), stream);
  }
}
