import type { DevicePlan } from '../core/devices';
import { ConflictError, InternalError, InvalidError, TuneloomError, UnavailableError } from '../core/errors';
import type {
  Decision,
  EngineStatus,
  SlotStatus,
  StudyTaskKind,
  TaskJob,
  TaskResult,
  TransportListener,
  TrialJob,
  TrialTransport,
} from '../core/job';
import type { Telemetry } from '../core/telemetry';
import type { FromWorker } from '../workers';
import { mergedStatuses, undriven } from './engine-statuses';
import { WorkerHandle } from './worker-handle';

/** A worker that lived shorter than this did not come up well: the next one waits longer, in milliseconds. */
const SHORT_LIFE_MS = 5000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
const MOST_ERRAND_STARTS = 2;
/**
 * Bytes by which a worker's memory may grow beside the tables that it keeps and what its trials copy of them. Beyond that
 * another takes its place: the C library's allocator leaves holes, some 50 KB a trial (docs/bench.md), and an eager
 * engine's buffers may stay.
 */
const MOST_GROWTH = 2 ** 30;

export interface IpcTransportOptions {
  readonly devices: readonly DevicePlan[];
  /** Where what the engines take on this machine is kept. */
  readonly costsFile: string;
  /** Bytes of prepared tables that a worker process keeps in memory. */
  readonly datasetMemory: number;
  readonly telemetry: Telemetry;
  /** Bytes by which a worker's memory may grow beside its tables. */
  readonly mostGrowth?: number;
}

interface Errand {
  readonly kind: StudyTaskKind;
  readonly job: TaskJob;
  readonly began: (() => void) | undefined;
  readonly resolve: (result: TaskResult) => void;
  readonly reject: (error: unknown) => void;
  starts: number;
}

/**
 * The embedded transport: worker processes are children of this one. All slots of a device share one process, but where
 * TensorFlow's own binary is installed each has its own, because that cannot be loaded twice in a process.
 */
export function createIpcTransport(options: IpcTransportOptions): TrialTransport {
  return new IpcTransport(options);
}

class IpcTransport implements TrialTransport {
  readonly #plans: readonly DevicePlan[];
  readonly #costsFile: string;
  readonly #datasetMemory: number;
  readonly #telemetry: Telemetry;
  readonly #mostGrowth: number;
  readonly #workers = new Set<WorkerHandle>();
  readonly #places = new Map<string, WorkerHandle>();
  readonly #errands = new Map<string, Errand>();
  readonly #queue: Errand[] = [];
  #listener: TransportListener | null = null;
  /** What the workers of each device have found. */
  readonly #engines = new Map<string, readonly EngineStatus[]>();
  #closing = false;
  #pause = FIRST_PAUSE_MS;
  #up: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | null = null;

  constructor({ devices, costsFile, datasetMemory, telemetry, mostGrowth }: IpcTransportOptions) {
    if (devices.length === 0) throw new InternalError('no_devices', 'there is no device to train on');
    this.#plans = devices;
    this.#costsFile = costsFile;
    this.#datasetMemory = datasetMemory;
    this.#telemetry = telemetry;
    this.#mostGrowth = mostGrowth ?? MOST_GROWTH + 2 * datasetMemory;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  start(): Promise<void> {
    for (const { device, slots } of this.#plans) this.#startWorker(device, slots, false);
    return new Promise((resolve, reject) => {
      this.#up = { resolve, reject };
    });
  }

  ready(): boolean {
    return [...this.#workers].some((worker) => worker.ready);
  }

  slots(): readonly SlotStatus[] {
    return this.#plans.flatMap(({ device, slots }) => {
      const busy = this.#jobsOn(device);
      const idle = this.#readyOn(device) ? 'idle' : 'starting';
      return Array.from({ length: slots }, (_, i): SlotStatus => {
        const job = busy[i];
        if (job === undefined) return { device, state: idle, study: null, trial: null };
        const [study = null, trial] = this.#errands.has(job) ? [] : job.split('/');
        return { device, state: 'busy', study, trial: trial === undefined ? null : Number(trial) };
      });
    });
  }

