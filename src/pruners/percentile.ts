import type { Direction } from '../core/metrics';
import type { PeerCurve, Pruner } from '../core/search';
import { lastVerdictStep, type VerdictSteps } from '../core/verdict-steps';
import { standingOf, stepsOf } from './standing';

export interface PercentileOptions {
  /** The best so many of a hundred go on, above 0 and below 100. */
  readonly percentile: number;
  /** Completed trials that there must be before any is judged; at least 1. */
  readonly startupTrials: number;
  /** Epochs that every trial gets; at least 1. */
  readonly minEpochs: number;
  /** Epochs from one verdict to the next; at least 1. */
  readonly interval: number;
}

/**
 * Stops a trial whose running best is worse than that of the best `percentile` of a hundred completed trials at the same
 * step. With 50 it is the median stopping rule (Golovin et al., "Google Vizier", KDD 2017, section 3.2.2).
 */
export class PercentilePruner implements Pruner {
  readonly name: string;
  readonly promotes = false;
  readonly #verdicts: VerdictSteps;
  readonly #startupTrials: number;
  readonly #share: number;

  constructor(
    { percentile, startupTrials, minEpochs, interval }: PercentileOptions,
    name: 'median' | 'percentile' = 'percentile',
  ) {
    this.name = name;
    this.#verdicts = { from: minEpochs, every: interval };
    this.#startupTrials = startupTrials;
    this.#share = percentile / 100;
  }

  verdicts(): VerdictSteps {
    return this.#verdicts;
  }

  shouldPrune(trial: PeerCurve, peers: readonly PeerCurve[], directions: readonly Direction[]): boolean {
    const steps = stepsOf(trial);
    if (steps === null || lastVerdictStep(this.#verdicts, steps.previous, steps.last) === null) return false;
    const completed = peers.filter(({ state }) => state === 'completed');
    if (completed.length < this.#startupTrials) return false;
    const { own, others } = standingOf(trial, steps.last, completed, directions);
    return others.length >= this.#startupTrials && own > quantile(others, this.#share);
  }

  promotable(): readonly number[] {
    return [];
  }
}

/** The value below which a share of the numbers lies, between neighbours on a line. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  // Equal neighbours give themselves, exactly: rounding must not put the best one above itself.
  return below === above ? below : below + (above - below) * (place - Math.floor(place));
}
