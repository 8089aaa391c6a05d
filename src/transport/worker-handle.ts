import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { childEntry } from '../core/entry';
import { tensorflowEnvironment } from '../core/tensorflow';
import type { FromWorker, ToWorker, WorkerOptions } from '../workers';

export interface WorkerEvents {
  message(message: FromWorker): void;
  /** The process is gone; called once. */
  gone(reason: string): void;
}

/** A worker process as the API process sees it. */
export class WorkerHandle {
  /** Jobs and evaluations it has been given and has not answered. */
  readonly jobs = new Set<string>();
  readonly threads: number;
  readonly device: string;
  readonly startedAt = performance.now();
  ready = false;
  /** Another process is to take its place: it gets no new jobs, and ends with the last that it has. */
  retired = false;
  #firstResidentBytes: number | null = null;
  readonly #child: ChildProcess;

  constructor(options: WorkerOptions, events: WorkerEvents) {
    const { threads, device } = options;
    this.threads = threads;
    this.device = device;
    this.#child = fork(childEntry(join(__dirname, '..'), 'worker'), [JSON.stringify(options)], {
      serialization: 'advanced',
      env: tensorflowEnvironment(device, process.env),
    });
    this.#child.on('message', (message) => {
      events.message(message as FromWorker);
    });
    let told = false;
    const gone = (reason: string): void => {
      if (told) return;
      told = true;
      events.gone(reason);
    };
    this.#child.once('exit', (code, signal) => {
      gone(signal === null ? `it ended with code ${String(code)}` : `it was ended by ${signal}`);
    });
    this.#child.once('error', (error) => {
      gone(error.message);
    });
  }

  /** How much its memory has grown since its first trial. @param residentBytes now */
  growth(residentBytes: number): number {
    this.#firstResidentBytes ??= residentBytes;
    return residentBytes - this.#firstResidentBytes;
  }

  send(message: ToWorker): void {
    // A process that is ending has no channel any more; its exit tells of the jobs.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}
