import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBDoubleVector, type DuckDBConnection } from '@duckdb/node-api';
import { InternalError } from '../../core/errors';
import type { DatasetFormat } from '../../core/dataset';
import { MANIFEST_FILE, TABLE_VERSION, type ColumnStorage, type TableManifest } from '../table-format';
import type { InferredColumn } from './infer';
import { sync, writeFileOf, type Write } from './write-file';

const NUMERIC_TYPES = ['numeric', 'boolean', 'datetime'];

/** Writes the columns and the manifest into `folder`, and has them on the disk when it returns. */
export async function writeTable(
  connection: DuckDBConnection,
  folder: string,
  format: DatasetFormat,
  rows: number,
  columns: readonly InferredColumn[],
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
  { profile, sql }: InferredColumn,
): Promise<ColumnStorage> {
  const file = `${String(index)}.bin`;
  if (NUMERIC_TYPES.includes(profile.type)) {
    await writeFileOf(join(folder, file), (write) => streamNumbers(connection, sql, write));
    return { kind: 'numbers', file };
  }
  if (profile.type === 'categorical') {
    const levels = (profile.levels ?? []).map(({ value }) => value).sort();
    const codes = new Map(levels.map((level, code) => [level, code]));
    await writeFileOf(join(folder, file), (write) =>
      streamTexts(connection, sql, async (values) => {
        await write(
          bytesOf(Int32Array.from(values, (value) => (value === null ? -1 : (codes.get(value) ?? -1)))),
        );
      }),
    );
    return { kind: 'codes', file, levels };
  }
  const offsets = `${String(index)}.offsets`;
  let end = 0;
  await writeFileOf(join(folder, offsets), async (writeOffsets) => {
    await writeOffsets(bytesOf(Float64Array.of(0)));
    await writeFileOf(join(folder, file), (write) =>
      streamTexts(connection, sql, async (values) => {
        const texts = values.map((value) => Buffer.from(value ?? ''));
        const ends = Float64Array.from(texts, (text) => (end += text.byteLength));
        await writeOffsets(bytesOf(ends));
        await write(Buffer.concat(texts));
      }),
    );
  });
  return { kind: 'texts', file, offsets };
}

async function streamNumbers(connection: DuckDBConnection, sql: string, write: Write): Promise<void> {
  const result = await connection.stream(`SELECT coalesce(value, 'nan'::DOUBLE) FROM (${sql})`);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const vector = chunk.getColumnVector(0);
    if (!(vector instanceof DuckDBDoubleVector))
      throw new InternalError('unexpected_vector', 'a number column is no double');
    const values = new Float64Array(chunk.rowCount);
    for (let i = 0; i < values.length; i++) values[i] = vector.getItem(i) ?? NaN;
    await write(bytesOf(values));
  }
}

async function streamTexts(
  connection: DuckDBConnection,
  sql: string,
  take: (values: readonly (string | null)[]) => Promise<void>,
): Promise<void> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    await take(chunk.getColumnValues(0) as (string | null)[]);
  }
}

function bytesOf(values: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
