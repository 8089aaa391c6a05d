import { ConflictError, InvalidError } from '../../core/errors';
import type { JsonObject } from '../../core/json';
import type { IdempotentAnswer, Storage } from '../../core/storage';
import type { IdempotencyService } from '../services';

const KEPT_MS = 24 * 3600 * 1000;
const SWEEP_MS = 600 * 1000;

/** Answers of POSTs with an `Idempotency-Key`, kept 24 hours. */
export class Idempotency implements IdempotencyService {
  readonly #storage: Storage;
  readonly #sweeper: NodeJS.Timeout;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_MS).unref();
  }

  async begin(scope: string, bodyHash: string): Promise<IdempotentAnswer | null> {
    return this.#storage.write((session) => {
      const record = session.idempotency(scope);
      const isOld =
        record !== null && record.answer !== null && Date.parse(record.createdAt) < Date.now() - KEPT_MS;
      if (record === null || isOld) {
        if (isOld) session.abandonIdempotency(scope);
        session.beginIdempotency(scope, bodyHash);
        return null;
      }
      if (record.bodyHash !== bodyHash) {
        throw new InvalidError(
          'idempotency_key_reused',
          'Idempotency-Key: this key was used with another body; take a new key for a new request',
        );
      }
      if (record.answer === null) {
        throw new ConflictError(
          'idempotency_in_progress',
          'Idempotency-Key: the first request with this key is still under way; try again in a moment',
          { retryAfterSeconds: 1 },
        );
      }
      return record.answer;
    });
  }

  async fail(scope: string, status: number, body: JsonObject): Promise<void> {
    await this.#storage.write((session) => {
      if (session.idempotency(scope)?.answer !== null) return;
      if (status === 422) session.completeIdempotency(scope, { status, headers: {}, body });
      else session.abandonIdempotency(scope);
    });
  }

  close(): void {
    clearInterval(this.#sweeper);
  }

  async #sweep(): Promise<void> {
    const olderThan = new Date(Date.now() - KEPT_MS).toISOString();
    await this.#storage.write((session) => session.sweepIdempotency(olderThan));
  }
}
