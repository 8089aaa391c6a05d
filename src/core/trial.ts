import { InternalError } from './errors';
import type { JsonPrimitive, JsonValue } from './json';
import type { Metrics } from './metrics';
import type { EngineName } from './specification';

export type TrialState = 'waiting' | 'running' | 'completed' | 'pruned' | 'failed' | 'cancelled';
export type Params = Readonly<Record<string, JsonPrimitive>>;

/** One epoch of a learning curve; `epoch` counts from 1. */
export interface EpochReport {
  readonly epoch: number;
  readonly train: Metrics;
  readonly validation: Metrics;
}

export interface TrialError {
  /** `diverged`, `invalid_model`, `worker_lost` … */
  readonly code: string;
  readonly message: string;
}

export interface Trial {
  readonly number: number;
  readonly state: TrialState;
  readonly params: Params;
  /** The filled document: `{preparation, model, training}`, presets expanded; of ask and tell: any document. */
  readonly config: JsonValue;
  readonly seed: number;
  /** One value per objective, of `bestEpoch`; null while there is none. */
  readonly values: readonly number[] | null;
  readonly metrics: {
    readonly train: Metrics | null;
    readonly validation: Metrics | null;
    /** k-fold: standard deviation of the validation metrics over the folds. */
    readonly deviation?: Metrics | null;
  };
  /** Epochs trained so far. */
  readonly epochs: number;
  readonly bestEpoch: number | null;
  readonly parameters: number | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly device: string | null;
  readonly engine: EngineName | null;
  readonly engineReason: string | null;
  /** 0 before the first start, else 1 + the attempts that were charged to the trial (semantics.md, lost processes). */
  readonly attempts: number;
  readonly error: TrialError | null;
}

export interface TrialWithCurve extends Trial {
  readonly curve: readonly EpochReport[];
}

const TRANSITIONS: Readonly<Record<TrialState, readonly TrialState[]>> = {
  // A trial that is paused at a rung is pruned where the study ends without promoting it.
  waiting: ['running', 'pruned', 'cancelled', 'failed'],
  running: ['completed', 'pruned', 'failed', 'cancelled', 'waiting'],
  completed: [],
  pruned: [],
  failed: [],
  cancelled: [],
};

/** @throws InternalError `illegal_transition`: a trial may only move along the table of architecture.md. */
export function assertTrialTransition(from: TrialState, to: TrialState): void {
  if (!TRANSITIONS[from].includes(to)) {
    throw new InternalError('illegal_transition', `a trial cannot go from ${from} to ${to}`);
  }
}

export function isFinished(state: TrialState): boolean {
  return TRANSITIONS[state].length === 0;
}

/** The median of best epochs, rounded; at least 1. */
export function medianEpoch(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 1;
  return sorted.length % 2 === 1
    ? upper
    : Math.max(1, Math.round(((sorted[middle - 1] ?? upper) + upper) / 2));
}
