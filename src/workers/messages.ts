import type { MessagePort } from 'node:worker_threads';
import type { CarriedError } from './carried-error';
import type {
  DataJob,
  Decision,
  EngineStatus,
  JobOutcome,
  StudyTaskKind,
  TaskJob,
  TaskResult,
  TrialJob,
  TrialStarted,
} from '../core/job';
import type { PhaseTimes } from '../core/phase-clock';
import type { PreparationConfig } from '../core/specification';
import type { EpochReport } from '../core/trial';
import type { PreparedTable } from '../datasets';
import type { EngineSurvey } from '../runtime';

/** What a thread is given when it begins. */
export interface ThreadStart {
  readonly survey: EngineSurvey;
  /** Bytes that a network may take in training. */
  readonly slotMemory: number;
  /** Bytes of training rows that a trial may have to itself. */
  readonly rowMemory: number;
}

/** API process → worker process. */
export type ToWorker =
  | { readonly kind: 'run'; readonly job: TrialJob }
  | { readonly kind: 'verdict'; readonly job: string; readonly decision: Decision }
  | { readonly kind: 'cancel'; readonly job: string }
  | { readonly kind: 'perform'; readonly task: StudyTaskKind; readonly job: TaskJob };

/** Worker process → API process. */
export type FromWorker =
  | {
      readonly kind: 'ready';
      readonly engines: readonly EngineStatus[];
      /** The TensorFlow there can be loaded by one thread of a process only. */
      readonly oneThread: boolean;
    }
  | { readonly kind: 'started'; readonly job: string; readonly details: TrialStarted }
  | {
      readonly kind: 'epochs';
      readonly job: string;
      readonly reports: readonly EpochReport[];
      readonly waiting: boolean;
    }
  | {
      readonly kind: 'checkpoint';
      readonly job: string;
      readonly epoch: number;
      readonly checkpoint: Uint8Array;
    }
  | {
      readonly kind: 'finished';
      readonly job: string;
      readonly outcome: JobOutcome;
      /** What the trial's time went to; empty where its thread was ended. */
      readonly spent: PhaseTimes;
      /** Of the process, after the trial. */
      readonly residentBytes: number;
    }
  | { readonly kind: 'performed'; readonly job: string; readonly result: TaskResult }
  | { readonly kind: 'refused'; readonly job: string; readonly error: CarriedError }
  /** A slot has shown no sign of life for longer than it should: the process has to go. */
  | { readonly kind: 'stuck'; readonly job: string };

/** Pool → thread. */
export type ThreadTask =
  | {
      readonly kind: 'prepare';
      readonly data: DataJob;
      readonly config: PreparationConfig;
      readonly memoryBytes: number;
    }
  | {
      readonly kind: 'train';
      readonly job: TrialJob;
      readonly data: PreparedTable;
      readonly device: string;
      readonly port: MessagePort;
      readonly signals: SharedArrayBuffer;
    }
  | {
      readonly kind: 'perform';
      readonly task: StudyTaskKind;
      readonly job: TaskJob;
      readonly data: PreparedTable;
      readonly signals: SharedArrayBuffer;
      readonly memoryBytes: number;
    };

/** How a task of a thread ends. */
export type ThreadAnswer =
  { readonly result: PreparedTable | JobOutcome | TaskResult } | { readonly error: CarriedError };

/** Thread → process, over the trial's port. */
export type FromThread =
  | { readonly kind: 'started'; readonly details: TrialStarted }
  | { readonly kind: 'epochs'; readonly reports: readonly EpochReport[]; readonly waiting: boolean }
  | { readonly kind: 'checkpoint'; readonly epoch: number; readonly checkpoint: Uint8Array }
  | { readonly kind: 'end'; readonly spent: PhaseTimes };

/** Places in the shared signals of a trial or task, as int32. */
export const CANCELLED = 0;
/** Grows with every look at the cancel flag (of a trial once training has begun) and other signs of life. */
export const PULSE = 1;
export const SIGNAL_BYTES = 8;
