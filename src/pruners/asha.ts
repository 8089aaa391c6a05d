import type { Direction } from '../core/metrics';
import type { PeerCurve, Pruner } from '../core/search';
import { lastVerdictStep, type VerdictSteps } from '../core/verdict-steps';
import { scoresAt, standingOf, stepsOf } from './standing';

/** Rungs are listed up to here; nobody counts so many steps. */
const MOST_STEPS = 1e9;

export interface AshaOptions {
  /** One of so many trials goes on from a rung to the next; at least 2. */
  readonly reduction: number;
  /** Epochs until the first rung; at least 1. */
  readonly minEpochs: number;
}

/**
 * Asynchronous successive halving (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020). At a
 * rung a trial goes on while it is among the best 1/reduction of those that came so far; the best always is. The
 * others may be promoted when more trials have come.
 */
export class AshaPruner implements Pruner {
  readonly name = 'asha';
  readonly promotes = true;
  readonly #reduction: number;
  readonly #verdicts: VerdictSteps;

  constructor({ reduction, minEpochs }: AshaOptions, most = MOST_STEPS) {
    this.#reduction = reduction;
    const at: number[] = [];
    for (let rung = minEpochs; rung < most; rung *= reduction) at.push(rung);
    this.#verdicts = { at };
  }

  verdicts(): VerdictSteps {
    return this.#verdicts;
  }

  shouldPrune(trial: PeerCurve, peers: readonly PeerCurve[], directions: readonly Direction[]): boolean {
    const steps = stepsOf(trial);
    if (steps === null || lastVerdictStep(this.#verdicts, steps.previous, steps.last) === null) return false;
    const { own, others } = standingOf(trial, steps.last, peers, directions);
    return own > this.#limit([own, ...others]);
  }

  promotable(
    paused: readonly PeerCurve[],
    all: readonly PeerCurve[],
    directions: readonly Direction[],
  ): readonly number[] {
    const waiting = new Map<number, Set<number>>();
    for (const { number, steps } of paused) {
      const rung = steps.at(-1) ?? 0;
      waiting.set(rung, (waiting.get(rung) ?? new Set()).add(number));
    }
    // The highest rung first: what is nearest to its end.
    return [...waiting.keys()]
      .sort((a, b) => b - a)
      .flatMap((rung) => {
        const scores = scoresAt(all, rung, directions);
        const limit = this.#limit(scores.map(({ score }) => score));
        return scores
          .filter(({ number, score }) => score <= limit && waiting.get(rung)?.has(number) === true)
          .sort((a, b) => a.score - b.score || a.number - b.number)
          .map(({ number }) => number);
      });
  }

  /** The worst score that is among the best 1/reduction. */
  #limit(scores: readonly number[]): number {
    const many = Math.max(1, Math.floor(scores.length / this.#reduction));
    return scores.toSorted((a, b) => a - b)[many - 1] ?? Infinity;
  }
}
