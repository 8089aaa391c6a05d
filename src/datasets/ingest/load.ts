import type { DuckDBConnection } from '@duckdb/node-api';
import type { DatasetFormat } from '../../core/dataset';
import { InvalidError, TuneloomError } from '../../core/errors';
import { fileError, MOST_COLUMNS, scanCsv } from './csv-scan';
import { quoteIdentifier, quoteText } from './duck';
import { uniqueNames } from './names';

export const RAW_TABLE = 'raw_table';

const LEAST_LINE_BYTES = 1 << 20;
const MOST_OBJECT_BYTES = 16 << 20;

export interface LoadedTable {
  readonly names: readonly string[];
  readonly rows: number;
  /** A comma may stand for the decimal point: it does not separate fields. */
  readonly decimalComma: boolean;
}

/** Name of the i-th column in the database; the table's own names never stand in SQL. */
export function columnId(index: number): string {
  return `c${String(index)}`;
}

/**
 * Makes `raw_table` of the file: one text column per column, null where there is nothing. Of a CSV it is a view, which
 * reads the file anew each time: {@link assertRows} has to be called with what it gave.
 * @throws InvalidError `invalid_file`, with the line or the column where the format has one
 */
export async function loadTable(
  connection: DuckDBConnection,
  path: string,
  format: DatasetFormat,
): Promise<LoadedTable> {
  if (format === 'csv' || format === 'tsv') return loadCsv(connection, path, format);
  try {
    return format === 'parquet'
      ? await loadParquet(connection, path)
      : await loadJson(connection, path, format);
  } catch (error) {
    if (error instanceof TuneloomError) throw error;
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it cannot be read';
    throw fileError('file', `this is no readable ${format}: ${message.replaceAll(path, 'the file')}`);
  }
}

async function loadCsv(
  connection: DuckDBConnection,
  path: string,
  format: 'csv' | 'tsv',
): Promise<LoadedTable> {
  const shape = await scanCsv(path, format === 'tsv' ? '\t' : null);
  // Buffers are a multiple of the longest line, one a thread: no longer than the file needs.
  const lineBytes = Math.max(LEAST_LINE_BYTES, shape.longestRecordBytes + 1024);
  const columns = shape.header.map((_, i) => `${quoteText(columnId(i))}: 'VARCHAR'`).join(', ');
  await connection.run(
    `CREATE VIEW ${RAW_TABLE} AS SELECT * FROM read_csv(${quoteText(path)}, delim = ${quoteText(shape.delimiter)},
       quote = '"', escape = '"', header = true, auto_detect = false, columns = {${columns}}, strict_mode = true,
       null_padding = false, nullstr = '', max_line_size = ${String(lineBytes)},
       buffer_size = ${String(16 * lineBytes)})`,
  );
  return { names: uniqueNames(shape.header), rows: shape.rows, decimalComma: shape.delimiter !== ',' };
}

/** @throws InvalidError `invalid_file` where the scan of a CSV has counted other rows than its parser */
export function assertRows(counted: number, parsed: number): void {
  if (counted === parsed) return;
  const message = `its rows can be read in two ways (${String(counted)} or ${String(parsed)}); quote every text`;
  throw fileError('file', message);
}

async function loadParquet(connection: DuckDBConnection, path: string): Promise<LoadedTable> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${quoteText(path)})`);
  const columns = described
    .getRowObjects()
    .map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
  assertColumns(columns.length);
  for (const { name, type } of columns) {
    if (/[[(<]|BLOB|STRUCT|MAP|UNION/.test(type.replace(/^DECIMAL\(\d+,\d+\)$/, ''))) {
      throw nested(name, `has values of the type ${type}`);
    }
  }
  const select = columns
    .map(({ name }, i) => `CAST(${quoteIdentifier(name)} AS VARCHAR) AS ${columnId(i)}`)
    .join(', ');
  await connection.run(`CREATE TABLE ${RAW_TABLE} AS SELECT ${select} FROM read_parquet(${quoteText(path)})`);
  const rows = await countRows(connection);
  if (rows === 0) throw fileError('file', 'there are no rows');
  return { names: uniqueNames(columns.map(({ name }) => name)), rows, decimalComma: false };
}

async function loadJson(
  connection: DuckDBConnection,
  path: string,
  format: DatasetFormat,
): Promise<LoadedTable> {
  const layout = format === 'ndjson' ? 'newline_delimited' : 'array';
  await connection.run(
    `CREATE TABLE objects AS SELECT json, row_number() OVER () AS row FROM read_json_objects(${quoteText(path)},
       format = ${quoteText(layout)}, maximum_object_size = ${String(MOST_OBJECT_BYTES)})`,
  );
  const wrong = await connection.runAndReadAll(
    `SELECT row FROM objects WHERE json_type(json) <> 'OBJECT' ORDER BY row LIMIT 1`,
  );
  const [first] = wrong.getRows();
  if (first !== undefined)
    throw fileError(
      `row ${String(first[0])}`,
      'is no object; each row is an object of column names and values',
    );
  const found = await connection.runAndReadAll(
    `SELECT key, min(row * 100000 + place) AS first FROM (
       SELECT row, unnest(json_keys(json)) AS key, generate_subscripts(json_keys(json), 1) AS place FROM objects)
     GROUP BY key ORDER BY first`,
  );
  const keys = found.getRows().map(([key]) => String(key));
  assertColumns(keys.length);
  const at = (key: string): string => `json_extract(json, ${quoteText(jsonPointer(key))})`;
  for (const key of keys) {
    const types = await connection.runAndReadAll(
      `SELECT row FROM objects WHERE json_type(${at(key)}) IN ('OBJECT', 'ARRAY') ORDER BY row LIMIT 1`,
    );
    const [row] = types.getRows();
    if (row !== undefined) throw nested(key, `has an object or a list in row ${String(row[0])}`);
  }
  const select = keys
    .map((key, i) => `json_extract_string(json, ${quoteText(jsonPointer(key))}) AS ${columnId(i)}`)
    .join(', ');
  await connection.run(`CREATE TABLE ${RAW_TABLE} AS SELECT ${select} FROM objects ORDER BY row`);
  await connection.run('DROP TABLE objects');
  const rows = await countRows(connection);
  if (rows === 0) throw fileError('file', 'there are no rows');
  return { names: uniqueNames(keys), rows, decimalComma: false };
}

/** RFC 6901, which takes any key. */
function jsonPointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

async function countRows(connection: DuckDBConnection): Promise<number> {
  const result = await connection.runAndReadAll(`SELECT count(*) FROM ${RAW_TABLE}`);
  return Number(result.getRows()[0]?.[0] ?? 0);
}

function assertColumns(count: number): void {
  if (count === 0) throw fileError('file', 'there are no columns');
  if (count > MOST_COLUMNS) {
    throw fileError('file', `${String(count)} columns; at most ${String(MOST_COLUMNS)} are allowed`);
  }
}

function nested(column: string, what: string): InvalidError {
  const message = `column ${JSON.stringify(column)} ${what}; give each value a column of its own`;
  return new InvalidError('invalid_file', message, { errors: [{ path: column, message }] });
}
