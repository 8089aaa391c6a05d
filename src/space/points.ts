import { InternalError } from '../core/errors';
import type { JsonPrimitive } from '../core/json';
import type { Params } from '../core/trial';
import type { Node } from './node';
import { countValues, explain, valueAt } from './numeric';
import { primitiveKey } from './words';
import type { HoleNode } from './walk';

/** States of shared holes beyond which counting would take seconds; such a space has many more points than that. */
const MOST_STATES = 2000;

/** Values so far of the holes that stand in several places: a second place must take what the first took. */
type Shared = ReadonlyMap<string, JsonPrimitive>;

/** How many points lead to each state of the shared holes. */
type Counts = ReadonlyMap<string, { readonly shared: Shared; readonly count: bigint }>;

/**
 * Counts and unranks the points of a finite space: the i-th point without those before it. Each distinct point has
 * exactly one rank; ranks run through the last hole of the document fastest.
 */
export class Points {
  readonly #root: Node;
  readonly #repeated: ReadonlySet<string>;
  readonly #counts = new Map<Node, Map<string, Counts>>();
  #total: { readonly points: bigint | null } | null = null;

  constructor(root: Node) {
    this.#root = root;
    this.#repeated = namesOfSeveralPlaces(root);
  }

  /** Null when there is no end of them, or they are too many to count. */
  count(): bigint | null {
    this.#total ??= { points: this.#countPoints() };
    return this.#total.points;
  }

  /** The count if each hole with no end of values had one; null when there are too many to count. */
  countOfOthers(): bigint | null {
    return this.#countAllPoints();
  }

  #countPoints(): bigint | null {
    return isInfinite(this.#root) ? null : this.#countAllPoints();
  }

  #countAllPoints(): bigint | null {
    try {
      let total = 0n;
      for (const { count } of this.#count(this.#root, new Map()).values()) total += count;
      return total;
    } catch (error) {
      if (error instanceof TooManyStates) return null;
      throw error;
    }
  }

  /** The point of rank `index`, from 0. */
  at(index: bigint): Params {
    const params = new Map<string, JsonPrimitive>();
    let rest = index;
    for (const [end, { count }] of this.#count(this.#root, new Map())) {
      if (rest < count) {
        this.#unrank(this.#root, new Map(), end, rest, params);
        return Object.fromEntries(params);
      }
      rest -= count;
    }
    throw new InternalError('no_such_point', `the space has no point of rank ${String(index)}`);
  }

  #count(node: Node, shared: Shared): Counts {
    const key = keyOf(shared);
    const known = this.#counts.get(node) ?? new Map<string, Counts>();
    this.#counts.set(node, known);
    const before = known.get(key);
    if (before !== undefined) return before;
    const counts = new Map<string, { shared: Shared; count: bigint }>();
    const add = (state: Shared, count: bigint): void => {
      const end = keyOf(state);
      counts.set(end, { shared: state, count: (counts.get(end)?.count ?? 0n) + count });
    };
    const children = childrenOf(node);
    if (this.#isFree(node)) {
      add(shared, BigInt(countValues(node.numeric) ?? 1));
    } else if (children === null) {
      for (const way of this.#ways(node, shared)) {
        for (const { shared: state, count } of this.#countAll(way.children, way.shared).values())
          add(state, count);
      }
    } else {
      for (const { shared: state, count } of this.#countAll(children, shared).values()) add(state, count);
    }
    known.set(key, counts);
    return counts;
  }

  #countAll(nodes: readonly Node[], shared: Shared): Counts {
    let states = new Map([[keyOf(shared), { shared, count: 1n }]]);
    for (const node of nodes) {
      const next = new Map<string, { shared: Shared; count: bigint }>();
      for (const { shared: state, count } of states.values()) {
        for (const [end, reached] of this.#count(node, state)) {
          next.set(end, {
            shared: reached.shared,
            count: (next.get(end)?.count ?? 0n) + count * reached.count,
          });
        }
      }
      if (next.size > MOST_STATES) throw new TooManyStates();
      states = next;
    }
    return states;
  }

