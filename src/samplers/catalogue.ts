import type { Sampler } from '../core/search';
import type { Space } from '../space';
import { CmaEsSampler, unfitForCmaes } from './cmaes/sampler';
import { Fallback } from './fallback';
import { GpSampler } from './gp/sampler';
import { GridSampler } from './grid';
import { NsgaSampler } from './nsga2';
import { RandomSampler } from './random';
import { SobolSampler } from './sobol/sampler';
import { TpeSampler } from './tpe/sampler';

/** A whole number that a sampler takes. */
export interface OptionRule {
  readonly low: number;
  readonly high: number;
  readonly standard: number;
}

export type SamplerName = 'random' | 'grid' | 'sobol' | 'tpe' | 'gp' | 'cmaes' | 'nsga2';

export interface SamplerDefinition<Option extends string = string> {
  readonly options: Readonly<Record<Option, OptionRule>>;
  /** @throws InvalidError `invalid_search_space` where it cannot search the space */
  make(space: Space, options: Readonly<Record<Option, number>>): Sampler<Space>;
}

/** Trials before the first that is modelled. */
const STARTUP: OptionRule = { low: 1, high: 1000, standard: 10 };
const CANDIDATES: OptionRule = { low: 1, high: 1000, standard: 16 };
const TPE_STANDARD = { startup: STARTUP.standard, candidates: CANDIDATES.standard };

/** Keeps a definition's option names together with what `make` takes. */
function define<Option extends string>(definition: SamplerDefinition<Option>): SamplerDefinition {
  return definition;
}

export const SAMPLERS: Readonly<Record<SamplerName, SamplerDefinition>> = {
  random: define({ options: {}, make: () => new RandomSampler() }),
  grid: define({ options: {}, make: (space) => new GridSampler(space) }),
  sobol: define({ options: {}, make: (space) => new SobolSampler(space) }),
  tpe: define({
    options: { startup: STARTUP, candidates: CANDIDATES },
    make: (space, options) => new TpeSampler(space, options),
  }),
  gp: define({ options: { startup: STARTUP }, make: (space, options) => new GpSampler(space, options) }),
  cmaes: define({
    options: {},
    make: (space) => {
      const fallback = new TpeSampler(space, TPE_STANDARD);
      return new Fallback(
        'cmaes',
        unfitForCmaes(space) === null ? new CmaEsSampler(space) : fallback,
        fallback,
      );
    },
  }),
  // 0: a fifth of the study's trials, between 10 and 50.
  nsga2: define({
    options: { population: { low: 2, high: 1000, standard: 0 } },
    make: (space, options) => new NsgaSampler(space, options),
  }),
};
