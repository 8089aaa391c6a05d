import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DuckDBDoubleVector,
  DuckDBIntegerVector,
  type DuckDBConnection,
  type DuckDBDataChunk,
} from '@duckdb/node-api';
import { InternalError } from '../../core/errors';
import type { DatasetFormat } from '../../core/dataset';
import { MANIFEST_FILE, TABLE_VERSION, type ColumnStorage, type TableManifest } from '../table-format';
import { quoteText } from './duck';
import type { ReadColumn } from './read-columns';
import { sync, writeFileOf } from './write-file';

const NUMERIC_TYPES = ['numeric', 'boolean', 'datetime'];

/** Writes the columns and the manifest into `folder`, and has them on the disk when it returns. */
export async function writeTable(
  connection: DuckDBConnection,
  folder: string,
  format: DatasetFormat,
  rows: number,
  columns: readonly ReadColumn[],
): Promise<TableManifest> {
  const written: TableManifest['columns'][number][] = [];
  for (const [i, column] of columns.entries()) {
    written.push({ profile: column.profile, storage: await writeColumn(connection, folder, i, column) });
  }
  const manifest: TableManifest = { version: TABLE_VERSION, format, rows, columns: written };
  await writeManifest(folder, manifest);
  return manifest;
}

export async function writeManifest(folder: string, manifest: TableManifest): Promise<void> {
  await writeFile(join(folder, MANIFEST_FILE), JSON.stringify(manifest));
  await sync(join(folder, MANIFEST_FILE));
}

export async function writeColumn(
  connection: DuckDBConnection,
  folder: string,
  index: number,
  { profile, table, id }: ReadColumn,
): Promise<ColumnStorage> {
  const file = `${String(index)}.bin`;
  const path = join(folder, file);
  const streamed = (sql: string, take: (chunk: DuckDBDataChunk) => Promise<void>): Promise<void> =>
    stream(connection, `SELECT ${sql} FROM ${table}`, take);
  if (NUMERIC_TYPES.includes(profile.type)) {
    await writeFileOf(path, (write) =>
      streamed(`coalesce(${id}, 'nan'::DOUBLE)`, (chunk) => write(numbersOf(chunk, Float64Array))),
    );
    return { kind: 'numbers', file };
  }
  if (profile.type === 'categorical') {
    const levels = (profile.levels ?? []).map(({ value }) => value).sort();
    const type = `levels_${String(index)}`;
    if (levels.length > 0)
      await connection.run(`CREATE TYPE ${type} AS ENUM (${levels.map(quoteText).join(', ')})`);
    const code = levels.length === 0 ? '-1' : `coalesce(enum_code(CAST(${id} AS ${type}))::INTEGER, -1)`;
    await writeFileOf(path, (write) => streamed(code, (chunk) => write(numbersOf(chunk, Int32Array))));
    return { kind: 'codes', file, levels };
  }
  const offsets = `${String(index)}.offsets`;
  let end = 0;
  await writeFileOf(join(folder, offsets), async (writeOffsets) => {
    await writeOffsets(bytesOf(Float64Array.of(0)));
    await writeFileOf(path, (write) =>
      streamed(id, async (chunk) => {
        const texts = (chunk.getColumnValues(0) as (string | null)[]).map((text) => Buffer.from(text ?? ''));
        await writeOffsets(bytesOf(Float64Array.from(texts, (text) => (end += text.byteLength))));
        await write(Buffer.concat(texts));
      }),
    );
  });
  return { kind: 'texts', file, offsets };
}

async function stream(
  connection: DuckDBConnection,
  sql: string,
  take: (chunk: DuckDBDataChunk) => Promise<void>,
): Promise<void> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    await take(chunk);
  }
}

/** The numbers of a chunk's one column. Its own memory is used again: what is written later has to be a copy. */
function numbersOf(
  chunk: DuckDBDataChunk,
  Numbers: Float64ArrayConstructor | Int32ArrayConstructor,
): Uint8Array {
  const vector = chunk.getColumnVector(0);
  if (!(vector instanceof DuckDBDoubleVector || vector instanceof DuckDBIntegerVector))
    throw new InternalError('unexpected_vector', 'a column of numbers is none');
  const values = new Numbers(chunk.rowCount);
  // Not in the types: the vector's memory, which is faster to copy whole.
  const { items } = vector as unknown as { readonly items?: Float64Array | Int32Array };
  if (items instanceof Numbers) values.set(items.subarray(0, chunk.rowCount));
  else for (let i = 0; i < values.length; i++) values[i] = vector.getItem(i) ?? NaN;
  return bytesOf(values);
}

function bytesOf(values: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