  /** Sets the params of the `index`-th way through `node` from `shared` that ends in the state `end`. */
  #unrank(node: Node, shared: Shared, end: string, index: bigint, params: Map<string, JsonPrimitive>): void {
    const children = childrenOf(node);
    if (children !== null) {
      this.#unrankAll(children, shared, end, index, params);
      return;
    }
    if (this.#isFree(node)) {
      params.set(node.name, valueAt(node.numeric, Number(index)));
      return;
    }
    let rest = index;
    for (const way of this.#ways(node, shared)) {
      const count = this.#countAll(way.children, way.shared).get(end)?.count ?? 0n;
      if (rest < count) {
        params.set(way.name, way.value);
        this.#unrankAll(way.children, way.shared, end, rest, params);
        return;
      }
      rest -= count;
    }
  }

  #unrankAll(
    nodes: readonly Node[],
    shared: Shared,
    end: string,
    index: bigint,
    params: Map<string, JsonPrimitive>,
  ): void {
    const [first, ...others] = nodes;
    if (first === undefined) return;
    let rest = index;
    for (const [middle, { shared: state, count }] of this.#count(first, shared)) {
      const after = this.#countAll(others, state).get(end)?.count ?? 0n;
      if (rest < count * after) {
        this.#unrank(first, shared, middle, rest / after, params);
        this.#unrankAll(others, state, end, rest % after, params);
        return;
      }
      rest -= count * after;
    }
  }

  /** A number that stands in one place: its values need not be listed to be counted, and may be very many. */
  #isFree(node: Node): node is Extract<Node, { kind: 'numeric' }> {
    return node.kind === 'numeric' && !this.#repeated.has(node.name);
  }

  /** Each value that a hole can take here, with what it opens up. */
  *#ways(
    node: Node,
    shared: Shared,
  ): Iterable<{ name: string; value: JsonPrimitive; children: readonly Node[]; shared: Shared }> {
    if (node.kind !== 'choice' && node.kind !== 'numeric' && node.kind !== 'repeat') return;
    const { name } = node;
    const taken = shared.get(name);
    if (node.kind === 'numeric' && taken !== undefined) {
      if (explain(node.numeric, taken) === null) yield { name, value: taken, children: [], shared };
      return;
    }
    for (const { value, children } of valuesOf(node)) {
      if (taken !== undefined && taken !== value) continue;
      const isShared = this.#repeated.has(name) && taken === undefined;
      yield { name, value, children, shared: isShared ? new Map(shared).set(name, value) : shared };
    }
  }
}

/** Stops a count that would take too long. */
class TooManyStates extends Error {}

function* valuesOf(node: HoleNode): Iterable<{ value: JsonPrimitive; children: readonly Node[] }> {
  if (node.kind === 'choice') {
    for (const option of node.options) yield { value: option.value, children: [option.node] };
  } else if (node.kind === 'repeat') {
    for (let n = node.low; n <= node.high; n++) {
      yield { value: n, children: node.copies.slice(0, n).map((copy) => copy.node) };
    }
  } else {
    const count = countValues(node.numeric);
    if (count !== null && count > MOST_STATES) throw new TooManyStates();
    // One value stands for no end of them.
    if (count === null) yield { value: null, children: [] };
    else for (let i = 0; i < count; i++) yield { value: valueAt(node.numeric, i), children: [] };
  }
}

/** The parts of a node that is no hole; null for a hole. */
function childrenOf(node: Node): readonly Node[] | null {
  if (node.kind === 'object') return node.entries.map(([, child]) => child);
  if (node.kind === 'list') return node.items;
  return node.kind === 'literal' || node.kind === 'ref' ? [] : null;
}

function isInfinite(node: Node): boolean {
  if (node.kind === 'numeric') return countValues(node.numeric) === null;
  if (node.kind === 'choice') return node.options.some((option) => isInfinite(option.node));
  if (node.kind === 'repeat') return node.copies.some((copy) => isInfinite(copy.node));
  return (childrenOf(node) ?? []).some(isInfinite);
}

function namesOfSeveralPlaces(root: Node): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const visit = (node: Node): void => {
    if (node.kind === 'choice' || node.kind === 'numeric' || node.kind === 'repeat') {
      if (seen.has(node.name)) repeated.add(node.name);
      seen.add(node.name);
    }
    if (node.kind === 'choice')
      node.options.forEach((option) => {
        visit(option.node);
      });
    else if (node.kind === 'repeat')
      node.copies.forEach((copy) => {
        visit(copy.node);
      });
    else (childrenOf(node) ?? []).forEach(visit);
  };
  visit(root);
  return repeated;
}

function keyOf(shared: Shared): string {
  return JSON.stringify([...shared].map(([name, value]) => [name, primitiveKey(value)]).sort());
}
