import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ColumnProfile, DatasetFormat } from '../../core/dataset';
import { childEntry } from '../../core/entry';
import { TuneloomError } from '../../core/errors';
import { runInChild } from '../run-in-child';
import { MANIFEST_FILE, type TableManifest } from '../table-format';
import type { IngestAnswer, IngestRequest } from './messages';

const MOST_MEMORY_BYTES = 768 * 2 ** 20;
const HEAP_MIB = 1024;
const DEADLINE_MS = 30 * 60 * 1000;

export interface IngestOptions {
  readonly path: string;
  readonly format: DatasetFormat | 'auto';
  readonly tablesFolder: string;
  /** Bytes that the database which reads it may take; left out: 768 MiB, which is also the most. */
  readonly memoryBytes?: number;
  /** Of the file's bytes: equal files with an equal format share one table. */
  readonly sha256: string;
}

export interface IngestedTable {
  readonly tableKey: string;
  readonly format: DatasetFormat;
  readonly rows: number;
  readonly profiles: readonly ColumnProfile[];
}

/**
 * Reads an upload into the table cache, in a process of its own with limits of memory and time.
 * @throws InvalidError where the file breaks a rule, with the line or column; TuneloomError `table_too_large`,
 *   `ingest_timeout`, `ingest_failed`
 */
export async function ingestFile({
  path,
  format,
  tablesFolder,
  memoryBytes = MOST_MEMORY_BYTES,
  sha256,
}: IngestOptions): Promise<IngestedTable> {
  const tableKey = `${sha256}-${format}`;
  const known = await readKnown(join(tablesFolder, tableKey));
  if (known !== null) return { tableKey, ...known };
  const scratch = join(tablesFolder, `.${randomBytes(8).toString('hex')}`);
  const folder = join(scratch, 'table');
  const workFolder = join(scratch, 'work');
  try {
    await mkdir(folder, { recursive: true });
    await mkdir(workFolder);
    const threads = Math.max(1, Math.min(4, availableParallelism()));
    const memory = Math.min(memoryBytes, MOST_MEMORY_BYTES);
    const request: IngestRequest = { path, format, folder, workFolder, memoryBytes: memory, threads };
    const answer = await runInChild<IngestAnswer>(childEntry(__dirname, 'child'), request, {
      deadlineMs: DEADLINE_MS,
      heapMiB: HEAP_MIB,
      doing: 'reading the file',
      code: 'ingest',
    });
    if (!answer.ok)
      throw new TuneloomError(answer.kind, answer.code, answer.message, { errors: answer.errors });
    await rename(folder, join(tablesFolder, tableKey)).catch(async (error: unknown) => {
      // Somebody else has read the same file meanwhile.
      if ((await readKnown(join(tablesFolder, tableKey))) === null) throw error;
    });
    return { tableKey, format: answer.format, rows: answer.rows, profiles: answer.profiles };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function readKnown(folder: string): Promise<Omit<IngestedTable, 'tableKey'> | null> {
  try {
    const { format, rows, columns } = JSON.parse(
      await readFile(join(folder, MANIFEST_FILE), 'utf8'),
    ) as TableManifest;
    return { format, rows, profiles: columns.map(({ profile }) => profile) };
  } catch {
    return null;
  }
}
