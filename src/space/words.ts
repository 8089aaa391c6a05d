import { isJsonObject, type JsonObject, type JsonPrimitive, type JsonValue } from '../core/json';
import { isNumericWord } from './distributions';

export function isRepeat(value: JsonValue): value is JsonObject {
  return isJsonObject(value) && Object.hasOwn(value, '$repeat');
}

/** The `$word` that makes an object a hole, or null; an unknown one is returned too, to be refused. */
export function wordOf(value: JsonObject): string | null {
  const words = Object.keys(value).filter((key) => key.startsWith('$'));
  return words.find((word) => isKnownWord(word)) ?? words[0] ?? null;
}

export function isKnownWord(word: string): boolean {
  return (
    word === '$choice' || word === '$repeat' || word === '$ref' || word === '$literal' || isNumericWord(word)
  );
}

export function isPrimitive(value: JsonValue): value is JsonPrimitive {
  return value === null || typeof value !== 'object';
}

/** A key that tells 1 from "1" and null from "null". */
export function primitiveKey(value: JsonPrimitive): string {
  return `${typeof value}:${String(value)}`;
}

/** `a.b[0]`: the path of a child. */
export function childPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${String(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
