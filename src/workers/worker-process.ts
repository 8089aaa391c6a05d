import { setPriority, totalmem } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { childEntry } from '../core/entry';
import type {
  DataJob,
  Decision,
  JobOutcome,
  StudyTaskKind,
  TaskJob,
  TaskResult,
  TrialJob,
} from '../core/job';
import type { PhaseTimes } from '../core/phase-clock';
import type { EngineName, PreparationConfig } from '../core/specification';
import { preparedKey, type PreparedTable } from '../datasets';
import { engineStatuses, flushDenormals, surveyEngines, useSurvey, type EngineSurvey } from '../runtime';
import {
  CANCELLED,
  SIGNAL_BYTES,
  type FromThread,
  type FromWorker,
  type ThreadAnswer,
  type ThreadStart,
  type ThreadTask,
  type ToWorker,
} from './messages';
import { carry, uncarry } from './carried-error';
import { runFolds } from './folds';
import { PreparedCache } from './prepared-cache';
import { Watchdog } from './watchdog';

/** After this long a trial that was told to stop has its thread ended, in milliseconds … */
const CANCEL_MS = 500;
/** … or, where it is or may be inside a native library, which must not lose its thread, the whole process after this long. */
const CANCEL_NATIVE_MS = 10_000;
/** How often silence is looked for. */
const LOOK_MS = 1000;
const NICENESS = 10;

interface Running {
  readonly port: MessagePort;
  readonly flags: Int32Array;
  readonly abort: AbortController;
  /** Null before training has begun. */
  engine: EngineName | null;
}

export interface WorkerOptions {
  readonly threads: number;
  readonly device: string;
  /** Where what the engines take on this machine is kept. */
  readonly costsFile: string;
  /** Bytes of prepared tables that are kept in memory; what has no room lies in files. */
  readonly datasetMemory: number;
}

/** The worker side of the embedded transport: a supervisor that never blocks, over a pool of training threads. */
export class WorkerProcess {
  readonly #pool: Piscina;
  readonly #device: string;
  readonly #send: (message: FromWorker) => void;
  readonly #datasetMemory: number;
  readonly #tables: PreparedCache;
  readonly #running = new Map<string, Running>();
  /** Tasks by job, with the flags that stop them. */
  readonly #performing = new Map<string, Int32Array>();
  /** Told to stop while no thread trained them. */
  readonly #cancelledEarly = new Set<string>();
  /** Trials that wait between two folds. */
  readonly #foldVerdicts = new Map<string, (decision: Decision) => void>();
  readonly #watchdog = new Watchdog();
  readonly #watch: NodeJS.Timeout;

