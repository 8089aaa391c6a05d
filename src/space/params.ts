import type { FieldError } from '../core/errors';
import type { JsonPrimitive } from '../core/json';
import type { RandomStream } from '../core/random';
import type { Params } from '../core/trial';
import type { Node } from './node';
import { draw, explain } from './numeric';
import { walkActive, type HoleNode } from './walk';
import { primitiveKey } from './words';

/** Every rule that `params` breaks: holes without a value, values outside, names that are no active hole. */
export function checkParams(root: Node, names: ReadonlySet<string>, params: Params): readonly FieldError[] {
  const errors = new Map<string, string>();
  const active = new Set<string>();
  walkActive(root, (hole) => {
    active.add(hole.name);
    const value = ownValue(params, hole.name);
    const problem = value === undefined ? 'this hole is active and has no value' : explainValue(hole, value);
    if (problem === null) return value;
    errors.set(hole.name, problem);
    return undefined;
  });
  for (const name of Object.keys(params)) {
    if (active.has(name)) continue;
    errors.set(
      name,
      names.has(name) ? 'this hole is not active at this point' : 'there is no hole of this name',
    );
  }
  return [...errors].map(([path, message]) => ({ path, message }));
}

/** The rule that a value of one hole breaks, or null. */
export function explainValue(hole: HoleNode, value: JsonPrimitive): string | null {
  const quoted = JSON.stringify(value);
  if (hole.kind === 'numeric') {
    const rule = explain(hole.numeric, value);
    return rule === null ? null : `${quoted} ${rule}`;
  }
  if (hole.kind === 'choice') {
    if (hole.options.some((option) => option.value === value)) return null;
    return `${quoted} must be one of ${hole.options.map((option) => JSON.stringify(option.value)).join(', ')}`;
  }
  const { low, high } = hole;
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
  return fits ? null : `${quoted} must be a whole number of copies in [${String(low)}, ${String(high)}]`;
}

/**
 * Draws a value for every active hole that `given` leaves out, each from its own distribution. Where given values
 * lie inside options or copies, those are chosen that hold the most of them.
 */
export function drawParams(root: Node, given: Params, stream: RandomStream): Params {
  const params = new Map<string, JsonPrimitive>();
  walkActive(root, (hole) => {
    // A value may be null: only undefined means that there is none yet.
    const drawn = params.get(hole.name);
    const known = drawn === undefined ? ownValue(given, hole.name) : drawn;
    const value = known === undefined ? drawValue(hole, Object.keys(given), stream) : known;
    params.set(hole.name, value);
    return value;
  });
  return Object.fromEntries(params);
}

function drawValue(hole: HoleNode, given: readonly string[], stream: RandomStream): JsonPrimitive {
  if (hole.kind === 'numeric') return draw(hole.numeric, stream);
  if (hole.kind === 'repeat') {
    const needed = hole.copies.findLastIndex((copy) => given.some((name) => copy.names.has(name))) + 1;
    return stream.integer(Math.max(hole.low, needed), hole.high);
  }
  const wanted = hole.options.map((option) => given.filter((name) => option.names.has(name)).length);
  const most = Math.max(...wanted);
  const candidates = hole.options.filter((_, i) => wanted[i] === most);
  return candidates[stream.integer(0, candidates.length - 1)]?.value ?? null;
}

/** A text that equal points share, whatever the order of their keys. */
export function paramsKey(params: Params): string {
  const known = keys.get(params);
  if (known !== undefined) return known;
  const names = Object.keys(params).sort();
  const key = JSON.stringify(names.map((name) => [name, primitiveKey(params[name] ?? null)]));
  keys.set(params, key);
  return key;
}

/** Histories are looked through again and again, and points do not change. */
const keys = new WeakMap<Params, string>();

function ownValue(params: Params, name: string): JsonPrimitive | undefined {
  return Object.hasOwn(params, name) ? params[name] : undefined;
}
