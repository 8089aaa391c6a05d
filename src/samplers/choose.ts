import type { JsonObject } from '../core/json';
import { axes, countPoints, type Space } from '../space';
import { unfitForCmaes } from './cmaes/sampler';

/** What `auto` looks at. */
export interface SamplerSituation {
  readonly space: Space;
  /** Trials that the study may make. */
  readonly trials: number;
  readonly objectives: number;
  /** Trials that may run at once, as far as the study says. */
  readonly parallelism: number | 'auto';
}

export interface SamplerChoice {
  readonly sampler: string | JsonObject;
  /** Why, in a sentence; null where it was asked for and does what its name says. */
  readonly reason: string | null;
}

/** Beyond so many trials a Gaussian process sees only a part of the history. */
const MOST_GP_TRIALS = 1000;
/** Beyond so many holes its length scales cannot be told apart. */
const MOST_GP_HOLES = 40;
/** With more slots than this most of what it knows would be guesses about trials under way. */
const MOST_GP_SLOTS = 16;

/**
 * How many trials may run at once: a sampler that learns from trials makes little of those that all run beside each
 * other, so that with `auto` at most a fifth of them do.
 */
export function mostParallel(
  sampler: string | JsonObject,
  parallelism: number | 'auto',
  trials: number,
): number {
  if (parallelism !== 'auto') return parallelism;
  const name = typeof sampler === 'string' ? sampler : Object.keys(sampler)[0];
  if (name === 'random' || name === 'grid' || name === 'sobol') return Infinity;
  const share = Math.max(1, Math.floor(trials / 5));
  return name === 'gp' ? Math.min(share, MOST_GP_SLOTS) : share;
}

/** Why a study has the sampler that its specification names; null where there is nothing to say. */
export function reasonForSampler(sampler: string | JsonObject, situation: SamplerSituation): string | null {
  const automatically = chooseSampler('auto', situation);
  return automatically.sampler === sampler ? automatically.reason : chooseSampler(sampler, situation).reason;
}

/** `auto` as the sampler that suits the study; anything else as it is, with a note where it must give way. */
export function chooseSampler(requested: string | JsonObject, situation: SamplerSituation): SamplerChoice {
  if (requested === 'auto') return automatic(situation);
  const name = typeof requested === 'string' ? requested : Object.keys(requested)[0];
  if (name !== 'cmaes') return { sampler: requested, reason: null };
  const unfit = situation.objectives > 1 ? 'there are several objectives' : unfitForCmaes(situation.space);
  return {
    sampler: requested,
    reason:
      unfit === null
        ? null
        : `cmaes searches numbers for one objective; points come from tpe, because ${unfit}`,
  };
}

function automatic({ space, trials, objectives, parallelism }: SamplerSituation): SamplerChoice {
  const holes = axes(space).length;
  const text = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
  if (holes === 0) return { sampler: 'random', reason: 'there is no hole to search' };
  const points = countPoints(space);
  if (points !== null && points <= BigInt(trials)) {
    return {
      sampler: 'grid',
      reason: `${text(trials, 'trial')} cover all ${String(points)} points of the space`,
    };
  }
  const seen = `${text(holes, 'hole')}, ${text(trials, 'trial')}, ${text(objectives, 'objective')}`;
  if (objectives > 2) {
    return {
      sampler: 'nsga2',
      reason: `${seen}: a population spreads best over a front of three values or more`,
    };
  }
  if (trials > MOST_GP_TRIALS) {
    return { sampler: 'tpe', reason: `${seen}: its cost stays small however long the history grows` };
  }
  if (holes > MOST_GP_HOLES) {
    return { sampler: 'tpe', reason: `${seen}: too many holes for a Gaussian process` };
  }
  if (parallelism !== 'auto' && parallelism > MOST_GP_SLOTS) {
    return {
      sampler: 'tpe',
      reason: `${seen}, ${text(parallelism, 'slot')}: it minds many trials at once least`,
    };
  }
  return { sampler: 'gp', reason: `${seen}: a Gaussian process gets most out of few trials` };
}
