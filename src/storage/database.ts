import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ConflictError } from '../core/errors';
import { migrations } from './migrations';

export const DATABASE_FILE = 'tuneloom.sqlite';
const LOCK_FILE = 'lock.sqlite';
const CACHED_STATEMENTS = 200;

/** A connection whose statements are prepared once. */
export class Connection {
  readonly raw: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  constructor(raw: Database.Database) {
    this.raw = raw;
  }

  all<Row>(sql: string, ...values: readonly unknown[]): readonly Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  get<Row>(sql: string, ...values: readonly unknown[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  /** Returns the number of changed rows. */
  run(sql: string, ...values: readonly unknown[]): number {
    return this.#prepare(sql).run(...values).changes;
  }

  #prepare(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= CACHED_STATEMENTS) this.#statements.clear();
    const statement = this.raw.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/**
 * Takes the folder for this process alone, for as long as it lives: the operating system gives it back when the
 * process ends, however it ends.
 * @throws ConflictError `data_dir_in_use`
 */
export function lockFolder(dataDir: string): Database.Database {
  mkdirSync(dataDir, { recursive: true });
  const lock = new Database(join(dataDir, LOCK_FILE), { timeout: 0 });
  try {
    lock.pragma('journal_mode = DELETE');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (isBusy(error)) {
      throw new ConflictError(
        'data_dir_in_use',
        `DATA_DIR ${dataDir} is in use by another service; give this one its own`,
      );
    }
    throw error;
  }
}

/**
 * Opens the database and brings its schema up to date: in one transaction, after a copy of the old file.
 * @throws ConflictError `schema_too_new` when a newer program has written it
 */
export function openDatabase(dataDir: string, steps: readonly string[] = migrations): Connection {
  const file = join(dataDir, DATABASE_FILE);
  const existed = existsSync(file);
  const database = new Database(file);
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const version = Number(database.pragma('user_version', { simple: true }));
    if (version > steps.length) {
      throw new ConflictError(
        'schema_too_new',
        `DATA_DIR ${dataDir} was written by a newer version of Tuneloom (schema ${String(version)}, this one knows ${String(steps.length)}); start that one`,
      );
    }
    if (version < steps.length) {
      if (existed && version > 0) {
        database.pragma('wal_checkpoint(TRUNCATE)');
        copyFileSync(file, `${file}.before-schema-${String(steps.length)}`);
      }
      // A table that is made anew must not take the rows with it that refer to it.
      database.pragma('foreign_keys = OFF');
      database.transaction(() => {
        for (const step of steps.slice(version)) database.exec(step);
        database.pragma(`user_version = ${String(steps.length)}`);
      })();
    }
    database.pragma('foreign_keys = ON');
    return new Connection(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  // By its code: the class differs where the native addon was loaded by another module registry (Jest's).
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY');
}
