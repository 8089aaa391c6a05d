import { streamOf } from '../../core/random';
import type { ObservedTrial } from '../../core/search';
import type { StoredTrial } from '../../core/storage';
import type { StudyRun } from './study-run';
import { pointOf } from './trial-job';
import { newTrial } from './transitions';

/**
 * The next trial that the sampler proposes; null when there is none left, in the budget or in the space.
 * @param pending trials that are proposed and not committed yet, in order
 */
export function proposeNext(run: StudyRun, pending: readonly StoredTrial[]): StoredTrial | null {
  const { search, objectives } = run.record.spec;
  const number = run.count() + pending.length;
  if (run.exhausted || number >= search.trials) return null;
  const running = pending.map(({ number: own, params }): ObservedTrial => {
    return { number: own, state: 'running', params, values: null, constraintViolation: null };
  });
  const params = run.parts.sampler.propose({
    space: run.parts.space,
    history: running.length === 0 ? run.history() : run.history().concat(running),
    directions: objectives.map(({ direction }) => direction),
    number,
    stream: streamOf(search.seed, 'sampler', number),
    seed: search.seed,
    budget: search.trials,
  });
  if (params === null) {
    run.exhausted = true;
    return null;
  }
  return newTrial(run.id, number, pointOf(run, number, params, false));
}
