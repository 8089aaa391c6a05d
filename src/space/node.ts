import type { JsonPrimitive, JsonValue } from '../core/json';
import type { Numeric } from './numeric';

/** Where a hole is active: `option` of a `$choice` is chosen, or a `$repeat` has `atLeast` copies. */
export type Condition =
  | { readonly hole: string; readonly option: JsonPrimitive }
  | { readonly hole: string; readonly atLeast: number };

/** A hole as the API shows it. */
export interface Hole {
  readonly name: string;
  /** Where the filled value stands. */
  readonly path: string;
  readonly kind: 'choice' | 'repeat' | Numeric['kind'];
  readonly low?: number;
  readonly high?: number;
  readonly log?: boolean;
  readonly step?: number;
  readonly mean?: number;
  readonly deviation?: number;
  /** A choice's parameter values, in order. */
  readonly options?: readonly JsonPrimitive[];
  /** The nearest enclosing condition; null where the hole is always active. */
  readonly condition: Condition | null;
}

/** A parsed document. Subtrees without holes are one `literal`, kept by reference. */
export type Node =
  | { readonly kind: 'literal'; readonly value: JsonValue }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Node])[] }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | ChoiceNode
  | NumericNode
  | RepeatNode
  | RefNode;

export interface ChoiceNode {
  readonly kind: 'choice';
  readonly name: string;
  readonly options: readonly ChoiceOption[];
}

export interface ChoiceOption {
  /** The parameter's value when this option is chosen. */
  readonly value: JsonPrimitive;
  readonly node: Node;
  /** Names of all holes inside. */
  readonly names: ReadonlySet<string>;
}

export interface NumericNode {
  readonly kind: 'numeric';
  readonly name: string;
  readonly numeric: Numeric;
}

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** `high` copies; the first n are used. */
  readonly copies: readonly { readonly node: Node; readonly names: ReadonlySet<string> }[];
}

export interface RefNode {
  readonly kind: 'ref';
  readonly name: string;
}
