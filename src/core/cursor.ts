import { MalformedError } from './errors';
import type { JsonPrimitive } from './json';

/** A cursor is the key of the last item of a page. */
export function encodeCursor(key: readonly JsonPrimitive[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * @param types what `typeof` says of each part of the key; 'number?' also takes null
 * @throws MalformedError `invalid_cursor`
 */
export function decodeCursor(
  cursor: string,
  types: readonly ('string' | 'number' | 'number?')[],
): readonly JsonPrimitive[] {
  const key = parse(cursor);
  const fits =
    Array.isArray(key) &&
    key.length === types.length &&
    types.every(
      (type, i) => typeof key[i] === type.replace('?', '') || (type.endsWith('?') && key[i] === null),
    );
  if (!fits) {
    throw new MalformedError('invalid_cursor', 'cursor: take it from the nextCursor of the page before', {
      errors: [{ path: 'cursor', message: 'is no cursor of this list' }],
    });
  }
  return key as readonly JsonPrimitive[];
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
