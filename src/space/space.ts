import { InvalidError, type FieldError } from '../core/errors';
import type { JsonPrimitive, JsonValue } from '../core/json';
import type { RandomStream } from '../core/random';
import type { Params } from '../core/trial';
import { axisOf, type Axis } from './axis';
import { fillNode } from './fill';
import { assertSize } from './limits';
import type { ChoiceNode, Hole, Node } from './node';
import { checkParams, drawParams } from './params';
import { parse } from './parse';
import { Points } from './points';
import { walkActive } from './walk';

/** A parsed and checked document; immutable. */
export class Space {
  readonly document: JsonValue;
  /** In document order, one per name. */
  readonly holes: readonly Hole[];
  readonly #root: Node;
  readonly #names: ReadonlySet<string>;
  readonly #choices: ReadonlyMap<string, ChoiceNode>;
  #points: Points | null = null;
  #axes: readonly Axis[] | null = null;

  /** @throws InvalidError `invalid_search_space` with the path and the rule of everything that is wrong */
  constructor(document: JsonValue) {
    assertSize(document);
    const { root, holes, errors } = parse(document);
    const choices = choicesOf(root);
    const problems = errors.length > 0 ? errors : cyclesOf(choices);
    if (problems.length > 0) {
      const [first] = problems;
      const more = problems.length > 1 ? ` (and ${String(problems.length - 1)} more)` : '';
      const message = `${first?.path ?? ''}: ${first?.message ?? ''}${more}`;
      throw new InvalidError('invalid_search_space', message, { errors: problems });
    }
    this.document = document;
    this.holes = [...holes.values()];
    this.#root = root;
    this.#names = new Set(holes.keys());
    this.#choices = choices;
  }

  /** The document of a point. @throws InvalidError `invalid_params` */
  fill(params: Params): JsonValue {
    this.#assertInside(params);
    return fillNode(this.#root, this.#choices, params);
  }

  check(params: Params): readonly FieldError[] {
    return checkParams(this.#root, this.#names, params);
  }

  /** `given` with a value drawn for every active hole that it leaves out. @throws InvalidError `invalid_params` */
  complete(given: Params, stream: RandomStream): Params {
    const params = drawParams(this.#root, given, stream);
    // What was given and is not active, or no hole at all, is refused, not dropped.
    this.#assertInside({ ...given, ...params });
    return params;
  }

  sample(stream: RandomStream): Params {
    return drawParams(this.#root, {}, stream);
  }

  /** One per hole, in the order of `holes`. */
  axes(): readonly Axis[] {
    if (this.#axes !== null) return this.#axes;
    const axes = new Map<string, Axis>();
    visit(this.#root, (node) => {
      if (node.kind !== 'choice' && node.kind !== 'numeric' && node.kind !== 'repeat') return;
      if (!axes.has(node.name)) axes.set(node.name, axisOf(node));
    });
    this.#axes = this.holes.flatMap(({ name }) => axes.get(name) ?? []);
    return this.#axes;
  }

  /** The point whose active holes take what `choose` says, asked once for each in the order of the document. */
  assemble(choose: (name: string) => JsonPrimitive): Params {
    const params = new Map<string, JsonPrimitive>();
    walkActive(this.#root, ({ name }) => {
      const known = params.get(name);
      const value = known === undefined ? choose(name) : known;
      params.set(name, value);
      return value;
    });
    return Object.fromEntries(params);
  }

  /** Number of points; null when a reachable hole is continuous or unbounded. */
  count(): bigint | null {
    return this.#ranks().count();
  }

  countOfOthers(): bigint | null {
    return this.#ranks().countOfOthers();
  }

  /** The point of rank `index` in [0, count). */
  pointAt(index: bigint): Params {
    return this.#ranks().at(index);
  }

  #ranks(): Points {
    this.#points ??= new Points(this.#root);
    return this.#points;
  }

  #assertInside(params: Params): void {
    const errors = this.check(params);
    if (errors.length === 0) return;
    const listed = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new InvalidError('invalid_params', `the point lies outside the space: ${listed}`, {
      errors: errors.map(({ path, message }) => ({ path: `params.${path}`, message })),
    });
  }
}

function choicesOf(root: Node): ReadonlyMap<string, ChoiceNode> {
  const choices = new Map<string, ChoiceNode>();
  visit(root, (node) => {
    if (node.kind === 'choice') choices.set(node.name, node);
  });
  return choices;
}

/** A choice whose options refer, over others or at once, to the choice itself has no value. */
function cyclesOf(choices: ReadonlyMap<string, ChoiceNode>): readonly FieldError[] {
  const state = new Map<string, 'open' | 'done'>();
  const errors: FieldError[] = [];
  const follow = (choice: ChoiceNode): void => {
    if (state.get(choice.name) === 'done') return;
    if (state.get(choice.name) === 'open') {
      errors.push({ path: choice.name, message: '$ref: this hole refers to itself by way of others' });
      return;
    }
    state.set(choice.name, 'open');
    visit(choice, (node) => {
      const target = node.kind === 'ref' ? choices.get(node.name) : undefined;
      if (target !== undefined) follow(target);
    });
    state.set(choice.name, 'done');
  };
  for (const choice of choices.values()) follow(choice);
  return errors;
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  if (node.kind === 'object') for (const [, child] of node.entries) visit(child, see);
  else if (node.kind === 'list') for (const child of node.items) visit(child, see);
  else if (node.kind === 'choice') for (const option of node.options) visit(option.node, see);
  else if (node.kind === 'repeat') for (const copy of node.copies) visit(copy.node, see);
}
