import type { JsonObject } from '../../core/json';
import type { InsightKind } from '../../core/storage';
import type { Connection } from '../database';

export class InsightQueries {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  get(study: string, kind: InsightKind): JsonObject | null {
    const sql = 'SELECT body FROM insights WHERE study = ? AND kind = ?';
    const row = this.#db.get<{ readonly body: string }>(sql, study, kind);
    return row === undefined ? null : (JSON.parse(row.body) as JsonObject);
  }

  put(study: string, kind: InsightKind, body: JsonObject | null): void {
    if (body === null) this.#db.run('DELETE FROM insights WHERE study = ? AND kind = ?', study, kind);
    else this.#db.run('INSERT OR REPLACE INTO insights VALUES (?, ?, ?)', study, kind, JSON.stringify(body));
  }
}
