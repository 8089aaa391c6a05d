import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';

const POLL_MS = 500;

/**
 * Runs `work` while no other process does so for the same folder. The lock is SQLite's, and so the operating system's: it
 * ends with the process that has it, however that ends, and nobody has to judge whether its owner still lives.
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const lock = new Database(join(folder, '.lock.sqlite'), { timeout: 0 });
  try {
    for (let waits = 0; !take(lock); waits++) {
      if (waits === 0) console.log('waiting for another set-up that is under way');
      await sleep(POLL_MS);
    }
    return await work();
  } finally {
    lock.close();
  }
}

function take(lock: Database.Database): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    // By its code: the class differs where the native addon was loaded by another module registry (Jest's).
    if ((error as { readonly code?: unknown }).code === 'SQLITE_BUSY') return false;
    throw error;
  }
}
