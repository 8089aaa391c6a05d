import { InternalError } from '../core/errors';
import type { Direction } from '../core/metrics';
import type { PeerCurve, Pruner } from '../core/search';
import type { VerdictSteps } from '../core/verdict-steps';
import { AshaPruner, type AshaOptions } from './asha';

/**
 * Hyperband (Li et al., JMLR 2018) over asynchronous successive halving: brackets that begin to halve ever later, as in
 * Falkner et al., "BOHB", ICML 2018. Trials are dealt out to brackets by their number, each bracket as often as its
 * share of the budget asks for, and compared within their bracket.
 */
export class HyperbandPruner implements Pruner {
  readonly name = 'hyperband';
  readonly promotes = true;
  readonly #brackets: readonly AshaPruner[];
  /** Bracket of trial i, over and over. */
  readonly #dealt: readonly number[];

  /** @param most the largest step, at least 1 */
  constructor({ reduction, minEpochs }: AshaOptions, most: number) {
    const count = Math.max(1, Math.floor(Math.log(most / minEpochs) / Math.log(reduction) + 1e-9) + 1);
    this.#brackets = Array.from({ length: count }, (_, i) => {
      return new AshaPruner({ reduction, minEpochs: minEpochs * reduction ** i }, most);
    });
    const sizes = this.#brackets.map((_, i) => {
      const halvings = count - 1 - i;
      return Math.ceil((count * reduction ** halvings) / (halvings + 1));
    });
    this.#dealt = dealt(sizes);
  }

  verdicts(trial: number): VerdictSteps {
    return this.#of(trial).verdicts();
  }

  shouldPrune(trial: PeerCurve, peers: readonly PeerCurve[], directions: readonly Direction[]): boolean {
    const own = this.#of(trial.number);
    return own.shouldPrune(
      trial,
      peers.filter(({ number }) => this.#of(number) === own),
      directions,
    );
  }

  promotable(
    paused: readonly PeerCurve[],
    all: readonly PeerCurve[],
    directions: readonly Direction[],
  ): readonly number[] {
    return this.#brackets.flatMap((bracket) => {
      const within = (trials: readonly PeerCurve[]): readonly PeerCurve[] =>
        trials.filter(({ number }) => this.#of(number) === bracket);
      return bracket.promotable(within(paused), within(all), directions);
    });
  }

  #of(trial: number): AshaPruner {
    const bracket = this.#brackets[this.#dealt[trial % this.#dealt.length] ?? 0];
    if (bracket === undefined) throw new InternalError('no_bracket', `no bracket for trial ${String(trial)}`);
    return bracket;
  }
}

/** Deals out each bracket as often as its size says, as evenly as it can be done. */
function dealt(sizes: readonly number[]): readonly number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const credit = sizes.map(() => 0);
  return Array.from({ length: total }, () => {
    sizes.forEach((size, i) => {
      credit[i] = (credit[i] ?? 0) + size;
    });
    const next = credit.indexOf(Math.max(...credit));
    credit[next] = (credit[next] ?? 0) - total;
    return next;
  });
}
