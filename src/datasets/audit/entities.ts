import type { Table } from '../table';
import { looksLikeId } from './findings/columns';
import type { Entities } from './findings/rows';
import { lookAt, type AuditColumn } from './values';

/** Names of things that are seen more than once. */
const ENTITY =
  /(^|[_\s.-])(patient|customer|user|client|subject|person|player|student|employee|device|machine|sensor|household|account|member|animal|individual|participant|driver|vehicle|email)s?([_\s.-]|$)|(^|[_\s.-])(id|uuid|guid)$|[a-z]I[dD]$/i;
const LEAST_DISTINCT = 20;
const MOST_SHARE = 2 / 3;
/** A column without a telling name needs this many entities for its rows, and other columns that hardly change in one. */
const LEAST_SHARE = 0.05;
const STEADY = 0.95;
const STEADY_COLUMNS = 2;
const MOST_COMPARED = 20;
const MOST_CANDIDATES = 3;

/** Collects columns whose values may name entities, as the columns go by. */
export class EntityCandidates {
  readonly #rows: number;
  readonly #found: { name: string; codes: Int32Array; distinct: number; named: boolean }[] = [];

  constructor(rows: number) {
    this.#rows = rows;
  }

  add(column: AuditColumn): void {
    const { name, type, integral } = column.profile;
    const named = ENTITY.test(name);
    const distinct = column.kind === 'numbers' ? column.distinct : column.counts.length;
    if (distinct < LEAST_DISTINCT || distinct > MOST_SHARE * this.#rows) return;
    // Numbers without a telling name are quantities.
    if (column.kind === 'numbers' && !(type === 'numeric' && integral && named)) return;
    if (!named && distinct < LEAST_SHARE * this.#rows) return;
    if (this.#found.length >= MOST_CANDIDATES && !named) return;
    this.#found.push({ name, codes: codesOf(column), distinct, named });
  }

  /** Those that are entities: by their name, or because other columns hardly change within one. */
  async entities(
    table: Table,
    target: string | null,
    rows: Uint32Array | null,
  ): Promise<readonly Entities[]> {
    const found: Entities[] = [];
    for (const { name, codes, distinct, named } of this.#found.slice(0, MOST_CANDIDATES)) {
      const steady: string[] = [];
      const others = table.profiles.filter(
        (other) => other.name !== name && other.name !== target && other.type !== 'image',
      );
      for (const profile of others.slice(0, MOST_COMPARED)) {
        if (looksLikeId(profile.name)) continue;
        const column = await lookAt(table, profile.name, rows);
        if (isSteady(codes, distinct, column)) steady.push(profile.name);
      }
      if (named || steady.length >= STEADY_COLUMNS) found.push({ name, codes, distinct, steady });
    }
    return found;
  }
}

function codesOf(column: AuditColumn): Int32Array {
  if (column.kind === 'levels') return column.values;
  const known = new Map<number, number>();
  return Int32Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return -1;
    const code = known.get(value) ?? known.size;
    known.set(value, code);
    return code;
  });
}

/** Whether rows of one entity nearly always agree, where rows of two seldom do. */
function isSteady(codes: Int32Array, entities: number, column: AuditColumn): boolean {
  const distinct = column.kind === 'numbers' ? column.distinct : column.counts.length;
  if (distinct < LEAST_DISTINCT) return false;
  const most = column.kind === 'numbers' ? column.most.count : (column.counts[0]?.[1] ?? 0);
  if (most > codes.length / 2) return false;
  const last = new Map<number, number>();
  let [pairs, equal] = [0, 0];
  codes.forEach((code, row) => {
    if (code < 0) return;
    const before = last.get(code);
    last.set(code, row);
    if (before === undefined) return;
    pairs += 1;
    equal += Number(Object.is(column.values[before], column.values[row]));
  });
  return pairs >= entities / 4 && equal / Math.max(1, pairs) >= STEADY;
}
