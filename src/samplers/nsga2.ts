import type { RandomStream } from '../core/random';
import type { ProposalRequest, Sampler } from '../core/search';
import type { Params } from '../core/trial';
import type { Space } from '../space';
import { Encoding, type Code } from './encoding';
import { observe, type Observation } from './observations';
import { rankObservations } from './ranking';
import { SobolSampler } from './sobol/sampler';
import { drawUnseen, wasTried } from './unseen';

const LARGEST_POPULATION = 50;
const SMALLEST_POPULATION = 10;
const MOST_DRAWS = 20;
/** Spread of children around their parents (Deb and Agrawal, "Simulated binary crossover", 1995). */
const CROSSOVER_INDEX = 10;
const MUTATION_INDEX = 20;

/**
 * NSGA-II (Deb et al., 2002) in its steady state: parents come from the best of the whole history by constraint
 * domination, non-dominated front and crowding, so that any number of slots can be busy. Children cross and mutate on
 * all kinds of holes; a hole that only one parent has is taken from that one.
 */
export class NsgaSampler implements Sampler<Space> {
  readonly name = 'nsga2';
  readonly #encoding: Encoding;
  readonly #first: SobolSampler;
  readonly #population: number;

  /** @param options `population` 0: a fifth of the study's trials, between 10 and 50 */
  constructor(space: Space, options: { readonly population: number }) {
    this.#population = options.population;
    this.#encoding = new Encoding(space);
    this.#first = new SobolSampler(space);
  }

  propose(request: ProposalRequest<Space>): Params {
    const encoding = this.#encoding;
    const { finished, tried } = observe(request, encoding);
    const population = this.#population > 0 ? this.#population : populationOf(request.budget);
    if (finished.length < population) return this.#first.propose(request);
    const { stream } = request;
    const parents = rankObservations(finished).slice(0, population);
    for (let draw = 0; draw < MOST_DRAWS; draw++) {
      const child = this.#child(pick(parents, stream), pick(parents, stream), stream);
      if (!wasTried(encoding.encode(child), tried)) return child;
    }
    return drawUnseen(encoding, tried, stream);
  }

  #child(a: Code, b: Code, stream: RandomStream): Params {
    const { categories, size } = this.#encoding;
    const active = a.reduce((count, at) => count + (Number.isNaN(at) ? 0 : 1), 0);
    const rate = 1 / Math.max(1, active);
    const fresh = Float64Array.from({ length: size }, (_, axis) => {
      return stream.uniform() * Math.max(1, categories[axis]!);
    });
    return this.#encoding.decode((axis) => {
      const [first, second] = stream.uniform() < 0.5 ? [a[axis]!, b[axis]!] : [b[axis]!, a[axis]!];
      if (Number.isNaN(first) && Number.isNaN(second)) return fresh[axis]!;
      if (Number.isNaN(first) || Number.isNaN(second)) return Number.isNaN(first) ? second : first;
      const mutates = stream.uniform() < rate;
      if (categories[axis]! > 0) return mutates ? fresh[axis]! : first;
      const crossed = cross(first, second, stream);
      return mutates ? mutate(crossed, this.#encoding.counts[axis]!, stream) : crossed;
    });
  }
}

function populationOf(budget: number): number {
  return Math.min(LARGEST_POPULATION, Math.max(SMALLEST_POPULATION, Math.floor(budget / 5)));
}

/** Binary tournament; `parents` are in order, the best first. */
function pick(parents: readonly Observation[], stream: RandomStream): Code {
  const one = stream.integer(0, parents.length - 1);
  const other = stream.integer(0, parents.length - 1);
  return parents[Math.min(one, other)]!.code;
}

function cross(a: number, b: number, stream: RandomStream): number {
  const u = stream.uniform();
  const power = 1 / (CROSSOVER_INDEX + 1);
  const spread = u < 0.5 ? (2 * u) ** power : (1 / (2 * (1 - u))) ** power;
  return clamp(0.5 * ((1 + spread) * a + (1 - spread) * b));
}

function mutate(x: number, count: number, stream: RandomStream): number {
  const u = stream.uniform();
  const power = 1 / (MUTATION_INDEX + 1);
  const move = u < 0.5 ? (2 * u) ** power - 1 : 1 - (2 * (1 - u)) ** power;
  // On a coarse lattice a step is at least to the next value.
  const least = count > 1 ? Math.sign(move) / count : 0;
  return clamp(x + (Math.abs(move) < Math.abs(least) ? least : move));
}

function clamp(x: number): number {
  return Math.min(1, Math.max(0, x));
}
