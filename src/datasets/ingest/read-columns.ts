import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnProfile, ColumnType, LevelCount } from '../../core/dataset';
import { cleaned, trimmed, valueSql, type CellKind } from './cell-sql';
import { assertRows, columnId, RAW_TABLE, type LoadedTable } from './load';

const MOST_LEVELS = 1000;
/** Texts beyond this length on average are prose, not categories. */
const MOST_MEAN_LENGTH = 100;
const FEW_LEVELS = 50;
/** Distinct values are counted one by one up to so many rows, beyond them where an estimate says that they are few. */
const COUNTED_ROWS = 2_000_000;
const COUNTED_DISTINCT = 100_000;
/** First rows, which tell what a column can be before all rows are read. */
const SAMPLE_ROWS = 20_000;
/** A statement reads at most so many columns, and finds out of so many what they are: every step of it takes memory. */
const COLUMNS_AT_ONCE = 100;
const KINDS_AT_ONCE = 20;
const WIDE_TABLE = 'wide_table';
/** DuckDB holds so many rows of every column of a table that it fills, a text in so many bytes, and can put none of it away. */
const ROW_GROUP = 122_880;
const TEXT_BYTES = 16;
/** The share of the memory that may be taken by them. */
const FILLED_SHARE = 1 / 2;

/** A column as it is read: a DOUBLE (numbers, booleans as 0 and 1, dates in ms since 1970 UTC), else a VARCHAR. */
export interface ReadColumn {
  readonly profile: ColumnProfile;
  /** Table of the database that holds it, rows in the file's order, and its name there. */
  readonly table: string;
  readonly id: string;
}

interface Column {
  readonly name: string;
  readonly id: string;
}

interface Typed extends Column {
  readonly table: string;
  readonly kind: CellKind;
  readonly figures: Figures;
}

type Figures = Readonly<Record<string, number>>;

/**
 * Reads the raw table into typed columns. Numeric, boolean and datetime need every value to be one; other texts are
 * `categorical` unless they are prose, or have more than 1 000 levels, or more than 50 that are more than half of the
 * values: `text`. The first rows say what a column can be; it is read as that in one pass over the file, and once more
 * where a later row does not fit. `distinct` is exact up to two million rows, and beyond where there are fewer than some
 * 100 000 values; else it is an estimate (HyperLogLog).
 * @param memoryBytes that DuckDB may take. Where a table of so many columns does not fit, it is read in groups of them
 */
export async function readColumns(
  connection: DuckDBConnection,
  { names, rows, decimalComma }: LoadedTable,
  memoryBytes = Infinity,
): Promise<readonly ReadColumn[]> {
  const columns = names.map((name, i): Column => ({ name, id: columnId(i) }));
  const columnBytes = Math.min(rows, ROW_GROUP) * TEXT_BYTES;
  const fitting = Math.floor((memoryBytes * FILLED_SHARE) / columnBytes);
  const atOnce = Math.max(1, Math.min(COLUMNS_AT_ONCE, fitting));
  let source = RAW_TABLE;
  if (columns.length > atOnce && columns.length <= fitting) {
    // Read once, not once for each group of columns.
    await connection.run(`CREATE TABLE ${WIDE_TABLE} AS SELECT * FROM ${RAW_TABLE}`);
    source = WIDE_TABLE;
  }
  const found: ReadColumn[] = [];
  for (let start = 0; start < columns.length; start += atOnce) {
    const group = columns.slice(start, start + atOnce);
    const reader = new GroupReader(connection, source, `group_${String(start)}`, decimalComma);
    for (const column of await reader.read(group, rows)) found.push(await described(connection, column));
  }
  return found;
}

class GroupReader {
  readonly #connection: DuckDBConnection;
  readonly #source: string;
  readonly #prefix: string;
  readonly #decimalComma: boolean;

