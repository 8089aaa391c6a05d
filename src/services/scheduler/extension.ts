import { InvalidError, type FieldError } from '../../core/errors';
import { isJsonObject } from '../../core/json';
import type { SearchSettings } from '../../core/specification';
import type { StudyRecord } from '../../core/study';

const MOST_TRIALS = 100_000;

/**
 * The search settings with the bigger budget of `{"trials"?, "timeoutSeconds"?}`. Both are totals, counted from the
 * study's first trial, as in its specification.
 * @throws InvalidError `invalid_extension` with the path of each field that does not enlarge the budget
 */
export function checkExtension(body: unknown, study: StudyRecord, trialsMade: number): SearchSettings {
  if (!isJsonObject(body)) {
    throw new InvalidError('invalid_extension', 'the body must be an object such as {"trials": 100}');
  }
  const { search } = study.spec;
  const errors: FieldError[] = Object.keys(body)
    .filter((key) => key !== 'trials' && key !== 'timeoutSeconds')
    .map((path) => ({ path, message: 'unknown field' }));
  const trials = body['trials'] ?? search.trials;
  const timeoutSeconds =
    body['timeoutSeconds'] === undefined ? search.timeoutSeconds : body['timeoutSeconds'];
  if (Object.keys(body).length === 0)
    errors.push({ path: '', message: 'give trials, timeoutSeconds or both' });
  if (typeof trials !== 'number' || !Number.isInteger(trials) || trials > MOST_TRIALS) {
    errors.push({ path: 'trials', message: `must be a whole number up to ${String(MOST_TRIALS)}` });
  } else if (body['trials'] !== undefined && trials <= search.trials) {
    errors.push({
      path: 'trials',
      message: `must be more than the present budget of ${String(search.trials)} trials in all`,
    });
  }
  if (timeoutSeconds !== null && (typeof timeoutSeconds !== 'number' || timeoutSeconds <= 0)) {
    errors.push({
      path: 'timeoutSeconds',
      message: 'must be a number of seconds above 0, or null for no limit',
    });
  } else if (timeoutSeconds !== null && timeoutSeconds * 1000 <= study.runningMs) {
    const used = String(Math.ceil(study.runningMs / 1000));
    errors.push({ path: 'timeoutSeconds', message: `must be more than the ${used} seconds already used` });
  } else if (
    body['timeoutSeconds'] != null &&
    search.timeoutSeconds !== null &&
    Number(timeoutSeconds) <= search.timeoutSeconds
  ) {
    const present = String(search.timeoutSeconds);
    errors.push({
      path: 'timeoutSeconds',
      message: `must be more than the present budget of ${present} seconds in all`,
    });
  }
  if (
    errors.length === 0 &&
    typeof trials === 'number' &&
    trials <= trialsMade &&
    study.state !== 'running'
  ) {
    errors.push({ path: 'trials', message: `all ${String(trials)} trials are made; give more` });
  }
  if (errors.length > 0) {
    throw new InvalidError('invalid_extension', 'the budget cannot be extended like this', { errors });
  }
  return { ...search, trials: trials as number, timeoutSeconds: timeoutSeconds as number | null };
}
