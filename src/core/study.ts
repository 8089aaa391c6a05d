import { ConflictError, InternalError } from './errors';
import type { JsonValue } from './json';
import type { Task } from './metrics';
import type { ExternalSpecification, Specification } from './specification';
import type { TrialState } from './trial';

export type StudyState = 'created' | 'running' | 'paused' | 'completed' | 'stopped' | 'failed';
export type StudyPhase = 'checks' | 'search' | 'final';
export type StopReason = 'trials' | 'timeout' | 'value' | 'plateau' | 'exhausted' | 'user' | 'failures';

/**
 * A study as it is stored. `document` is `{preparation, model, training}` with its holes, presets expanded; of a study
 * whose trials its caller trains it is the space, and there is no dataset, target or task.
 */
export interface StudyRecord {
  readonly id: string;
  readonly name: string;
  readonly state: StudyState;
  readonly dataset: string | null;
  readonly target: string | null;
  readonly task: Task | null;
  readonly spec: Specification | ExternalSpecification;
  readonly document: JsonValue;
  readonly phase: StudyPhase | null;
  /** Set as soon as the search is over; it outlives a crash in the final stage. */
  readonly stopReason: StopReason | null;
  readonly best: BestTrial | null;
  /** Running time that is behind the study, in milliseconds, without the present stretch. */
  readonly runningMs: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A study that trains its own trials. */
export interface InternalStudy extends StudyRecord {
  readonly dataset: string;
  readonly target: string;
  readonly task: Task;
  readonly spec: Specification;
}

/** A study that trains its own trials. @throws ConflictError `external_study` for one whose caller does */
export function internalStudy(study: StudyRecord): InternalStudy {
  const { dataset, target, task, spec } = study;
  if (spec.execution === 'external') {
    throw new ConflictError(
      'external_study',
      `study ${study.id} has no dataset: its trials are trained by its caller (ask and tell)`,
    );
  }
  if (dataset === null || target === null || task === null) {
    throw new InternalError('no_dataset', `study ${study.id} has no dataset, target or task`);
  }
  return { ...study, dataset, target, task, spec };
}

/** What a study begins with when it starts. */
export function firstPhase(spec: StudyRecord['spec']): StudyPhase {
  return spec.execution === 'internal' && spec.checks !== 'off' ? 'checks' : 'search';
}

export interface BestTrial {
  readonly trial: number;
  readonly values: readonly number[];
}

export type TrialCounts = Readonly<Record<TrialState, number>>;

export interface Progress extends TrialCounts {
  readonly phase: StudyPhase | null;
  readonly total: number | null;
}

export type StudyCommand = 'start' | 'pause' | 'resume' | 'stop' | 'extend' | 'delete';

const ALLOWED: Readonly<Record<StudyCommand, readonly StudyState[]>> = {
  start: ['created'],
  pause: ['running'],
  resume: ['paused'],
  stop: ['running', 'paused'],
  extend: ['created', 'running', 'paused', 'completed', 'stopped'],
  delete: ['created', 'paused', 'completed', 'stopped', 'failed'],
};

/** @throws ConflictError `invalid_state` when a study in `state` has no such step. */
export function assertStudyCommand(command: StudyCommand, state: StudyState): void {
  if (!ALLOWED[command].includes(state)) {
    throw new ConflictError(
      'invalid_state',
      `a study that is ${state} cannot ${command}; it can from: ${ALLOWED[command].join(', ')}`,
    );
  }
}

/** What the event stream carries; ids grow with time across all studies. */
export interface StudyEvent {
  readonly id: number;
  readonly study: string;
  readonly type: StudyEventType;
  readonly data: EventData;
}

export const STUDY_EVENT_TYPES = [
  'trial.started',
  'trial.epoch',
  'trial.finished',
  'trial.restarted',
  'trial.paused',
  'trial.resumed',
  'study.changed',
] as const;
export type StudyEventType = (typeof STUDY_EVENT_TYPES)[number];

export interface EventData {
  readonly study: string;
  readonly trial?: number;
  readonly attempt?: number;
  readonly epoch?: number;
  readonly train?: Readonly<Record<string, number | null>>;
  readonly validation?: Readonly<Record<string, number | null>>;
  readonly state?: StudyState | TrialState;
  readonly progress?: Progress;
}
