import type { JsonObject, JsonValue } from '../../core/json';
import type { Direction } from '../../core/metrics';
import type { ObservedTrial } from '../../core/search';
import type { Params } from '../../core/trial';
import type { ImportanceMethod } from '../../insight';

/** A proposal to be computed in a thread. Finished trials travel once: the thread keeps those of each study. */
export interface ProposalTask {
  readonly kind: 'propose';
  /** Tells one taking-up of a study from another: what the thread keeps belongs to it. */
  readonly run: string;
  readonly document: JsonValue;
  readonly sampler: string | JsonObject;
  /** How many finished trials the thread should have already; `finished` are those after them. */
  readonly known: number;
  readonly finished: readonly ObservedTrial[];
  readonly unfinished: readonly ObservedTrial[];
  readonly directions: readonly Direction[];
  readonly number: number;
  readonly seed: number;
  readonly budget: number;
}

/** `resend`: the thread has fewer finished trials than it was thought to have. */
export type ProposalAnswer = { readonly params: Params | null } | { readonly resend: true };

export interface ImportanceTask {
  readonly kind: 'importance';
  readonly document: JsonValue;
  readonly params: readonly Params[];
  /** One per point, to be minimised. */
  readonly losses: Float64Array;
  readonly method: ImportanceMethod;
}

export type ImportanceAnswer = Readonly<Record<string, number>>;
