import { isJsonObject, type JsonArray, type JsonValue } from '../core/json';
import { isNumericWord, readNumeric } from './distributions';
import { readHyperas } from './hyperas';
import { wordOf } from './words';

/** What can stand in the place of one JSON value, one level deep. */
export type Possible =
  | { readonly kind: 'literal'; readonly value: JsonValue }
  | { readonly kind: 'choice'; readonly options: JsonArray }
  | { readonly kind: 'range'; readonly low: number; readonly high: number; readonly integer: boolean }
  | { readonly kind: 'repeat'; readonly low: number; readonly high: number; readonly of: JsonValue }
  | { readonly kind: 'ref'; readonly name: string }
  /** A hole that does not parse; the space's own errors name it. */
  | { readonly kind: 'broken' };

/**
 * Reads one value of a document for a room that checks which values a field can take: recurse into the options of
 * a `choice` and the elements of a `literal`.
 */
export function possible(value: JsonValue): Possible {
  if (typeof value === 'string') {
    const hyperas = readHyperas(value);
    if (hyperas === null) return { kind: 'literal', value };
    return 'hole' in hyperas ? possible(hyperas.hole) : { kind: 'broken' };
  }
  const word = isJsonObject(value) ? wordOf(value) : null;
  if (word === null || !isJsonObject(value)) return { kind: 'literal', value };
  const given = value[word];
  if (word === '$literal') return { kind: 'literal', value: given ?? null };
  if (word === '$choice')
    return Array.isArray(given) ? { kind: 'choice', options: given as JsonArray } : { kind: 'broken' };
  if (word === '$ref') return typeof given === 'string' ? { kind: 'ref', name: given } : { kind: 'broken' };
  if (word === '$repeat') {
    const [low, high] = Array.isArray(given) ? (given as JsonArray) : [];
    const fits = typeof low === 'number' && typeof high === 'number';
    return fits ? { kind: 'repeat', low, high, of: value['of'] ?? null } : { kind: 'broken' };
  }
  const numeric = isNumericWord(word) ? readNumeric(word, value).numeric : null;
  if (numeric === null) return { kind: 'broken' };
  const { low, high, step, origin } = numeric;
  const integer = step !== null && Number.isInteger(step) && Number.isInteger(origin);
  return { kind: 'range', low, high, integer };
}
