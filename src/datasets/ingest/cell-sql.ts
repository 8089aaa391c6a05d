/** SQL of what a cell holds: the one place that says how numbers, booleans, dates and missing values are written. */

/** Words that stand for a missing value, whatever their case. */
const MISSING_WORDS = ['', 'na', 'n/a', '#n/a', 'null', 'nan', '?'];
const LONGEST_MISSING = Math.max(...MISSING_WORDS.map(({ length }) => length));
const TRUE_WORDS = ['true', 'yes', 't', 'y'];
const FALSE_WORDS = ['false', 'no', 'f', 'n'];
/** Digits with a leading zero are a code (a postcode, an article), not a number. */
const NUMBER = String.raw`[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?`;
/** 1 234 567.8 with spaces of any width. */
const SPACE = String.raw`[ \x{00A0}\x{2009}\x{202F}]`;
const GROUPED = String.raw`[+-]?[1-9]\d{0,2}(${SPACE}\d{3})+(\.\d+)?`;
const DECIMAL_COMMA = String.raw`[+-]?(0|[1-9]\d*),\d+`;
const DATE = String.raw`\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?`;
/** DuckDB reads a zone after seconds alone. */
const WITHOUT_SECONDS = String.raw`([ T]\d{1,2}:\d{2})(Z|[+-])`;

/** What a cell becomes: a DOUBLE (boolean 0 and 1; dates in ms since 1970 UTC), or its text. */
export type CellKind = 'number' | 'boolean' | 'date' | 'text';

/** A trimmed cell; null where it is missing. @param column an SQL name */
export function cleaned(column: string): string {
  // Of IN with so many words DuckDB makes a join a column.
  const words = MISSING_WORDS.map((word) => `WHEN '${word}' THEN NULL`).join(' ');
  const short = `CASE lower(${column}) ${words} ELSE ${column} END`;
  return `CASE WHEN length(${column}) > ${String(LONGEST_MISSING)} THEN ${column} ELSE ${short} END`;
}

export function trimmed(column: string): string {
  return `trim(${column}, ' \t\r\n')`;
}

/** The value of a cleaned cell: null where it is missing, NaN or infinite where the cell is no such value. */
export function valueSql(kind: CellKind, column: string, decimalComma: boolean): string {
  if (kind === 'text') return column;
  const cases = { number: numberCases, boolean: booleanCases, date: dateCases }[kind](column, decimalComma);
  return `CASE WHEN ${column} IS NULL THEN NULL ${cases} ELSE 'nan'::DOUBLE END`;
}

function numberCases(v: string, decimalComma: boolean): string {
  const plain = `WHEN regexp_full_match(${v}, '${NUMBER}') THEN coalesce(TRY_CAST(${v} AS DOUBLE), 'nan'::DOUBLE)`;
  const grouped = `WHEN regexp_full_match(${v}, '${GROUPED}') THEN TRY_CAST(regexp_replace(${v}, '${SPACE}', '', 'g') AS DOUBLE)`;
  const comma = `WHEN regexp_full_match(${v}, '${DECIMAL_COMMA}') THEN TRY_CAST(replace(${v}, ',', '.') AS DOUBLE)`;
  return `${plain} ${grouped} ${decimalComma ? comma : ''}`;
}

function booleanCases(v: string): string {
  const words = [...TRUE_WORDS.map((word) => [word, 1]), ...FALSE_WORDS.map((word) => [word, 0])];
  return words
    .map(([word, value]) => `WHEN lower(${v}) = '${String(word)}' THEN ${String(value)}::DOUBLE`)
    .join(' ');
}

function dateCases(v: string): string {
  const text = `regexp_replace(replace(${v}, '/', '-'), '${WITHOUT_SECONDS}', '\\1:00\\2')`;
  const time = `epoch_ms(TRY_CAST(${text} AS TIMESTAMPTZ))::DOUBLE`;
  return `WHEN regexp_full_match(${v}, '${DATE}') THEN coalesce(${time}, 'nan'::DOUBLE)`;
}
