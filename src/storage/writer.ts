import type Database from 'better-sqlite3';
import { UnavailableError } from '../core/errors';

/** Work that waits for its commit is committed at the latest after this many milliseconds. */
const MOST_WAIT_MS = 20;
/** Looks this often for more work to join a commit, in milliseconds. */
const GATHER_MS = 2;

interface Pending {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export interface WriterHooks {
  /** Inside the transaction, after all work. */
  beforeCommit(): void;
  committed(seconds: number): void;
  rolledBack(): void;
}

/**
 * Gathers writes and commits them as one transaction: one fsync for many. Each runs in a savepoint of its own, so
 * that one that throws undoes nothing but itself. Promises settle after the commit, in the order of the calls.
 */
export class Writer {
  readonly #database: Database.Database;
  readonly #hooks: WriterHooks;
  readonly #queue: Pending[] = [];
  #timer: NodeJS.Timeout | null = null;
  #waitingSince = 0;
  #closed = false;
  /** True while work runs: only then may rows be written. */
  writing = false;

  constructor(database: Database.Database, hooks: WriterHooks) {
    this.#database = database;
    this.#hooks = hooks;
  }

  write<T>(work: () => T): Promise<T> {
    if (this.#closed) {
      return Promise.reject(
        new UnavailableError('shutting_down', 'the service is shutting down; nothing was stored', 10),
      );
    }
    return new Promise<T>((resolve, reject) => {
      if (this.#queue.length === 0) this.#waitingSince = performance.now();
      this.#queue.push({ work, resolve, reject });
      this.#schedule();
    });
  }

  /** Commits what waits and takes no more. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#flush();
  }

  #schedule(): void {
    const waited = performance.now() - this.#waitingSince;
    if (this.#timer !== null) {
      if (waited < MOST_WAIT_MS) return;
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(
      () => {
        this.#flush();
      },
      waited < MOST_WAIT_MS ? GATHER_MS : 0,
    );
  }

  #flush(): void {
    this.#timer = null;
    const batch = this.#queue.splice(0);
    if (batch.length === 0) return;
    const started = performance.now();
    const settlements: (() => void)[] = [];
    try {
      this.#database.transaction(() => {
        for (const pending of batch) settlements.push(this.#run(pending));
        this.writing = true;
        this.#hooks.beforeCommit();
        this.writing = false;
      })();
    } catch (error) {
      this.writing = false;
      this.#hooks.rolledBack();
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const settle of settlements) settle();
    this.#hooks.committed((performance.now() - started) / 1000);
  }

  #run({ work, resolve, reject }: Pending): () => void {
    try {
      this.writing = true;
      // A transaction inside a transaction is a savepoint.
      const value = this.#database.transaction(work)() as never;
      return () => {
        resolve(value);
      };
    } catch (error) {
      // A full disk or a broken file rolls the whole transaction back; the others must hear of it too.
      if (!this.#database.inTransaction) throw error;
      return () => {
        reject(error);
      };
    } finally {
      this.writing = false;
    }
  }
}
