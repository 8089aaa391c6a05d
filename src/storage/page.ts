import type { Page } from '../core/storage';
import type { JsonPrimitive } from '../core/json';
import { encodeCursor } from '../core/cursor';

/** A page of rows that were read with one more than its limit, which tells whether there is a next page. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly JsonPrimitive[],
  read: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null;
  return { items: shown.map(read), nextCursor };
}