  engines(): readonly EngineStatus[] {
    return mergedStatuses([...this.#engines.values()]);
  }

  free(device: string | null): number {
    if (this.#closing) return 0;
    const plans = this.#plans.filter((plan) => device === null || plan.device === device);
    const free = plans.reduce((sum, plan) => sum + this.#freeOn(plan), 0);
    return Math.max(0, free - this.#queue.length);
  }

  run(job: TrialJob): void {
    const plan = this.#plans.find(
      (each) => (job.device === null || each.device === job.device) && this.#freeOn(each) > 0,
    );
    const worker = plan === undefined ? null : this.#workerFor(plan.device, job.isolated);
    if (worker === null) throw new InternalError('no_free_slot', `no slot is free for ${job.id}`);
    this.#place(job.id, worker);
    worker.send({ kind: 'run', job });
  }

  verdict(job: string, _epoch: number, decision: Decision): void {
    this.#places.get(job)?.send({ kind: 'verdict', job, decision });
  }

  cancel(job: string): void {
    const place = this.#queue.findIndex((errand) => errand.job.id === job);
    const [errand] = place < 0 ? [] : this.#queue.splice(place, 1);
    errand?.reject(new ConflictError('cancelled', 'the task was told to stop before it began'));
    this.#places.get(job)?.send({ kind: 'cancel', job });
  }

  perform<Kind extends StudyTaskKind>(
    kind: Kind,
    job: TaskJob<Kind>,
    began?: () => void,
  ): Promise<TaskResult<Kind>> {
    if (this.#closing)
      return Promise.reject(new UnavailableError('shutting_down', 'the service is shutting down', 10));
    return new Promise((resolve, reject) => {
      // What comes back belongs to the kind that was asked for.
      const settle = resolve as (result: TaskResult) => void;
      this.#queue.push({ kind, job, began, resolve: settle, reject, starts: 0 });
      this.#startErrands();
    });
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const workers = [...this.#workers];
    for (const worker of workers) worker.kill('SIGTERM');
    const deadline = performance.now() + graceMs;
    while (workers.some((worker) => worker.alive)) {
      if (performance.now() > deadline) for (const worker of workers) worker.kill('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const ended = new UnavailableError('shutting_down', 'the service is shutting down', 10);
    for (const { reject } of [...this.#queue.splice(0), ...this.#errands.values()]) reject(ended);
  }

  #startWorker(device: string, threads: number, isolated: boolean): WorkerHandle {
    const options = { threads, device, costsFile: this.#costsFile, datasetMemory: this.#datasetMemory };
    const worker: WorkerHandle = new WorkerHandle(options, {
      message: (message) => {
        this.#receive(worker, message, isolated);
      },
      gone: (reason) => {
        this.#gone(worker, reason, isolated);
      },
    });
    this.#workers.add(worker);
    return worker;
  }

  #receive(worker: WorkerHandle, message: FromWorker, isolated: boolean): void {
    if (this.#closing) return;
    switch (message.kind) {
      case 'ready':
        if (!isolated) this.#workerIsUp(worker, message);
        return;
      case 'started':
        this.#listener?.started(message.job, message.details);
        return;
      case 'epochs':
        this.#telemetry.epochs(message.reports.length);
        this.#listener?.epochs(message.job, message.reports, message.waiting);
        return;
      case 'checkpoint':
        this.#listener?.checkpoint(message.job, message.epoch, message.checkpoint);
        return;
      case 'finished':
        this.#telemetry.trialSpent(message.spent);
        if (!isolated && worker.growth(message.residentBytes) > this.#mostGrowth) this.#retire(worker);
        this.#leave(message.job, worker, isolated);
        this.#listener?.finished(message.job, message.outcome);
        this.#offer();
        return;
      case 'performed':
      case 'refused':
        this.#performed(worker, message, isolated);
        return;
      case 'stuck':
        worker.kill('SIGKILL');
    }
  }

  #workerIsUp(worker: WorkerHandle, { engines, oneThread }: Extract<FromWorker, { kind: 'ready' }>): void {
    const { device, threads } = worker;
    this.#engines.set(device, engines);
    const lack = undriven(device, engines);
    if (lack !== null) {
      this.#up?.reject(
        new InvalidError('invalid_setting', `DEVICES=${device}: no engine drives it: ${lack}`),
      );
      worker.kill('SIGKILL');
      return;
    }
    if (oneThread && threads > 1) {
      this.#workers.delete(worker);
      worker.kill('SIGKILL');
      for (let i = 0; i < threads; i++) this.#startWorker(device, 1, false);
      return;
    }
    worker.ready = true;
    if (this.#plans.every((plan) => this.#readyOn(plan.device))) this.#up?.resolve();
    this.#offer();
  }

  #performed(
    worker: WorkerHandle,
    message: Extract<FromWorker, { kind: 'performed' | 'refused' }>,
    isolated: boolean,
  ): void {
    const errand = this.#errands.get(message.job);
    this.#errands.delete(message.job);
    this.#leave(message.job, worker, isolated);
    if (message.kind === 'performed') {
      errand?.resolve(message.result);
    } else {
      const { kind, code, message: text, errors } = message.error;
      errand?.reject(new TuneloomError(kind, code, text, { errors }));
    }
    this.#offer();
  }

  #gone(worker: WorkerHandle, reason: string, isolated: boolean): void {
    const wasKnown = this.#workers.delete(worker);
    if (this.#closing || !wasKnown) return;
    this.#telemetry.workerRestarted();
    const lost = [...worker.jobs];
    for (const job of lost) this.#places.delete(job);
    const errands = lost.flatMap((job) => this.#errands.get(job) ?? []);
    for (const errand of errands) this.#again(errand, reason);
    const trials = lost.filter((job) => !errands.some((errand) => errand.job.id === job));
    if (trials.length > 0) this.#listener?.lost(trials, lost.length === 1, reason);
    if (!isolated && !worker.retired) {
      const shortLived = performance.now() - worker.startedAt < SHORT_LIFE_MS;
      this.#pause = shortLived ? Math.min(LONGEST_PAUSE_MS, this.#pause * 2) : FIRST_PAUSE_MS;
      setTimeout(() => {
        if (!this.#closing) this.#startWorker(worker.device, worker.threads, false);
      }, this.#pause).unref();
    }
    this.#offer();
  }

  #again(errand: Errand, reason: string): void {
    this.#errands.delete(errand.job.id);
    if (errand.starts < MOST_ERRAND_STARTS) {
      this.#queue.unshift(errand);
    } else {
      const message = `the worker process was lost each time at this task: ${reason}`;
      errand.reject(new TuneloomError('internal', 'worker_lost', message));
    }
  }

  /** Errands first: somebody waits for the study's end. Then whatever the scheduler has. */
  #offer(): void {
    this.#startErrands();
    this.#listener?.slotsChanged();
  }

  #startErrands(): void {
    while (this.#queue.length > 0) {
      const plan = this.#plans.find((each) => this.#freeOn(each) > 0);
      const worker = plan === undefined ? null : this.#workerFor(plan.device, false);
      const errand = worker === null ? undefined : this.#queue.shift();
      if (worker === null || errand === undefined) return;
      errand.starts += 1;
      this.#errands.set(errand.job.id, errand);
      this.#place(errand.job.id, worker);
      worker.send({ kind: 'perform', task: errand.kind, job: errand.job });
      errand.began?.();
    }
  }

  /** Slots of a device that could take a job now; an isolated job also takes one slot's place. */
  #freeOn({ device, slots }: DevicePlan): number {
    const roomy = [...this.#workers].some((worker) => worker.device === device && hasRoom(worker));
    return roomy ? Math.max(0, slots - this.#jobsOn(device).length) : 0;
  }

  #jobsOn(device: string): readonly string[] {
    return [...this.#places].filter(([, worker]) => worker.device === device).map(([job]) => job);
  }

  #readyOn(device: string): boolean {
    return [...this.#workers].some((worker) => worker.device === device && worker.ready);
  }

  #workerFor(device: string, isolated: boolean): WorkerHandle | null {
    if (isolated) return this.#startWorker(device, 1, true);
    return [...this.#workers].find((worker) => worker.device === device && hasRoom(worker)) ?? null;
  }

  #place(job: string, worker: WorkerHandle): void {
    worker.jobs.add(job);
    this.#places.set(job, worker);
  }

  #leave(job: string, worker: WorkerHandle, isolated: boolean): void {
    worker.jobs.delete(job);
    this.#places.delete(job);
    const hasDone = isolated || (worker.retired && worker.jobs.size === 0);
    if (!hasDone) return;
    this.#workers.delete(worker);
    worker.kill('SIGTERM');
  }

  /** Starts the worker that takes this one's place; this one ends with its last job. */
  #retire(worker: WorkerHandle): void {
    if (worker.retired) return;
    worker.retired = true;
    this.#startWorker(worker.device, worker.threads, false);
  }
}

/** An isolated worker is never `ready` for others. */
function hasRoom(worker: WorkerHandle): boolean {
  return worker.ready && !worker.retired && worker.jobs.size < worker.threads;
}
