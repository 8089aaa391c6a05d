import type { ColumnProfile } from '../../core/dataset';
import type { Table, TableColumn } from '../table';
import { deviationOf, meanOf, quantileOf, skewnessAbout } from '../preparation/statistics';

/** A category of more levels is looked at by its most frequent ones, the others together. */
const MOST_CROSSED_LEVELS = 100;

/** A column in the rows that are looked at. */
export type AuditColumn = NumberColumn | LevelColumn;

export interface NumberColumn {
  readonly kind: 'numbers';
  readonly profile: ColumnProfile;
  /** One a row, NaN where it is missing. */
  readonly values: Float64Array;
  /** Those that are there, ascending. */
  readonly sorted: Float64Array;
  /** Distinct values that are there. */
  readonly distinct: number;
  /** The value that stands most often, and how often. */
  readonly most: { readonly value: number; readonly count: number };
  /** Sum of the squares of how often each value stands. */
  readonly repeats: number;
  readonly mean: number;
  readonly deviation: number;
  readonly skewness: number;
}

export interface LevelColumn {
  readonly kind: 'levels';
  readonly profile: ColumnProfile;
  /** Code of each row, -1 where it is missing. */
  readonly values: Int32Array;
  readonly levels: readonly string[];
  /** Codes that occur, with their counts, most frequent first. */
  readonly counts: readonly (readonly [code: number, count: number])[];
}

/** A column of the table in the rows that are looked at. @param rows ascending; null: all */
export async function lookAt(table: Table, name: string, rows: Uint32Array | null): Promise<AuditColumn> {
  const column = rows === null ? await table.column(name) : await table.pick(name, rows);
  return columnOf(table.profile(name), column);
}

export function columnOf(profile: ColumnProfile, column: TableColumn): AuditColumn {
  if (column.kind === 'codes') return levelColumn(profile, column.levels, column.values);
  const { values } = column;
  if (profile.type === 'boolean') {
    const codes = Int32Array.from(values, (value) => (Number.isNaN(value) ? -1 : value));
    return levelColumn(profile, ['false', 'true'], codes);
  }
  const sorted = present(values).sort();
  let distinct = 0;
  let repeats = 0;
  let most = { value: NaN, count: 0 };
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
    distinct += 1;
    repeats += (end - start) ** 2;
    if (end - start > most.count) most = { value: sorted[start] ?? NaN, count: end - start };
    start = end;
  }
  const mean = meanOf(sorted);
  const deviation = deviationOf(sorted, mean);
  const skewness = skewnessAbout(sorted, mean, deviation);
  return { kind: 'numbers', profile, values, sorted, distinct, most, repeats, mean, deviation, skewness };
}

export function missingIn(column: AuditColumn): number {
  if (column.kind === 'numbers') return column.values.length - column.sorted.length;
  return column.values.length - column.counts.reduce((sum, [, count]) => sum + count, 0);
}

export function distinctIn(column: AuditColumn): number {
  return column.kind === 'numbers' ? column.distinct : column.counts.length;
}

/** A column as few numbered kinds of values, to be crossed with another. */
export interface Binned {
  /** Kind of each row; -1 where it is missing. */
  readonly bins: Int32Array;
  readonly count: number;
}

/** Quantile bins of numbers; levels, the rarest together. */
export function binned(column: AuditColumn, most: number): Binned {
  if (column.kind === 'numbers') return binnedNumbers(column.values, column.sorted, most);
  const place = new Int32Array(column.levels.length).fill(-1);
  column.counts.forEach(([code], i) => {
    place[code] = Math.min(i, MOST_CROSSED_LEVELS - 1);
  });
  return {
    bins: column.values.map((code) => (code < 0 ? -1 : (place[code] ?? -1))),
    count: Math.min(MOST_CROSSED_LEVELS, column.counts.length),
  };
}

export function binnedNumbers(values: Float64Array, sorted: Float64Array, most: number): Binned {
  if (sorted.length === 0) return { bins: new Int32Array(values.length).fill(-1), count: 0 };
  const edges = new Set(Array.from({ length: most - 1 }, (_, i) => quantileOf(sorted, (i + 1) / most)));
  const inner = Float64Array.from(edges).filter((edge) => edge > (sorted[0] ?? 0));
  return { bins: placesAmong(inner, values), count: inner.length + 1 };
}

/** How many of the ascending edges are at most each value; -1 of a missing one. */
function placesAmong(edges: Float64Array, values: Float64Array): Int32Array {
  const { length } = edges;
  const size = 2 ** Math.ceil(Math.log2(length + 1));
  const padded = new Float64Array(size).fill(Infinity);
  padded.set(edges);
  const places = new Int32Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? NaN;
    // Which way the search turns is anybody's guess: without a branch the processor need not guess.
    let low = 0;
    for (let half = size >> 1; half > 0; half >>= 1) {
      low += half * Number((padded[low + half - 1] ?? 0) <= value);
    }
    places[row] = value === value ? Math.min(low, length) : -1;
  }
  return places;
}

function levelColumn(profile: ColumnProfile, levels: readonly string[], values: Int32Array): LevelColumn {
  const all = new Uint32Array(levels.length);
  for (const code of values) if (code >= 0) all[code] = (all[code] ?? 0) + 1;
  const counts: (readonly [number, number])[] = [];
  all.forEach((count, code) => {
    if (count > 0) counts.push([code, count]);
  });
  counts.sort(([a, m], [b, n]) => n - m || a - b);
  return { kind: 'levels', profile, values, levels, counts };
}

/** The values that are there, in two passes: a filter keeps a list of objects beside what it makes. */
function present(values: Float64Array): Float64Array {
  let count = 0;
  for (let row = 0; row < values.length; row++) count += Number(!Number.isNaN(values[row] ?? NaN));
  const found = new Float64Array(count);
  for (let row = 0, at = 0; row < values.length; row++) {
    const value = values[row] ?? NaN;
    if (!Number.isNaN(value)) found[at++] = value;
  }
  return found;
}
