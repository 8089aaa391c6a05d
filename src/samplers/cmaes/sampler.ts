import { streamOf } from '../../core/random';
import type { ProposalRequest, Sampler } from '../../core/search';
import type { Params } from '../../core/trial';
import { axes, type Space } from '../../space';
import { Encoding } from '../encoding';
import { compareObservations, observe, type Observation } from '../observations';
import { SobolSampler } from '../sobol/sampler';
import { drawUnseen, wasTried } from '../unseen';
import { Evolution, populationOf } from './evolution';

const MOST_DRAWS = 50;

/** Why CMA-ES cannot search a space; null where it can. */
export function unfitForCmaes(space: Space): string | null {
  const category = axes(space).find(({ kind }) => kind === 'category');
  const conditional = space.holes.find(({ condition }) => condition !== null);
  if (space.holes.length === 0) return 'there is no hole';
  if (category !== undefined) return `${category.name} is a category`;
  return conditional === undefined ? null : `${conditional.name} is conditional`;
}

/**
 * The covariance matrix adaptation evolution strategy, active, with restarts of twice the population (Auger and Hansen,
 * "A restart CMA evolution strategy with increasing population size", CEC 2005), for spaces of numbers. Its state is a
 * function of the trials in the order of their completion: every λ of them are a generation, whoever proposed them, so
 * that any number of slots can be busy.
 */
export class CmaEsSampler implements Sampler<Space> {
  readonly name = 'cmaes';
  readonly #encoding: Encoding;
  readonly #cells: Float64Array;
  readonly #first: SobolSampler;

  constructor(space: Space) {
    this.#encoding = new Encoding(space);
    this.#cells = this.#encoding.counts.map((count) => (count > 0 ? 1 / count : 0));
    this.#first = new SobolSampler(space);
  }

  propose(request: ProposalRequest<Space>): Params {
    const encoding = this.#encoding;
    const { finished, tried } = observe(request, encoding);
    // The first generation fills the space evenly.
    if (finished.length < populationOf(encoding.size, 0)) return this.#first.propose(request);
    const evolution = this.#replay(finished, request.seed);
    for (let draw = 0; draw < MOST_DRAWS; draw++) {
      const point = evolution.draw(request.stream, this.#cells);
      const params = encoding.decode((axis) => point[axis]!);
      if (!wasTried(encoding.encode(params), tried)) return params;
    }
    return drawUnseen(encoding, tried, request.stream);
  }

  /** The strategy after all whole generations. */
  #replay(finished: readonly Observation[], seed: number): Evolution {
    const { size } = this.#encoding;
    let restarts = 0;
    let next = populationOf(size, 0);
    let evolution = new Evolution(centreOf(finished.slice(0, next), size), next);
    while (next + evolution.population <= finished.length) {
      const generation = finished.slice(next, next + evolution.population).toSorted(compareObservations);
      next += evolution.population;
      const losses = generation.map(({ losses: known }) => known?.[0] ?? Infinity);
      evolution.update(
        generation.map(({ code }) => code),
        losses,
      );
      if (!evolution.converged) continue;
      restarts += 1;
      const stream = streamOf(seed, 'cmaes restart', restarts);
      const mean = new Float64Array(size).map(() => stream.uniform());
      evolution = new Evolution(mean, populationOf(size, restarts));
    }
    return evolution;
  }
}

/** Where the first run begins: the middle of the better half of the first generation, the best weighing most. */
function centreOf(first: readonly Observation[], size: number): Float64Array {
  const better = first.toSorted(compareObservations).slice(0, Math.ceil(first.length / 2));
  const weights = better.map((_, rank) => Math.log((first.length + 1) / 2 + 0.5) - Math.log(rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = new Float64Array(size);
  better.forEach(({ code }, rank) => {
    for (let axis = 0; axis < size; axis++) centre[axis]! += ((weights[rank] ?? 0) / total) * code[axis]!;
  });
  return centre;
}
