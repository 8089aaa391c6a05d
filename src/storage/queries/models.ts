import type { Model } from '../../core/model';
import type { Page, PageRequest } from '../../core/storage';
import { decodeCursor } from '../../core/cursor';
import type { Connection } from '../database';
import { pageOf } from '../page';

interface Row {
  readonly id: string;
  readonly body: string;
}

export class ModelQueries {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  insert(model: Model): void {
    this.#db.run('INSERT INTO models VALUES (?, ?, ?)', model.id, model.study, JSON.stringify(model));
    for (const { sha256 } of model.files) {
      this.#db.run('INSERT OR IGNORE INTO blob_names VALUES (?, ?)', sha256, model.study);
    }
  }

  get(id: string): Model | null {
    const row = this.#db.get<Row>('SELECT id, body FROM models WHERE id = ?', id);
    return row === undefined ? null : read(row);
  }

  list(study: string | null, { limit, cursor }: PageRequest): Page<Model> {
    const [after] = cursor === null ? [''] : decodeCursor(cursor, ['string']);
    const rows =
      study === null
        ? this.#db.all<Row>('SELECT id, body FROM models WHERE id > ? ORDER BY id LIMIT ?', after, limit + 1)
        : this.#db.all<Row>(
            'SELECT id, body FROM models WHERE study = ? AND id > ? ORDER BY id LIMIT ?',
            study,
            after,
            limit + 1,
          );
    return pageOf(rows, limit, ({ id }) => [id], read);
  }

  delete(id: string): void {
    this.#db.run('DELETE FROM models WHERE id = ?', id);
  }

  final(study: string): Model | null {
    const sql =
      'SELECT models.id, body FROM models JOIN studies ON studies.final_model = models.id WHERE studies.id = ?';
    const row = this.#db.get<Row>(sql, study);
    return row === undefined ? null : read(row);
  }

  setFinal(study: string, model: string | null): void {
    this.#db.run('UPDATE studies SET final_model = ? WHERE id = ?', model, study);
  }

  blobIsUsed(sha256: string): boolean {
    return this.#db.get('SELECT 1 FROM blob_names WHERE sha256 = ? LIMIT 1', sha256) !== undefined;
  }
}

function read({ body }: Row): Model {
  return JSON.parse(body) as Model;
}
