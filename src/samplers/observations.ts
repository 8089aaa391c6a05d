import type { ObservedTrial, ProposalRequest } from '../core/search';
import type { Space } from '../space';
import type { Code, Encoding } from './encoding';

/** A trial that has told something. Losses are to be minimised, whatever the study's directions. */
export interface Observation {
  readonly code: Code;
  /** One per objective; null where the trial failed. */
  readonly losses: readonly number[] | null;
  /** 0: feasible; a failed trial has Infinity. */
  readonly violation: number;
}

export interface Observations {
  /** In the order of completion. */
  readonly finished: readonly Observation[];
  /** Points of trials that wait or run. */
  readonly pending: readonly Code[];
  /** Every point that was tried or is being tried. */
  readonly tried: readonly Code[];
}

/** What the history says, encoded. A trial that was cancelled without a value says nothing. */
export function observe({ history, directions }: ProposalRequest<Space>, encoding: Encoding): Observations {
  const finished: Observation[] = [];
  const pending: Code[] = [];
  const tried: Code[] = [];
  const signs = directions.map((direction) => (direction === 'maximize' ? -1 : 1));
  for (const trial of history) {
    const code = encoding.encode(trial.params);
    tried.push(code);
    if (trial.state === 'running' || trial.state === 'waiting') pending.push(code);
    else if (trial.state === 'failed') finished.push({ code, losses: null, violation: Infinity });
    else {
      const losses = lossesOf(trial, signs);
      if (losses !== null) finished.push({ code, losses, violation: trial.constraintViolation ?? 0 });
    }
  }
  return { finished, pending, tried };
}

function lossesOf({ values }: ObservedTrial, signs: readonly number[]): readonly number[] | null {
  if (values === null || values.length < signs.length) return null;
  const losses = signs.map((sign, i) => sign * (values[i] ?? NaN));
  return losses.every(Number.isFinite) ? losses : null;
}

/** Feasible trials by their first loss, then infeasible ones by their violation, then failed ones. */
export function compareObservations(a: Observation, b: Observation): number {
  if (a.violation !== b.violation) return a.violation < b.violation ? -1 : 1;
  if (a.losses === null || b.losses === null) return Number(a.losses === null) - Number(b.losses === null);
  return (a.losses[0] ?? 0) - (b.losses[0] ?? 0);
}
