import { isBetter, type Direction } from '../core/metrics';
import type { PeerCurve, Pruner } from '../core/search';

export interface MedianOptions {
  /** Peers that must have reached a step before it is judged; at least 1. */
  readonly startupTrials: number;
  /** Epochs that every trial gets; at least 1. */
  readonly minEpochs: number;
  /** Epochs from one verdict to the next; at least 1. */
  readonly interval: number;
}

/**
 * Stops a trial whose running best is worse than the median of its peers' running bests at the same step (Golovin
 * et al., "Google Vizier", KDD 2017, section 3.2.2).
 */
export class MedianPruner implements Pruner {
  readonly name = 'median';
  readonly verdicts: { readonly from: number; readonly every: number };
  readonly #startupTrials: number;

  constructor({ startupTrials, minEpochs, interval }: MedianOptions) {
    this.verdicts = { from: minEpochs, every: interval };
    this.#startupTrials = startupTrials;
  }

  shouldPrune(trial: PeerCurve, step: number, peers: readonly PeerCurve[], direction: Direction): boolean {
    const values = peers.flatMap((peer) => {
      const value = bestAt(peer, step);
      return value === null ? [] : [value];
    });
    if (values.length < this.#startupTrials) return false;
    return isBetter(medianOf(values), bestAt(trial, step), direction);
  }
}

/** A trial that ended by itself before the step stands there with what it had reached; failed ones do not count. */
function bestAt({ state, runningBest }: PeerCurve, step: number): number | null {
  if (state === 'failed' || state === 'cancelled') return null;
  const reached = runningBest.length >= step || state === 'completed';
  return reached ? (runningBest[Math.min(step, runningBest.length) - 1] ?? null) : null;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
