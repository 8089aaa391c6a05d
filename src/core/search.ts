import type { JsonObject } from './json';
import type { Direction } from './metrics';
import type { Params, TrialState } from './trial';
import type { RandomStream } from './random';
import type { VerdictSteps } from './verdict-steps';

/**
 * What a sampler sees of a trial: finished ones come in the order of completion, then running ones by number. One that has
 * stood at a rung has its place among the finished from then on, as `pruned` where it stood last.
 */
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

/** What a trial has shown so far; pruners compare trials at equal steps. */
export interface PeerCurve {
  readonly number: number;
  readonly state: TrialState;
  /** Steps that were reported, ascending: epochs or folds, counted from 1, or whatever a caller of ask and tell counts. */
  readonly steps: readonly number[];
  /**
   * One entry per step: a value per objective. The first is the running best after that step (k-fold: the mean over the
   * folds so far), the others are those of the same epoch; null while the first is undefined.
   */
  readonly bests: readonly (readonly number[] | null)[];
}

export interface Pruner {
  readonly name: string;
  /** Stopped trials may go on later, when they are among the best after all: where it can be done, they are paused. */
  readonly promotes: boolean;
  /** Steps at which workers wait for the verdict on a trial; null: never. */
  verdicts(trial: number): VerdictSteps | null;
  /**
   * True: the trial should not go on beyond its last step now. `peers` are all other trials of the study. With several
   * objectives trials are compared by domination.
   */
  shouldPrune(trial: PeerCurve, peers: readonly PeerCurve[], directions: readonly Direction[]): boolean;
  /**
   * Of the paused trials those that may go on now, in the order in which they should.
   * @param all every trial of the study, the paused ones too
   */
  promotable(
    paused: readonly PeerCurve[],
    all: readonly PeerCurve[],
    directions: readonly Direction[],
  ): readonly number[];
}

export type StrategyOptions = JsonObject;
