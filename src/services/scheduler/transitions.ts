import type { TrialOutcome, TrialStarted } from '../../core/job';
import { isBetterTrial, valuesOf, violationOf, type Candidate } from '../../core/objectives';
import type {
  StorageReader,
  StorageSession,
  StoredCheckpoint,
  StoredNetwork,
  StoredTrial,
} from '../../core/storage';
import type { Progress, StudyRecord } from '../../core/study';
import type { EpochReport, TrialError } from '../../core/trial';
import { InternalError } from '../../core/errors';

/** A trial's charged attempts after which a lost worker process is laid at its door. */
const MOST_CHARGED_LOSSES = 2;

/**
 * The writes of the scheduler. Each function is one step of a trial or a study, made of rows and the event that
 * tells of it, and runs inside one transaction; each returns the trial as it is afterwards.
 */

export function progressOf(session: StorageReader, study: StudyRecord): Progress {
  return { phase: study.phase, ...session.trialCounts(study.id), total: study.spec.search.trials };
}

export function announceStudy(session: StorageSession, id: string): StudyRecord {
  const study = session.study(id);
  if (study === null) throw new InternalError('study_gone', `study ${id} is not stored`);
  const data = { study: id, state: study.state, progress: progressOf(session, study) };
  session.appendEvent(id, 'study.changed', data);
  return study;
}

export function newTrial(
  study: string,
  number: number,
  point: Pick<StoredTrial, 'params' | 'config' | 'seed' | 'enqueued'>,
): StoredTrial {
  return {
    study,
    number,
    ...point,
    state: 'waiting',
    values: null,
    metrics: { train: null, validation: null },
    epochs: 0,
    bestEpoch: null,
    parameters: null,
    startedAt: null,
    finishedAt: null,
    durationMs: null,
    device: null,
    engine: null,
    engineReason: null,
    attempts: 0,
    error: null,
    run: 0,
    isolated: false,
    finishedOrder: null,
    rungOrder: null,
    network: null,
    checkpoint: null,
    pausedAt: null,
    idleMs: 0,
    lastSignAt: null,
  };
}

export function enterRunning(session: StorageSession, trial: StoredTrial): StoredTrial {
  const first = trial.run === 0;
  const at = now();
  const idleSince = trial.pausedAt ?? trial.lastSignAt ?? at;
  session.updateTrial(trial.study, trial.number, {
    state: 'running',
    run: trial.run + 1,
    attempts: Math.max(1, trial.attempts),
    startedAt: trial.startedAt ?? at,
    pausedAt: null,
    idleMs: trial.idleMs + Math.max(0, Date.parse(at) - Date.parse(idleSince)),
    lastSignAt: at,
  });
  if (trial.pausedAt !== null) {
    const data = { study: trial.study, trial: trial.number, epoch: trial.epochs };
    session.appendEvent(trial.study, 'trial.resumed', data);
  }
  // A later start was announced as `trial.restarted`, together with the end of what the lost one had reported.
  if (first) announceStart(session, trial);
  return reread(session, trial);
}

/** Stores a new trial that runs at once: one row written where inserting and starting it would write two. */
export function insertRunning(session: StorageSession, trial: StoredTrial): StoredTrial {
  const started = { ...trial, state: 'running' as const, run: 1, attempts: 1, startedAt: now() };
  session.insertTrial(started);
  announceStart(session, started);
  return started;
}

function announceStart(session: StorageSession, { study, number }: StoredTrial): void {
  session.appendEvent(study, 'trial.started', { study, trial: number, attempt: 1 });
}

export function recordStart(session: StorageSession, trial: StoredTrial, details: TrialStarted): StoredTrial {
  // A second start is told to take the engine of the first; why that was chosen stays as it was said then.
  const engineReason = trial.engine === null ? details.engineReason : trial.engineReason;
  session.updateTrial(trial.study, trial.number, { ...details, engineReason, lastSignAt: now() });
  return reread(session, trial);
}

