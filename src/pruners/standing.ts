import { frontsOf } from '../core/dominance';
import type { Direction } from '../core/metrics';
import type { PeerCurve } from '../core/search';

/**
 * What a trial stands for at a step; null where it did not get so far. One that ended by itself before the step stands
 * there with what it had reached; failed ones do not count.
 */
export function bestAt({ state, steps, bests }: PeerCurve, step: number): readonly number[] | null {
  if (state === 'failed' || state === 'cancelled') return null;
  const last = steps.length - 1;
  if ((steps[last] ?? -Infinity) < step) return state === 'completed' ? (bests[last] ?? null) : null;
  return bests[placeOf(steps, step)] ?? null;
}

/** Place of the last entry that is at most `step`; −1 where all are above it. */
function placeOf(steps: readonly number[], step: number): number {
  // Steps count from 1 without a gap nearly always.
  if (steps[step - 1] === step) return step - 1;
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? Infinity) <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export interface Score {
  readonly number: number;
  /** Less is better, whatever the direction: the value, or the front by domination where there are several objectives. */
  readonly score: number;
}

/** Scores of the trials that stand at a step, in their order. */
export function scoresAt(
  trials: readonly PeerCurve[],
  step: number,
  directions: readonly Direction[],
): readonly Score[] {
  const standing = trials.flatMap((trial) => {
    const values = bestAt(trial, step);
    return values === null ? [] : [{ number: trial.number, values }];
  });
  if (directions.length === 1) {
    const sign = directions[0] === 'maximize' ? -1 : 1;
    return standing.map(({ number, values }) => ({ number, score: sign * (values[0] ?? Infinity) }));
  }
  const fronts = frontsOf(
    standing.map(({ values }) => values),
    directions,
  );
  return standing.map(({ number }, i) => ({ number, score: fronts[i] ?? Infinity }));
}

export interface Standing {
  readonly own: number;
  readonly others: readonly number[];
}

/** How a trial stands among its peers at its last step; `own` is infinite while its value is undefined. */
export function standingOf(
  trial: PeerCurve,
  step: number,
  peers: readonly PeerCurve[],
  directions: readonly Direction[],
): Standing {
  const scores = scoresAt([trial, ...peers], step, directions);
  return {
    own: scores.find(({ number }) => number === trial.number)?.score ?? Infinity,
    others: scores.flatMap(({ number, score }) => (number === trial.number ? [] : [score])),
  };
}

/** The last two reported steps; null before the first. */
export function stepsOf({ steps }: PeerCurve): { readonly previous: number; readonly last: number } | null {
  const last = steps.at(-1);
  return last === undefined ? null : { previous: steps.at(-2) ?? -Infinity, last };
}
