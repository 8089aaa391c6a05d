/** Entry of the process that reads one upload: what a parser does to it, it does to this process alone. */
import { copyFile, link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TuneloomError } from '../../core/errors';
import { openDuck } from './duck';
import { ingestImages } from './ingest-images';
import { loadTable } from './load';
import type { IngestAnswer, IngestRequest } from './messages';
import { readColumns } from './read-columns';
import { sniffFormat } from './sniff';
import { writeTable } from './write-table';

async function ingest(request: IngestRequest): Promise<IngestAnswer> {
  const format = await sniffFormat(request.path, request.format);
  const seen = join(request.workFolder, 'seen');
  const spill = join(request.workFolder, 'spill');
  await mkdir(seen);
  await mkdir(spill);
  const upload = join(seen, 'upload');
  await link(request.path, upload).catch(() => copyFile(request.path, upload));
  const connection = await openDuck({
    folder: seen,
    temporaryFolder: spill,
    memoryBytes: request.memoryBytes,
    threads: request.threads,
  });
  if (format === 'npz' || format === 'zip') {
    const { rows, columns } = await ingestImages(connection, {
      path: upload,
      format,
      folder: request.folder,
      seen,
    });
    return { ok: true, format, rows, profiles: columns.map(({ profile }) => profile) };
  }
  const table = await loadTable(connection, upload, format);
  const columns = await readColumns(connection, table, request.memoryBytes);
  const { rows } = table;
  await writeTable(connection, request.folder, format, rows, columns);
  return { ok: true, format, rows, profiles: columns.map(({ profile }) => profile) };
}

async function answer(request: IngestRequest): Promise<IngestAnswer> {
  try {
    return await ingest(request);
  } catch (error) {
    if (error instanceof TuneloomError) {
      const { kind, code, message, errors } = error;
      return { ok: false, kind, code, message, errors };
    }
    const message = error instanceof Error ? error.message : String(error);
    const isMemory = /out of memory/i.test(message);
    return isMemory
      ? {
          ok: false,
          kind: 'tooLarge',
          code: 'table_too_large',
          message: 'the table needs more memory than reading one may take',
          errors: [],
        }
      : { ok: false, kind: 'internal', code: 'ingest_failed', message, errors: [] };
  }
}

process.on('disconnect', () => process.exit(1));
process.once('message', (request: IngestRequest) => {
  void answer(request).then((result) => {
    process.send?.(result, () => process.exit(0));
  });
});
