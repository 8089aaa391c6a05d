import type { ProposalRequest, Sampler } from '../core/search';
import type { Params } from '../core/trial';
import type { Space } from '../space';

/** A sampler for one objective, and another where there are several. */
export class Fallback implements Sampler<Space> {
  readonly name: string;
  readonly #single: Sampler<Space>;
  readonly #several: Sampler<Space>;

  constructor(name: string, single: Sampler<Space>, several: Sampler<Space>) {
    this.name = name;
    this.#single = single;
    this.#several = several;
  }

  propose(request: ProposalRequest<Space>): Params | null {
    return (request.directions.length > 1 ? this.#several : this.#single).propose(request);
  }
}