export function recordEpochs(
  session: StorageSession,
  trial: StoredTrial,
  reports: readonly EpochReport[],
): StoredTrial {
  session.appendEpochs(trial.study, trial.number, reports);
  session.updateTrial(trial.study, trial.number, {
    epochs: reports.at(-1)?.epoch ?? trial.epochs,
    lastSignAt: now(),
  });
  return reread(session, trial);
}

/** The trial stands at a rung and gives its slot back; no attempt is counted. */
export function pauseTrial(
  session: StorageSession,
  trial: StoredTrial,
  checkpoint: StoredCheckpoint,
): StoredTrial {
  session.updateTrial(trial.study, trial.number, { state: 'waiting', checkpoint, pausedAt: now() });
  const data = { study: trial.study, trial: trial.number, epoch: checkpoint.epoch };
  session.appendEvent(trial.study, 'trial.paused', data);
  return reread(session, trial);
}

export function recordCheckpoint(
  session: StorageSession,
  trial: StoredTrial,
  checkpoint: StoredCheckpoint,
): StoredTrial {
  session.updateTrial(trial.study, trial.number, { checkpoint });
  return reread(session, trial);
}

export function finishTrial(
  session: StorageSession,
  study: StudyRecord,
  trial: StoredTrial,
  outcome: TrialOutcome,
  more: {
    readonly network: StoredNetwork | null;
    /** The epoch that speaks for a trial which ends before its time. */
    readonly bestSoFar: EpochReport | null;
  },
): StoredTrial {
  const finishedAt = now();
  const startedAt = trial.startedAt === null ? null : Date.parse(trial.startedAt);
  // Standing at a rung is no part of the duration, nor is waiting after a lost process.
  const ranUntil = Date.parse(trial.pausedAt ?? finishedAt);
  const durationMs = startedAt === null ? null : ranUntil - startedAt - trial.idleMs;
  const result = resultOf(outcome, more.bestSoFar);
  const parameters = result.parameters ?? trial.parameters;
  const measured = { validation: result.metrics?.validation ?? null, parameters, durationMs };
  const values = measured.validation === null ? null : valuesOf(study.spec.objectives, measured);
  const end = endOf(outcome, values, study);
  session.updateTrial(trial.study, trial.number, {
    ...result,
    ...end,
    finishedAt,
    durationMs,
    network: end.state === 'completed' ? more.network : null,
    checkpoint: null,
    pausedAt: null,
    values: end.state === 'failed' ? null : values,
  });
  const finished = reread(session, trial);
  if (end.state === 'completed') becomeBest(session, study, finished);
  announceEnd(session, study, trial.number, end.state);
  return finished;
}

type End = Pick<StoredTrial, 'error'> & { readonly state: 'completed' | 'pruned' | 'failed' | 'cancelled' };

/** A trial is completed only where every objective has a value. */
function endOf(outcome: TrialOutcome, values: readonly number[] | null, { spec }: StudyRecord): End {
  if (outcome.state === 'failed') return { state: 'failed', error: outcome.error };
  if (outcome.state !== 'completed' || values !== null) return { state: outcome.state, error: null };
  const names = spec.objectives.map(({ metric }) => metric).join(', ');
  const message = `an objective was undefined at the best epoch; they are ${names}`;
  return { state: 'failed', error: { code: 'undefined_objective', message } };
}

/** A study with several objectives has no best trial. */
export function becomeBest(session: StorageSession, study: StudyRecord, trial: StoredTrial): void {
  const { objectives } = study.spec;
  if (objectives.length > 1 || trial.values === null) return;
  const best = session.study(study.id)?.best ?? null;
  const holder = best === null ? null : session.trial(study.id, best.trial);
  if (isBetterTrial(candidateOf(study, trial), holder && candidateOf(study, holder), objectives)) {
    session.updateStudy(study.id, { best: { trial: trial.number, values: trial.values } });
  }
}