  constructor(connection: DuckDBConnection, source: string, prefix: string, decimalComma: boolean) {
    this.#connection = connection;
    this.#source = source;
    this.#prefix = prefix;
    this.#decimalComma = decimalComma;
  }

  async read(columns: readonly Column[], rows: number): Promise<readonly Typed[]> {
    const sample = `${this.#prefix}_sample`;
    const first = `(SELECT * FROM ${this.#source} LIMIT ${String(SAMPLE_ROWS)})`;
    await this.#connection.run(`CREATE TABLE ${sample} AS SELECT * FROM ${cleanedRows(columns, first)}`);
    const guessed = await this.#kinds(columns, sample);
    await this.#connection.run(`DROP TABLE ${sample}`);
    const table = `${this.#prefix}_typed`;
    const typed = await this.#type(columns, guessed, cleanedRows(columns, this.#source), table);
    assertRows(rows, typed[0]?.figures['n'] ?? 0);
    const settled = typed.filter(({ figures }) => figures['wrong'] === 0);
    const unsettled = typed.filter((_, i) => guessed[i] === null || typed[i]?.figures['wrong'] !== 0);
    if (unsettled.length === 0) return typed;
    const again = new Map((await this.#readAgain(unsettled)).map((column) => [column.id, column]));
    const known = new Map(settled.map((column) => [column.id, column]));
    return columns.flatMap(({ id }) => again.get(id) ?? known.get(id) ?? []);
  }

  /** Columns that are not what their first rows said: as text, and then as what all rows say. */
  async #readAgain(columns: readonly Column[]): Promise<readonly Typed[]> {
    const texts = `${this.#prefix}_texts`;
    await this.#connection.run(
      `CREATE TABLE ${texts} AS SELECT * FROM ${cleanedRows(columns, this.#source)}`,
    );
    const kinds = await this.#kinds(columns, texts);
    const typed = await this.#type(columns, kinds, texts, `${this.#prefix}_again`);
    await this.#connection.run(`DROP TABLE ${texts}`);
    return typed;
  }

  /** What every value of a column is; null where there are no values. @param table cleaned cells */
  async #kinds(columns: readonly Column[], table: string): Promise<readonly (CellKind | null)[]> {
    const kinds: readonly CellKind[] = ['number', 'boolean', 'date'];
    const fits = (kind: CellKind, id: string): string =>
      `count(*) FILTER (isfinite(${valueSql(kind, id, this.#decimalComma)})) AS ${kind}_${id}`;
    const found: (CellKind | null)[] = [];
    for (let start = 0; start < columns.length; start += KINDS_AT_ONCE) {
      const group = columns.slice(start, start + KINDS_AT_ONCE);
      const counted = group.flatMap(({ id }) => [
        `count(${id}) AS present_${id}`,
        ...kinds.map((kind) => fits(kind, id)),
      ]);
      for (const own of await this.#figures(group, `SELECT ${counted.join(', ')} FROM ${table}`)) {
        const fitting = kinds.find((kind) => own[kind] === own['present']) ?? 'text';
        found.push(own['present'] === 0 ? null : fitting);
      }
    }
    return found;
  }

  async #type(
    columns: readonly Column[],
    kinds: readonly (CellKind | null)[],
    from: string,
    table: string,
  ): Promise<readonly Typed[]> {
    const kindOf = (i: number): CellKind => kinds[i] ?? 'text';
    const values = columns.map(({ id }, i) => `${valueSql(kindOf(i), id, this.#decimalComma)} AS ${id}`);
    await this.#connection.run(`CREATE TABLE ${table} AS SELECT ${values.join(', ')} FROM ${from}`);
    const counted = columns.flatMap(({ id }, i) => measuresOf(kindOf(i), id));
    const figures = await this.#figures(columns, `SELECT count(*) AS n, ${counted.join(', ')} FROM ${table}`);
    return columns.map((column, i) => ({ ...column, table, kind: kindOf(i), figures: figures[i] ?? {} }));
  }

  /** One row of figures, taken apart by the columns that their names end in. */
  async #figures(columns: readonly Column[], sql: string): Promise<readonly Figures[]> {
    const row = (await this.#connection.runAndReadAll(sql)).getRowObjects()[0] ?? {};
    const own = new Map<string, Record<string, number>>();
    for (const { id } of columns) own.set(id, { n: Number(row['n'] ?? 0) });
    for (const [key, value] of Object.entries(row)) {
      const [name = '', id = ''] = key.split('_');
      const figures = own.get(id);
      if (figures !== undefined) figures[name] = Number(value ?? 0);
    }
    return columns.map(({ id }) => own.get(id) ?? {});
  }
}