  private constructor(
    threads: number,
    { device, datasetMemory }: WorkerOptions,
    survey: EngineSurvey,
    send: (message: FromWorker) => void,
  ) {
    this.#datasetMemory = datasetMemory;
    this.#tables = new PreparedCache(datasetMemory);
    this.#pool = new Piscina({
      filename: childEntry(__dirname, 'thread'),
      name: 'run',
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Infinity,
      concurrentTasksPerWorker: 1,
      workerData: {
        survey,
        slotMemory: slotMemoryOf(threads),
        rowMemory: rowMemoryOf(threads, datasetMemory),
      } satisfies ThreadStart,
    });
    this.#device = device;
    this.#send = send;
    this.#watch = setInterval(() => {
      for (const job of this.#watchdog.look(performance.now())) this.#send({ kind: 'stuck', job });
    }, LOOK_MS);
  }

  static async start(options: WorkerOptions, send: (message: FromWorker) => void): Promise<WorkerProcess> {
    const { threads, device, costsFile } = options;
    // Before any session and any thread is made.
    await flushDenormals();
    try {
      // Training yields to the service and to whatever else the machine does.
      setPriority(NICENESS);
    } catch {
      // Some containers forbid it; it only orders who waits.
    }
    const survey = await surveyEngines(device, costsFile);
    useSurvey(survey);
    const worker = new WorkerProcess(threads, options, survey, send);
    const oneThread = survey.tensorflow.installation?.source === 'vendor';
    send({ kind: 'ready', engines: await engineStatuses(), oneThread });
    return worker;
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'run':
        void this.#run(message.job);
        return;
      case 'perform':
        void this.#perform(message.task, message.job);
        return;
      case 'verdict':
        if (this.#foldVerdicts.has(message.job)) this.#foldVerdicts.get(message.job)?.(message.decision);
        else this.#running.get(message.job)?.port.postMessage(message.decision);
        return;
      case 'cancel':
        this.#cancel(message.job);
    }
  }

  /** Ends its threads, which must have nothing to do. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#pool.destroy();
  }

  async #run(job: TrialJob): Promise<void> {
    const spent: PhaseTimes = {};
    const outcome = await this.#outcomeOf(job, spent);
    this.#cancelledEarly.delete(job.id);
    this.#send({ kind: 'finished', job: job.id, outcome, spent, residentBytes: process.memoryUsage.rss() });
  }

  /** @param spent filled with what the trial's time went to */
  async #outcomeOf(job: TrialJob, spent: PhaseTimes): Promise<JobOutcome> {
    const { folds } = job.data.split;
    if (folds === null)
      return this.#train(job, spent, (message) => {
        this.#forward(job.id, message);
      });
    const outcome = await runFolds(job, folds, {
      train: (part, isFirst) =>
        this.#train(part, spent, (message) => {
          if (message.kind === 'started' && isFirst) this.#forward(job.id, message);
        }),
      report: (report, waiting) => {
        this.#send({ kind: 'epochs', job: job.id, reports: [report], waiting });
      },
      verdict: () => new Promise((resolve) => this.#foldVerdicts.set(job.id, resolve)),
      checkpoint: (fold, checkpoint) => {
        this.#send({ kind: 'checkpoint', job: job.id, epoch: fold, checkpoint });
      },
      cancelled: () => this.#isCancelled(job.id),
    });
    this.#foldVerdicts.delete(job.id);
    return outcome;
  }

  #isCancelled(job: string): boolean {
    const flags = this.#running.get(job)?.flags;
    return this.#cancelledEarly.has(job) || (flags !== undefined && Atomics.load(flags, CANCELLED) === 1);
  }

  /** Trains in a thread of the pool. @param hear what the thread says before its outcome */
  async #train(
    job: TrialJob,
    spent: PhaseTimes,
    hear: (message: Exclude<FromThread, { kind: 'end' }>) => void,
  ): Promise<JobOutcome> {
    const abort = new AbortController();
    try {
      const asked = performance.now();
      return await this.#withPrepared(job.data, job.config.preparation, async (data) => {
        spent.prepare = (spent.prepare ?? 0) + performance.now() - asked;
        if (this.#isCancelled(job.id)) return { state: 'cancelled' };
        const { port1, port2 } = new MessageChannel();
        const signals = new SharedArrayBuffer(SIGNAL_BYTES);
        const flags = new Int32Array(signals);
        this.#running.set(job.id, { port: port1, flags, abort, engine: null });
        this.#watchdog.watch(job.id, 'trial', flags, performance.now());
        const drained = new Promise<void>((resolve) => {
          port1.on('message', (message: FromThread) => {
            if (message.kind === 'end') {
              addTimes(spent, message.spent);
              resolve();
              return;
            }
            const running = this.#running.get(job.id);
            if (message.kind === 'started' && running !== undefined) running.engine = message.details.engine;
            hear(message);
          });
        });
        const task: ThreadTask = { kind: 'train', job, data, device: this.#device, port: port2, signals };
        const outcome = await this.#inThread<JobOutcome>(task, {
          transferList: [port2],
          signal: abort.signal,
        });
        // The last reports travel by another way than the outcome: they come first.
        await drained;
        return outcome;
      });
    } catch (error) {
      if (abort.signal.aborted) return { state: 'cancelled' };
      const { code, message } = carry(error, 'worker_error');
      return { state: 'failed', error: { code, message } };
    } finally {
      this.#unwatch(job.id);
    }
  }

  /** A trial that has no thread, before, between or after its folds, gives no sign of life. */
  #unwatch(job: string): void {
    this.#watchdog.forget(job);
    const running = this.#running.get(job);
    if (running === undefined) return;
    // Told too late for the fold: the next one must not begin.
    if (Atomics.load(running.flags, CANCELLED) === 1) this.#cancelledEarly.add(job);
    running.port.close();
    this.#running.delete(job);
  }

  async #perform(kind: StudyTaskKind, job: TaskJob): Promise<void> {
    const signals = new SharedArrayBuffer(SIGNAL_BYTES);
    const flags = new Int32Array(signals);
    this.#performing.set(job.id, flags);
    try {
      const result = await this.#withPrepared(job.data, job.config.preparation, async (data) => {
        const memoryBytes = this.#datasetMemory;
        const task: ThreadTask = { kind: 'perform', task: kind, job, data, signals, memoryBytes };
        this.#watchdog.watch(job.id, 'errand', flags, performance.now());
        return await this.#inThread<TaskResult>(task);
      });
      this.#send({ kind: 'performed', job: job.id, result });
    } catch (error) {
      this.#send({ kind: 'refused', job: job.id, error: carry(error, 'worker_error') });
    } finally {
      this.#watchdog.forget(job.id);
      this.#performing.delete(job.id);
    }
  }

  /** @throws TuneloomError what the task threw in its thread */
  async #inThread<T>(task: ThreadTask, options: Parameters<Piscina['run']>[1] = {}): Promise<T> {
    const answer = (await this.#pool.run(task, options)) as ThreadAnswer;
    if ('error' in answer) throw uncarry(answer.error);
    return answer.result as T;
  }

  #withPrepared<T>(
    data: DataJob,
    config: PreparationConfig,
    work: (table: PreparedTable) => Promise<T>,
  ): Promise<T> {
    const task: ThreadTask = { kind: 'prepare', data, config, memoryBytes: this.#datasetMemory };
    const prepare = (): Promise<PreparedTable> => this.#inThread(task);
    return this.#tables.use(preparedKey(data, config), prepare, work);
  }

  #forward(job: string, message: Exclude<FromThread, { kind: 'end' }>): void {
    if (message.kind === 'started') {
      this.#send({ kind: 'started', job, details: message.details });
    } else if (message.kind === 'checkpoint') {
      this.#send({ kind: 'checkpoint', job, epoch: message.epoch, checkpoint: message.checkpoint });
    } else this.#send({ kind: 'epochs', job, reports: message.reports, waiting: message.waiting });
  }

  #cancel(job: string): void {
    const task = this.#performing.get(job);
    if (task !== undefined) {
      Atomics.store(task, CANCELLED, 1);
      return;
    }
    const running = this.#running.get(job);
    // Whoever waits for a verdict sees the flag right after it.
    this.#foldVerdicts.get(job)?.('continue');
    if (running === undefined) {
      this.#cancelledEarly.add(job);
      return;
    }
    Atomics.store(running.flags, CANCELLED, 1);
    running.port.postMessage('continue');
    const isRunning = (): boolean => this.#running.get(job) === running;
    setTimeout(() => {
      if (isRunning() && (running.engine === 'wasm' || running.engine === 'cpu')) running.abort.abort();
    }, CANCEL_MS).unref();
    setTimeout(() => {
      if (isRunning()) this.#send({ kind: 'stuck', job });
    }, CANCEL_NATIVE_MS).unref();
  }
}

/** Half of the machine's memory, or of the container's, shared among the slots of this device. */
function slotMemoryOf(threads: number): number {
  const constrained = process.constrainedMemory();
  return Math.min(constrained > 0 ? constrained : Infinity, totalmem()) / 2 / threads;
}

/** As much as the tables of the process may take, shared among its slots, and an eighth of a slot's memory at most. */
function rowMemoryOf(threads: number, datasetMemory: number): number {
  return Math.min(datasetMemory / threads, slotMemoryOf(threads) / 8);
}

/** A k-fold trial spends its time fold by fold. */
function addTimes(spent: PhaseTimes, more: PhaseTimes): void {
  for (const [phase, ms] of Object.entries(more) as [keyof PhaseTimes, number][]) {
    spent[phase] = (spent[phase] ?? 0) + ms;
  }
}