/** A finished trial as others are compared with it. */
export function candidateOf({ spec }: StudyRecord, trial: StoredTrial): Candidate {
  const { parameters, durationMs, metrics } = trial;
  const measured = { validation: metrics.validation, parameters, durationMs };
  return { values: trial.values ?? [], violation: violationOf(spec.constraints, measured) };
}

function resultOf(outcome: TrialOutcome, bestSoFar: EpochReport | null): Partial<StoredTrial> {
  if (outcome.state === 'completed') {
    const { epochs, bestEpoch, metrics, network } = outcome;
    return { epochs, bestEpoch, metrics, ...(network === null ? {} : { parameters: network.parameters }) };
  }
  if (outcome.state === 'failed' || bestSoFar === null) return {};
  const { epoch, train, validation } = bestSoFar;
  return { bestEpoch: epoch, metrics: { train, validation } };
}

/** A trial that never ran or can no longer run. */
export function endWithoutRunning(
  session: StorageSession,
  study: StudyRecord,
  trial: StoredTrial,
  end: { readonly state: 'cancelled' } | { readonly state: 'failed'; readonly error: TrialError },
): StoredTrial {
  session.updateTrial(trial.study, trial.number, {
    state: end.state,
    finishedAt: now(),
    error: end.state === 'failed' ? end.error : null,
    checkpoint: null,
    pausedAt: null,
  });
  announceEnd(session, study, trial.number, end.state);
  return reread(session, trial);
}

/**
 * A trial whose worker process is gone: what it had reported since its last checkpoint is void, and it waits again
 * (semantics.md, lost processes). `charged`: it was alone in that process; the second time it has `failed`. `anew`: its
 * checkpoint is of no use. `at`: when the process was lost; left out: nobody knows, and what it last said counts.
 */
export function loseTrial(
  session: StorageSession,
  study: StudyRecord,
  trial: StoredTrial,
  loss: {
    readonly charged: boolean;
    readonly isolate: boolean;
    readonly anew?: boolean;
    readonly reason: string;
    readonly at?: string;
    /** Nothing was lost: the trial has only not begun yet. */
    readonly quiet?: boolean;
  },
): StoredTrial {
  const chargedLosses = trial.attempts - 1 + (loss.charged ? 1 : 0);
  const failed = chargedLosses >= MOST_CHARGED_LOSSES;
  const checkpoint = failed || loss.anew === true ? null : trial.checkpoint;
  session.deleteEpochs(trial.study, trial.number, checkpoint?.epoch ?? 0);
  if (failed) {
    const message = `its worker process was lost twice while it ran nothing else: ${loss.reason}`;
    session.updateTrial(trial.study, trial.number, {
      state: 'failed',
      epochs: 0,
      finishedAt: now(),
      error: { code: 'worker_lost', message },
      checkpoint,
    });
    announceEnd(session, study, trial.number, 'failed');
    return reread(session, trial);
  }
  session.updateTrial(trial.study, trial.number, {
    state: 'waiting',
    epochs: checkpoint?.epoch ?? 0,
    checkpoint,
    attempts: chargedLosses + 1,
    isolated: loss.isolate,
    lastSignAt: loss.at ?? trial.lastSignAt,
  });
  if (loss.quiet !== true) {
    const data = { study: trial.study, trial: trial.number, attempt: chargedLosses + 1 };
    session.appendEvent(trial.study, 'trial.restarted', data);
  }
  return reread(session, trial);
}

export function announceEnd(
  session: StorageSession,
  study: StudyRecord,
  trial: number,
  state: 'completed' | 'pruned' | 'failed' | 'cancelled',
): void {
  const progress = progressOf(session, study);
  session.appendEvent(study.id, 'trial.finished', { study: study.id, trial, state, progress });
}

export function reread(session: StorageSession, { study, number }: StoredTrial): StoredTrial {
  const trial = session.trial(study, number);
  if (trial === null)
    throw new InternalError('trial_gone', `trial ${String(number)} of ${study} is not stored`);
  return trial;
}

function now(): string {
  return new Date().toISOString();
}