function cleanedRows(columns: readonly Column[], from: string): string {
  const trims = columns.map(({ id }) => `${trimmed(id)} AS ${id}`).join(', ');
  const cells = columns.map(({ id }) => `${cleaned(id)} AS ${id}`).join(', ');
  return `(SELECT ${cells} FROM (SELECT ${trims} FROM ${from}))`;
}

function measuresOf(kind: CellKind, id: string): readonly string[] {
  const present = `count(${id}) AS present_${id}`;
  const few = `approx_count_distinct(${id}) AS few_${id}`;
  if (kind === 'text') return [present, few, `avg(length(${id})) AS length_${id}`, `0 AS wrong_${id}`];
  const whole = `${id} = round(${id}) AND abs(${id}) <= ${String(Number.MAX_SAFE_INTEGER + 1)}`;
  return [
    present,
    few,
    `count(*) FILTER (NOT isfinite(${id})) AS wrong_${id}`,
    `count(*) FILTER (${whole}) AS integers_${id}`,
  ];
}

async function described(
  connection: DuckDBConnection,
  { name, id, table, kind, figures }: Typed,
): Promise<ReadColumn> {
  const { n = 0, present = 0 } = figures;
  const distinct = await distinctOf(connection, table, id, figures);
  const type = typeOf(kind, distinct, figures);
  const levels =
    type !== 'text' && distinct <= MOST_LEVELS ? await levelsOf(connection, table, id, type) : null;
  const profile = {
    name,
    type,
    missing: n - present,
    distinct,
    integral: type === 'numeric' && figures['integers'] === present,
    levels,
  };
  return { profile, table, id };
}

function typeOf(kind: CellKind, distinct: number, { present = 0, length = 0 }: Figures): ColumnType {
  if (kind !== 'text') return ({ number: 'numeric', boolean: 'boolean', date: 'datetime' } as const)[kind];
  const isSpread = distinct > MOST_LEVELS || (distinct > FEW_LEVELS && distinct > present / 2);
  return length > MOST_MEAN_LENGTH || isSpread ? 'text' : 'categorical';
}

async function distinctOf(
  connection: DuckDBConnection,
  table: string,
  id: string,
  { n = 0, present = 0, few = 0 }: Figures,
): Promise<number> {
  if (n > COUNTED_ROWS && few > COUNTED_DISTINCT) return Math.min(few, present);
  const result = await connection.runAndReadAll(`SELECT count(DISTINCT ${id}) FROM ${table}`);
  return Number(result.getRows()[0]?.[0] ?? 0);
}

async function levelsOf(
  connection: DuckDBConnection,
  table: string,
  id: string,
  type: ColumnType,
): Promise<readonly LevelCount[]> {
  const result = await connection.runAndReadAll(
    `SELECT ${id} AS level, count(*) AS n FROM ${table} WHERE ${id} IS NOT NULL GROUP BY level`,
  );
  const levels = result.getRows().map(([level, n]) => ({ value: levelText(level, type), count: Number(n) }));
  return levels.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

function levelText(level: unknown, type: ColumnType): string {
  if (type === 'boolean') return level === 1 ? 'true' : 'false';
  return typeof level === 'number' ? String(level + 0) : String(level);
}
