import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Dataset, RowObject, StoredDataset } from '../../core/dataset';
import { ConflictError, InvalidError, MalformedError, NotFoundError } from '../../core/errors';
import { newId } from '../../core/id';
import type { Page, PageRequest, Storage, StorageSession } from '../../core/storage';
import { ingestFile, openTable, type Audit } from '../../datasets';
import { Audits } from './audits';
import type { DatasetService, InTransaction, UploadedTable } from '../services';

const MOST_NAMED_STUDIES = 10;

export interface DatasetPorts {
  readonly storage: Storage;
  readonly tablesFolder: string;
  /** Bytes that reading a file may take. */
  readonly datasetMemory: number;
}

export class Datasets implements DatasetService {
  readonly #storage: Storage;
  readonly #tablesFolder: string;
  readonly #datasetMemory: number;

  readonly #audits = new Audits();

  constructor({ storage, tablesFolder, datasetMemory }: DatasetPorts) {
    this.#storage = storage;
    this.#tablesFolder = tablesFolder;
    this.#datasetMemory = datasetMemory;
  }

  async create(upload: UploadedTable, also?: InTransaction<Dataset>): Promise<Dataset> {
    const dataset = await this.read(upload);
    return this.#storage.write((session) => {
      session.insertDataset(dataset);
      also?.(session, toDataset(dataset));
      return toDataset(dataset);
    });
  }

  /** Parses an upload into the table cache without storing a row; takes the upload away. */
  async read(upload: UploadedTable): Promise<StoredDataset> {
    try {
      const sha256 = await hashOf(upload.path);
      const table = await ingestFile({
        path: upload.path,
        format: upload.format,
        tablesFolder: this.#tablesFolder,
        memoryBytes: this.#datasetMemory,
        sha256,
      });
      return {
        id: newId('ds'),
        name: upload.name ?? basename(upload.fileName),
        format: table.format,
        bytes: upload.bytes,
        sha256,
        rows: table.rows,
        columns: table.profiles.map(({ name, type, missing, distinct }) => ({
          name,
          type,
          missing,
          distinct,
        })),
        profiles: table.profiles,
        tableKey: table.tableKey,
        createdAt: new Date().toISOString(),
      };
    } finally {
      await rm(upload.path, { force: true });
    }
  }

  list(page: PageRequest): Page<Dataset> {
    const { items, nextCursor } = this.#storage.datasets(page);
    return { items: items.map(toDataset), nextCursor };
  }

  get(id: string): Dataset {
    return toDataset(requireDataset(this.#storage, id));
  }

  async delete(id: string): Promise<void> {
    const unused = await this.#storage.write((session) => {
      const dataset = requireDataset(session, id);
      const studies = session.studiesOfDataset(id);
      if (studies.length > 0) {
        const named = studies.slice(0, MOST_NAMED_STUDIES).join(', ');
        const more =
          studies.length > MOST_NAMED_STUDIES
            ? ` and ${String(studies.length - MOST_NAMED_STUDIES)} more`
            : '';
        throw new ConflictError(
          'dataset_in_use',
          `studies refer to this dataset: ${named}${more}; delete them first`,
        );
      }
      session.deleteDataset(id);
      return session.tableIsUsed(dataset.tableKey) ? null : dataset.tableKey;
    });
    if (unused !== null) await rm(join(this.#tablesFolder, unused), { recursive: true, force: true });
  }

  async audit(id: string, target: string | null): Promise<Audit> {
    const dataset = requireDataset(this.#storage, id);
    if (target !== null && !dataset.columns.some(({ name }) => name === target)) {
      const message = `the table has no column ${JSON.stringify(target)}`;
      throw new InvalidError('unknown_column', `target: ${message}`, {
        errors: [{ path: 'target', message }],
      });
    }
    return this.#audits.get(join(this.#tablesFolder, dataset.tableKey), target);
  }

  async rows(id: string, { limit, cursor }: PageRequest): Promise<Page<RowObject>> {
    const dataset = requireDataset(this.#storage, id);
    const start = offsetOf(cursor, dataset.rows);
    const end = Math.min(dataset.rows, start + limit);
    const table = await openTable(join(this.#tablesFolder, dataset.tableKey));
    const items = await table.rows(start, end);
    return {
      items,
      nextCursor: end < dataset.rows ? Buffer.from(`row:${String(end)}`).toString('base64url') : null,
    };
  }
}

/** @throws NotFoundError `dataset_not_found` */
export function requireDataset(session: StorageSession, id: string): StoredDataset {
  const dataset = session.dataset(id);
  if (dataset === null) throw new NotFoundError('dataset_not_found', `there is no dataset ${id}`);
  return dataset;
}

export function toDataset({
  id,
  name,
  format,
  bytes,
  sha256,
  rows,
  columns,
  createdAt,
}: StoredDataset): Dataset {
  return { id, name, format, bytes, sha256, rows, columns, createdAt };
}

function offsetOf(cursor: string | null, rows: number): number {
  if (cursor === null) return 0;
  const match = /^row:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  const offset = match === null ? -1 : Number(match[1]);
  if (offset < 0 || offset > rows) {
    throw new MalformedError('invalid_cursor', 'cursor: take it from the nextCursor of the page before');
  }
  return offset;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
