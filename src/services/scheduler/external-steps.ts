import { ConflictError, InvalidError } from '../../core/errors';
import type { StorageSession, StoredTrial } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import { isFinished, type EpochReport, type TrialError } from '../../core/trial';
import { announceEnd, becomeBest, reread } from './transitions';

/** Starts after which a trial that expires has failed. */
const MOST_STARTS = 3;

const NOT_FINITE = 'not_finite';

/** What a caller says of the end of a trial, checked. */
export interface Told {
  readonly state: 'completed' | 'pruned' | 'failed';
  /** One per objective; null: none were given. */
  readonly values: readonly number[] | null;
  readonly error: TrialError | null;
}

/**
 * The steps of trials that a caller trains, each inside one transaction.
 * @param attempt what the caller says its trial's attempt is; null: it did not
 * @throws ConflictError `stale_attempt`, `not_running`
 */
export function assertOwned(trial: StoredTrial, attempt: number | null): void {
  if (attempt !== null && attempt !== trial.run) {
    throw new ConflictError(
      'stale_attempt',
      `trial ${String(trial.number)} is in attempt ${String(trial.run)}, not ${String(attempt)}: it expired and was asked again`,
    );
  }
  if (trial.state === 'waiting' && trial.run > 0) {
    throw new ConflictError(
      'stale_attempt',
      `trial ${String(trial.number)} has expired and waits to be asked again`,
    );
  }
  if (trial.state !== 'running') {
    throw new ConflictError('not_running', `trial ${String(trial.number)} is ${trial.state}`);
  }
}

/**
 * A value per objective at a step. The same report again does no harm.
 * @returns the report where it is new
 * @throws ConflictError `step_reported` where another value was, `step_out_of_order`
 */
export function reportStep(
  session: StorageSession,
  { spec }: StudyRecord,
  trial: StoredTrial,
  step: number,
  values: readonly (number | null)[],
): EpochReport | null {
  const { study, number } = trial;
  const named = spec.objectives.map(({ metric }, i) => [metric, values[i] ?? null] as const);
  const report = { epoch: step, train: {}, validation: Object.fromEntries(named) };
  const known = session.epochAt(study, number, step);
  if (known !== null) {
    if (named.every(([metric, value]) => (known.validation[metric] ?? null) === value)) return null;
    throw new ConflictError('step_reported', `step ${String(step)} was reported with other values`);
  }
  const last = session.lastEpoch(study, number);
  if (last !== null && step < last) {
    const message = `steps are reported in ascending order; the last was ${String(last)}, this is ${String(step)}`;
    throw new ConflictError('step_out_of_order', message);
  }
  session.appendEpochs(study, number, [report]);
  session.updateTrial(study, number, { epochs: step });
  return report;
}

/**
 * The end of a trial as its caller tells it; the same again answers the same.
 * @throws ConflictError `already_told` where something else was told, and those of {@link assertOwned}; InvalidError
 *   `invalid_tell` where a pruned trial has no values and never reported any
 */
export function tellTrial(
  session: StorageSession,
  study: StudyRecord,
  trial: StoredTrial,
  told: Told,
  attempt: number | null,
): StoredTrial {
  if (isFinished(trial.state) && (attempt === null || attempt === trial.run)) {
    if (saysTheSame(session, study, trial, told)) return trial;
    const how = trial.state === 'cancelled' ? 'it was stopped' : 'something else was told of it';
    throw new ConflictError(
      'already_told',
      `trial ${String(trial.number)} is ${trial.state} already: ${how}`,
    );
  }
  assertOwned(trial, attempt);
  return endTold(
    session,
    study,
    trial,
    told.state === 'pruned' ? prunedOf(session, study, trial, told) : told,
  );
}

function endTold(session: StorageSession, study: StudyRecord, trial: StoredTrial, told: Told): StoredTrial {
  const { values } = told;
  const finishedAt = new Date().toISOString();
  const named = study.spec.objectives.map(({ metric }, i) => [metric, values?.[i] ?? null] as const);
  session.updateTrial(trial.study, trial.number, {
    state: told.state,
    values,
    metrics: { train: null, validation: values === null ? null : Object.fromEntries(named) },
    finishedAt,
    durationMs: trial.startedAt === null ? null : Date.parse(finishedAt) - Date.parse(trial.startedAt),
    error: told.error,
  });
  const finished = reread(session, trial);
  if (told.state === 'completed') becomeBest(session, study, finished);
  announceEnd(session, study, trial.number, told.state);
  return finished;
}

/** Nobody has spoken of the trial for too long: it waits to be asked again, and has failed the third time. */
export function expireTrial(session: StorageSession, study: StudyRecord, trial: StoredTrial): StoredTrial {
  session.deleteEpochs(trial.study, trial.number, 0);
  if (trial.run >= MOST_STARTS) {
    const message = `it was asked ${String(trial.run)} times, and each time nobody told its end`;
    session.updateTrial(trial.study, trial.number, {
      state: 'failed',
      epochs: 0,
      finishedAt: new Date().toISOString(),
      error: { code: 'expired', message },
    });
    announceEnd(session, study, trial.number, 'failed');
  } else {
    session.updateTrial(trial.study, trial.number, { state: 'waiting', epochs: 0, attempts: trial.run + 1 });
    const data = { study: trial.study, trial: trial.number, attempt: trial.run + 1 };
    session.appendEvent(trial.study, 'trial.restarted', data);
  }
  return reread(session, trial);
}

/** Of a pruned trial without values the last report stands; it has failed where that is not finite. */
function prunedOf(session: StorageSession, { spec }: StudyRecord, trial: StoredTrial, told: Told): Told {
  if (told.values !== null) return told;
  const last = session.lastEpoch(trial.study, trial.number);
  const report = last === null ? null : session.epochAt(trial.study, trial.number, last);
  if (report === null) {
    const message = 'are needed: nothing was reported of this trial that could stand for it';
    throw new InvalidError('invalid_tell', `values ${message}`, { errors: [{ path: 'values', message }] });
  }
  const reported = spec.objectives.map(({ metric }) => report.validation[metric] ?? null);
  const values = reported.filter((value) => value !== null);
  if (values.length === reported.length) return { ...told, values };
  const error = { code: NOT_FINITE, message: 'a value of its last report is not finite' };
  return { state: 'failed', values: null, error };
}

function saysTheSame(session: StorageSession, study: StudyRecord, trial: StoredTrial, told: Told): boolean {
  // Told as pruned, a trial ends as failed only where its last report is not finite.
  const asPruned = told.state === 'pruned' && trial.error?.code === NOT_FINITE;
  if (trial.state !== told.state && !asPruned) return false;
  const meant = told.state === 'pruned' ? prunedOf(session, study, trial, told) : told;
  if (trial.state !== meant.state) return false;
  if (meant.state === 'failed')
    return trial.error?.code === meant.error?.code && trial.error?.message === meant.error?.message;
  return JSON.stringify(meant.values) === JSON.stringify(trial.values);
}
