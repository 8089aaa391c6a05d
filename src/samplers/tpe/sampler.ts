import type { ProposalRequest, Sampler } from '../../core/search';
import type { Params } from '../../core/trial';
import type { Space } from '../../space';
import { Encoding, type Code } from '../encoding';
import { observe, type Observation, type Observations } from '../observations';
import { RandomSampler } from '../random';
import { rankObservations } from '../ranking';
import { drawUnseen, wasTried } from '../unseen';
import { kernelRuleOf } from './bandwidths';
import { Mixture } from './mixture';

const GOOD_SHARE = 0.15;
const MOST_GOOD = 25;
/** Kernels of the other trials: beyond that one more tells nothing new of where most trials lie. */
const MOST_OTHERS = 400;

export interface TpeOptions {
  /** Trials before the first that is modelled. */
  readonly startup: number;
  /** Points drawn from the density of good trials, of which the most promising is proposed. */
  readonly candidates: number;
}

/**
 * The tree-structured Parzen estimator (Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011),
 * in the multivariate form (Falkner et al., BOHB, ICML 2018; Watanabe, arXiv 2304.11127): a density of the good
 * trials over one of the others. Conditional holes are part of the kernels ({@link Mixture}). Trials under way count
 * among the others (constant liar), so that slots spread out. Several objectives: the good trials are those of the
 * first non-dominated fronts (Ozaki et al., GECCO 2020).
 */
export class TpeSampler implements Sampler<Space> {
  readonly name = 'tpe';
  readonly #options: TpeOptions;
  readonly #encoding: Encoding;
  /** Independent draws, as `gp` has them and for the same reason. */
  readonly #startup = new RandomSampler();

  constructor(space: Space, options: TpeOptions) {
    this.#options = options;
    this.#encoding = new Encoding(space);
  }

  propose(request: ProposalRequest<Space>): Params {
    const encoding = this.#encoding;
    const observations = observe(request, encoding);
    if (observations.finished.length < this.#options.startup) return this.#startup.propose(request);
    const { good, others } = densities(encoding, observations);
    const { stream } = request;
    let best: Code | null = null;
    let most = -Infinity;
    for (let i = 0; i < this.#options.candidates; i++) {
      const candidate = good.draw(stream);
      const promise = good.logDensity(candidate) - others.logDensity(candidate);
      if (promise > most && !wasTried(candidate, observations.tried)) {
        best = candidate;
        most = promise;
      }
    }
    if (best === null) return drawUnseen(encoding, observations.tried, stream);
    const chosen = best;
    return encoding.decode((axis) => chosen[axis] ?? NaN);
  }
}

/** How many of n trials count as good: three in twenty, at most 25. */
function goodCount(n: number): number {
  return Math.min(Math.ceil(GOOD_SHARE * n), MOST_GOOD);
}

function densities(
  encoding: Encoding,
  { finished, pending }: Observations,
): { good: Mixture; others: Mixture } {
  const ranked = rankObservations(finished);
  const count = goodCount(finished.length);
  const codesOf = (observations: readonly Observation[]): Code[] => observations.map(({ code }) => code);
  const good = codesOf(ranked.slice(0, count));
  const others = [...thinned(codesOf(ranked.slice(count))), ...pending];
  return {
    good: new Mixture(encoding, good, kernelRuleOf(encoding, good)),
    others: new Mixture(encoding, others, kernelRuleOf(encoding, others)),
  };
}

/** Every so many, by rank. */
function thinned(codes: readonly Code[]): readonly Code[] {
  if (codes.length <= MOST_OTHERS) return codes;
  const stride = codes.length / MOST_OTHERS;
  return Array.from({ length: MOST_OTHERS }, (_, i) => codes[Math.floor(i * stride)]!);
}
