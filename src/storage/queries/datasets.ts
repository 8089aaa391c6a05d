import type { DatasetFormat, StoredDataset } from '../../core/dataset';
import type { Page, PageRequest } from '../../core/storage';
import { decodeCursor } from '../../core/cursor';
import type { Connection } from '../database';
import { pageOf } from '../page';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly format: DatasetFormat;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
  readonly profiles: string;
  readonly table_key: string;
  readonly created_at: string;
}

export class DatasetQueries {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  insert(dataset: StoredDataset): void {
    const { id, name, format, bytes, sha256, rows, profiles, tableKey, createdAt } = dataset;
    this.#db.run(
      'INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      name,
      format,
      bytes,
      sha256,
      rows,
      JSON.stringify(profiles),
      tableKey,
      createdAt,
    );
  }

  get(id: string): StoredDataset | null {
    const row = this.#db.get<Row>('SELECT * FROM datasets WHERE id = ?', id);
    return row === undefined ? null : read(row);
  }

  list({ limit, cursor }: PageRequest): Page<StoredDataset> {
    const [after] = cursor === null ? [''] : decodeCursor(cursor, ['string']);
    const rows = this.#db.all<Row>(
      'SELECT * FROM datasets WHERE id > ? ORDER BY id LIMIT ?',
      after,
      limit + 1,
    );
    return pageOf(rows, limit, ({ id }) => [id], read);
  }

  delete(id: string): void {
    this.#db.run('DELETE FROM datasets WHERE id = ?', id);
  }

  studiesOf(id: string): readonly string[] {
    const rows = this.#db.all<{ id: string }>('SELECT id FROM studies WHERE dataset = ? ORDER BY id', id);
    return rows.map((row) => row.id);
  }

  tableIsUsed(tableKey: string): boolean {
    return this.#db.get('SELECT 1 FROM datasets WHERE table_key = ? LIMIT 1', tableKey) !== undefined;
  }
}

function read(row: Row): StoredDataset {
  const { id, name, format, bytes, sha256, rows, table_key: tableKey, created_at: createdAt } = row;
  const profiles = JSON.parse(row.profiles) as StoredDataset['profiles'];
  const columns = profiles.map((profile) => ({
    name: profile.name,
    type: profile.type,
    missing: profile.missing,
    distinct: profile.distinct,
  }));
  return { id, name, format, bytes, sha256, rows, columns, profiles, tableKey, createdAt };
}
