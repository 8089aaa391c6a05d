import { ConflictError, InvalidError } from '../../core/errors';
import type { Direction } from '../../core/metrics';
import type { StoredTrial } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import type { ImportanceMethod } from '../../insight';
import type { Computing } from '../computing/computing';
import type { Importance } from '../services';

/** Below this nothing can be said. */
export const FEWEST_TRIALS = 4;

/**
 * How much of one objective's values each hole of a study explains, from its completed trials.
 * @throws InvalidError `invalid_objective`, ConflictError `too_few_trials`
 */
export async function importanceOf(
  { id, document, spec }: StudyRecord,
  trials: readonly StoredTrial[],
  { method, objective }: { readonly method: ImportanceMethod; readonly objective: number },
  computing: Computing,
): Promise<Importance> {
  const asked = spec.objectives[objective];
  if (asked === undefined) {
    const message = `${String(objective)} must be the index of an objective, from 0 to ${String(spec.objectives.length - 1)}`;
    throw new InvalidError('invalid_objective', `objective: ${message}`, {
      errors: [{ path: 'objective', message }],
    });
  }
  const measured = measuredTrials(trials, objective, asked.direction);
  if (measured.length < FEWEST_TRIALS) {
    throw new ConflictError(
      'too_few_trials',
      `importance needs ${String(FEWEST_TRIALS)} completed trials; this study has ${String(measured.length)}`,
    );
  }
  const importances = await computing.importance({
    document,
    params: measured.map(({ params }) => params),
    losses: Float64Array.from(measured, ({ loss }) => loss),
    method,
  });
  return { study: id, method, objective: asked.metric, trials: measured.length, importances };
}

/** Points of completed trials with one objective's values, to be minimised. */
export function measuredTrials(
  trials: readonly Pick<StoredTrial, 'state' | 'params' | 'values'>[],
  objective: number,
  direction: Direction,
): readonly { readonly params: StoredTrial['params']; readonly loss: number }[] {
  const sign = direction === 'maximize' ? -1 : 1;
  return trials.flatMap(({ state, params, values }) => {
    const value = values?.[objective];
    return state === 'completed' && value !== undefined && Number.isFinite(value)
      ? [{ params, loss: sign * value }]
      : [];
  });
}
