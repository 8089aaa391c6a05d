import { InvalidError } from '../core/errors';
import type { JsonValue } from '../core/json';
import { isRepeat } from './words';

export const MOST_HOLES = 2000;
export const MOST_NODES = 10_000;
export const MOST_COPIES = 64;
export const MOST_NESTING = 64;

/**
 * Refuses a document that would be too large with every `$repeat` at its most, before anything is expanded.
 * @throws InvalidError `invalid_search_space`
 */
export function assertSize(document: JsonValue): void {
  const { nodes, holes } = measure(document, 0);
  const refuse = (what: string, count: number, most: number): never => {
    throw new InvalidError(
      'invalid_search_space',
      `the search space has ${String(count)} ${what} with every $repeat at its most; at most ${String(most)} are allowed`,
    );
  };
  if (nodes > MOST_NODES) refuse('nodes', nodes, MOST_NODES);
  if (holes > MOST_HOLES) refuse('holes', holes, MOST_HOLES);
}

function measure(value: JsonValue, depth: number): { nodes: number; holes: number } {
  if (depth > MOST_NESTING) {
    throw new InvalidError(
      'invalid_search_space',
      `the document is nested more than ${String(MOST_NESTING)} deep`,
    );
  }
  if (typeof value === 'string') return { nodes: 1, holes: value.trimStart().startsWith('{{') ? 1 : 0 };
  if (typeof value !== 'object' || value === null) return { nodes: 1, holes: 0 };
  let nodes = 1;
  let holes = 0;
  const keys = Array.isArray(value) ? [] : Object.keys(value);
  if (keys.some((key) => key.startsWith('$') && key !== '$ref' && key !== '$literal')) holes += 1;
  const times = isRepeat(value) ? copiesOf(value) : 1;
  const children: readonly JsonValue[] = Array.isArray(value)
    ? (value as readonly JsonValue[])
    : Object.values(value);
  for (const child of children) {
    const inner = measure(child, depth + 1);
    nodes += inner.nodes * times;
    holes += inner.holes * times;
  }
  return { nodes, holes };
}

function copiesOf(value: JsonValue): number {
  const bounds = (value as { readonly $repeat: JsonValue }).$repeat;
  const high = Array.isArray(bounds) ? (bounds as readonly JsonValue[])[1] : 1;
  // A wrong or too large bound is refused with its path when the hole is read.
  return typeof high === 'number' && high > 0 && high <= MOST_COPIES ? high : 1;
}
