import type { PeerCurve, Pruner } from '../core/search';
import { lastVerdictStep, type VerdictSteps } from '../core/verdict-steps';
import { stepsOf } from './standing';

export interface ThresholdOptions {
  /** Running bests below it are stopped; null: no limit. */
  readonly lower: number | null;
  /** Running bests above it are stopped; null: no limit. */
  readonly upper: number | null;
  /** Epochs that every trial gets; at least 1. */
  readonly minEpochs: number;
  /** Epochs from one verdict to the next; at least 1. */
  readonly interval: number;
}

/** Stops a trial whose running best of the first objective lies outside fixed limits, or is still undefined. */
export class ThresholdPruner implements Pruner {
  readonly name = 'threshold';
  readonly promotes = false;
  readonly #verdicts: VerdictSteps;
  readonly #lower: number;
  readonly #upper: number;

  constructor({ lower, upper, minEpochs, interval }: ThresholdOptions) {
    this.#verdicts = { from: minEpochs, every: interval };
    this.#lower = lower ?? -Infinity;
    this.#upper = upper ?? Infinity;
  }

  verdicts(): VerdictSteps {
    return this.#verdicts;
  }

  shouldPrune(trial: PeerCurve): boolean {
    const steps = stepsOf(trial);
    if (steps === null || lastVerdictStep(this.#verdicts, steps.previous, steps.last) === null) return false;
    const value = trial.bests.at(-1)?.[0];
    return value === undefined || value < this.#lower || value > this.#upper;
  }

  promotable(): readonly number[] {
    return [];
  }
}
