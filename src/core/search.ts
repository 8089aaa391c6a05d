import type { JsonObject } from './json';
import type { Direction } from './metrics';
import type { Params, TrialState } from './trial';
import type { RandomStream } from './random';

/** What a sampler sees of a trial: finished ones come in the order of completion, then running ones by number. */
export interface ObservedTrial {
  readonly number: number;
  readonly state: TrialState;
  readonly params: Params;
  /** Null while running; a failed trial has none and counts as the worst. */
  readonly values: readonly number[] | null;
  /**
   * By how much the trial breaks the study's constraints, summed over them; 0: feasible. Null or left out: there are
   * no constraints, or nothing is known yet. Feasible trials come first, whatever their values.
   */
  readonly constraintViolation?: number | null;
}

/**
 * Proposes points; touches no storage. `Space` is the space room's parsed document; `Proposal` null means that
 * no point is left (`exhausted`).
 */
export interface Sampler<Space> {
  readonly name: string;
  /**
   * Called once per trial that the scheduler creates. Must not change its arguments.
   * @param stream belongs to (study seed, trial number): equal history and number give an equal proposal.
   */
  propose(request: ProposalRequest<Space>): Params | null;
}

export interface ProposalRequest<Space> {
  readonly space: Space;
  readonly history: readonly ObservedTrial[];
  readonly directions: readonly Direction[];
  readonly number: number;
  readonly stream: RandomStream;
  /** The study's `search.seed`, for what all proposals of a study share (a scrambled sequence). */
  readonly seed: number;
  /** Trials that the study may make in all (`search.trials`). */
  readonly budget: number;
}

/** A running best at a step; `curve[i]` is the running best after step i + 1, null while undefined. */
export interface PeerCurve {
  readonly number: number;
  readonly state: TrialState;
  readonly runningBest: readonly (number | null)[];
}

export interface Pruner {
  readonly name: string;
  /** Steps at which workers wait for the verdict; null: never. */
  readonly verdicts: { readonly from: number; readonly every: number } | null;
  /** True: stop the trial now. Compares running bests at equal steps. */
  shouldPrune(trial: PeerCurve, step: number, peers: readonly PeerCurve[], direction: Direction): boolean;
}

export type StrategyOptions = JsonObject;
