import { fork } from 'node:child_process';
import { TuneloomError } from '../core/errors';

export interface ChildLimits {
  readonly deadlineMs: number;
  readonly heapMiB: number;
  /** What the process does, for messages: `reading the file`. */
  readonly doing: string;
  /** Codes of errors: `ingest` gives `ingest_timeout` and `ingest_failed`. */
  readonly code: string;
}

/**
 * Sends one request to a process of its own and waits for its one answer: what the work does to a process, it does to
 * that one alone.
 * @param entry compiled file that answers the first message and ends
 * @throws TuneloomError `<code>_timeout`, `<code>_failed`
 */
export function runInChild<Answer>(entry: string, request: object, limits: ChildLimits): Promise<Answer> {
  const { deadlineMs, heapMiB, doing, code } = limits;
  return new Promise((resolve, reject) => {
    const child = fork(entry, [], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${String(heapMiB)}`],
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const minutes = String(deadlineMs / 60_000);
      reject(
        new TuneloomError('tooLarge', `${code}_timeout`, `${doing} took longer than ${minutes} minutes`),
      );
    }, deadlineMs);
    child.once('message', (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => {
      clearTimeout(timer);
      // An answer may still lie in the channel; after one this changes nothing.
      const fail = (): void => {
        const how = signal ?? `code ${String(exitCode)}`;
        const message = `${doing} ended the process that did it with ${how}; the file may be broken or too large`;
        reject(new TuneloomError('invalid', `${code}_failed`, message));
      };
      if (child.connected) child.once('disconnect', fail);
      else setImmediate(fail);
    });
    child.send(request);
  });
}
