import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnProfile, ColumnType, LevelCount } from '../../core/dataset';
import { columnId, RAW_TABLE } from './load';

/** Words that stand for a missing value, whatever their case. */
const MISSING_WORDS = ['', 'na', 'n/a', '#n/a', 'null', 'nan', '?'];
const TRUE_WORDS = ['true', 'yes', 't', 'y'];
const FALSE_WORDS = ['false', 'no', 'f', 'n'];
/** Digits with a leading zero are a code (a postcode, an article), not a number. */
const NUMBER = String.raw`[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?`;
/** 1 234 567.8 with spaces of any width. */
const GROUPED = String.raw`[+-]?[1-9]\d{0,2}([    ]\d{3})+(\.\d+)?`;
const DECIMAL_COMMA = String.raw`[+-]?(0|[1-9]\d*),\d+`;
const DATE = String.raw`\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?`;

const MOST_LEVELS = 1000;
/** Texts beyond this length on average are prose, not categories. */
const MOST_MEAN_LENGTH = 100;
const FEW_LEVELS = 50;

export interface InferredColumn {
  readonly profile: ColumnProfile;
  /** SQL of the cleaned value: DOUBLE for numeric, boolean (0, 1) and datetime (ms since 1970 UTC), else VARCHAR. */
  readonly sql: string;
}

/**
 * What a column holds. Numeric, boolean and datetime need every value to be one; other texts are `categorical`
 * unless they are prose, or have more than 1 000 levels, or more than 50 that are more than half of the values: `text`.
 */
export async function inferColumn(
  connection: DuckDBConnection,
  index: number,
  name: string,
  decimalComma: boolean,
): Promise<InferredColumn> {
  const text = `trim(${columnId(index)}, ' \t\r\n')`;
  const value = `CASE WHEN lower(${text}) IN (${list(MISSING_WORDS)}) THEN NULL ELSE ${text} END`;
  const number = numberSql(decimalComma);
  const result = await connection.runAndReadAll(
    `SELECT count(*) AS n, count(v) AS present, count(DISTINCT v) AS levels, avg(length(v)) AS length,
       count(${number}) AS numbers, count(DISTINCT ${number}) AS distinct_numbers,
       count(*) FILTER (WHERE ${number} = round(${number}) AND abs(${number}) <= 9007199254740992) AS integers,
       count(*) FILTER (WHERE lower(v) IN (${list([...TRUE_WORDS, ...FALSE_WORDS])})) AS booleans,
       count(${dateSql()}) AS dates, count(DISTINCT ${dateSql()}) AS distinct_dates
     FROM (SELECT ${value} AS v FROM ${RAW_TABLE})`,
  );
  const row = result.getRowObjects()[0] ?? {};
  const figure = (key: string): number => Number(row[key] ?? 0);
  const present = figure('present');
  const type = typeOf(present, figure);
  const distinct = {
    numeric: figure('distinct_numbers'),
    datetime: figure('distinct_dates'),
    boolean: Math.min(2, figure('levels')),
    categorical: figure('levels'),
    text: figure('levels'),
    image: 0,
  }[type];
  const sql =
    type === 'numeric' ? number : type === 'datetime' ? dateSql() : type === 'boolean' ? booleanSql() : 'v';
  const levels =
    distinct <= MOST_LEVELS && type !== 'text' ? await levelsOf(connection, value, sql, type) : null;
  return {
    profile: {
      name,
      type,
      missing: figure('n') - present,
      distinct: type === 'boolean' ? (levels?.length ?? distinct) : distinct,
      integral: type === 'numeric' && figure('integers') === present,
      levels,
    },
    sql: `SELECT ${sql} AS value FROM (SELECT ${value} AS v FROM ${RAW_TABLE})`,
  };
}

function typeOf(present: number, figure: (key: string) => number): ColumnType {
  if (present === 0) return 'categorical';
  if (figure('numbers') === present) return 'numeric';
  if (figure('booleans') === present) return 'boolean';
  if (figure('dates') === present) return 'datetime';
  const levels = figure('levels');
  const isProse = figure('length') > MOST_MEAN_LENGTH;
  const isSpread = levels > MOST_LEVELS || (levels > FEW_LEVELS && levels > present / 2);
  return isProse || isSpread ? 'text' : 'categorical';
}

async function levelsOf(
  connection: DuckDBConnection,
  value: string,
  sql: string,
  type: ColumnType,
): Promise<readonly LevelCount[]> {
  const result = await connection.runAndReadAll(
    `SELECT ${sql} AS level, count(*) AS n FROM (SELECT ${value} AS v FROM ${RAW_TABLE}) WHERE v IS NOT NULL GROUP BY level`,
  );
  const levels = result.getRows().map(([level, n]) => ({ value: levelText(level, type), count: Number(n) }));
  return levels.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

function levelText(level: unknown, type: ColumnType): string {
  if (type === 'boolean') return level === 1 ? 'true' : 'false';
  return typeof level === 'number' ? String(level + 0) : String(level);
}

function numberSql(decimalComma: boolean): string {
  const plain = `WHEN regexp_full_match(v, '${NUMBER}') THEN TRY_CAST(v AS DOUBLE)`;
  const grouped = `WHEN regexp_full_match(v, '${GROUPED}') THEN TRY_CAST(regexp_replace(v, '[    ]', '', 'g') AS DOUBLE)`;
  const comma = `WHEN regexp_full_match(v, '${DECIMAL_COMMA}') THEN TRY_CAST(replace(v, ',', '.') AS DOUBLE)`;
  const number = `CASE ${plain} ${grouped} ${decimalComma ? comma : ''} ELSE NULL END`;
  // 1e999 is a number in the text and none in a double.
  return `(CASE WHEN isfinite(${number}) THEN ${number} ELSE NULL END)`;
}

function booleanSql(): string {
  return `CASE WHEN v IS NULL THEN NULL WHEN lower(v) IN (${list(TRUE_WORDS)}) THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END`;
}

function dateSql(): string {
  const stamp = `TRY_CAST(replace(v, '/', '-') AS TIMESTAMP)`;
  return `CASE WHEN regexp_full_match(v, '${DATE}') THEN epoch_ms(${stamp})::DOUBLE ELSE NULL END`;
}

function list(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ');
}
