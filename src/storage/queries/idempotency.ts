import type { IdempotencyRecord, IdempotentAnswer } from '../../core/storage';
import type { Connection } from '../database';

interface Row {
  readonly body_hash: string;
  readonly answer: string | null;
  readonly created_at: string;
}

export class IdempotencyQueries {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  get(scope: string): IdempotencyRecord | null {
    const row = this.#db.get<Row>(
      'SELECT body_hash, answer, created_at FROM idempotency WHERE scope = ?',
      scope,
    );
    if (row === undefined) return null;
    const answer = row.answer === null ? null : (JSON.parse(row.answer) as IdempotentAnswer);
    return { bodyHash: row.body_hash, answer, createdAt: row.created_at };
  }

  begin(scope: string, bodyHash: string): void {
    this.#db.run('INSERT INTO idempotency VALUES (?, ?, NULL, ?)', scope, bodyHash, new Date().toISOString());
  }

  complete(scope: string, answer: IdempotentAnswer): void {
    this.#db.run('UPDATE idempotency SET answer = ? WHERE scope = ?', JSON.stringify(answer), scope);
  }

  abandon(scope: string): void {
    this.#db.run('DELETE FROM idempotency WHERE scope = ?', scope);
  }

  sweep(olderThan: string): number {
    return this.#db.run('DELETE FROM idempotency WHERE answer IS NOT NULL AND created_at < ?', olderThan);
  }

  /** Marks of a process that is gone: the requests behind them will not be answered any more. */
  clearUnanswered(): void {
    this.#db.run('DELETE FROM idempotency WHERE answer IS NULL');
  }
}
