import { isBetter, type Direction } from '../core/metrics';
import type { PeerCurve, Pruner } from '../core/search';
import { lastVerdictStep, type VerdictSteps } from '../core/verdict-steps';
import { bestAt, stepsOf } from './standing';

export interface PatientOptions {
  /** Steps without improvement that are forgiven; at least 1. */
  readonly patience: number;
  /** An improvement is more than this; at least 0. */
  readonly minDelta: number;
}

/** Does what another pruner says only where a trial's first objective has not improved over the last steps. */
export class PatientPruner implements Pruner {
  readonly name = 'patient';
  readonly promotes: boolean;
  readonly #options: PatientOptions;
  /** Null: impatience alone stops a trial. */
  readonly #inner: Pruner | null;
  readonly #own: VerdictSteps;

  constructor(options: PatientOptions, inner: Pruner | null) {
    this.#options = options;
    this.#inner = inner;
    this.#own = { from: options.patience + 1, every: 1 };
    this.promotes = inner?.promotes ?? false;
  }

  verdicts(trial: number): VerdictSteps | null {
    return this.#inner === null ? this.#own : this.#inner.verdicts(trial);
  }

  shouldPrune(trial: PeerCurve, peers: readonly PeerCurve[], directions: readonly Direction[]): boolean {
    const steps = stepsOf(trial);
    const verdicts = this.verdicts(trial.number);
    if (steps === null || verdicts === null) return false;
    if (lastVerdictStep(verdicts, steps.previous, steps.last) === null) return false;
    if (steps.last <= this.#options.patience || this.#improves(trial, steps.last, directions)) return false;
    return this.#inner === null || this.#inner.shouldPrune(trial, peers, directions);
  }

  promotable(
    paused: readonly PeerCurve[],
    all: readonly PeerCurve[],
    directions: readonly Direction[],
  ): readonly number[] {
    return this.#inner?.promotable(paused, all, directions) ?? [];
  }

  #improves(trial: PeerCurve, last: number, [direction = 'minimize']: readonly Direction[]): boolean {
    const { patience, minDelta } = this.#options;
    const before = bestAt(trial, last - patience)?.[0] ?? null;
    const now = trial.bests.at(-1)?.[0] ?? null;
    if (before === null) return now !== null;
    return isBetter(now, direction === 'minimize' ? before - minDelta : before + minDelta, direction);
  }
}
