import type { StudyRun } from './study-run';

/** A trial that a worker has been given. */
export interface Assignment {
  readonly run: StudyRun;
  readonly number: number;
  readonly isolated: boolean;
}

interface Started extends Assignment {
  /** By `performance.now()`. */
  readonly startedAt: number;
}

/** Jobs of a study that have gone. */
interface Past {
  /** Their time in slots. */
  readonly ms: number;
  readonly jobs: number;
}

const NO_PAST: Past = { ms: 0, jobs: 0 };
/** How long a study's first trials are taken to last, in milliseconds. */
const EXPECTED_MS = 1000;

/** What workers are doing, by job id. A job that is not here reports in vain. */
export class Jobs {
  readonly #assignments = new Map<string, Started>();
  readonly #stopped = new Set<string>();
  /** Their workers have done with them, and the end is not committed yet. */
  readonly #ending = new Set<string>();
  readonly #past = new WeakMap<StudyRun, Past>();
  /** Who waits for the end of a job. */
  readonly #ends = new Map<string, (() => void)[]>();

  add(job: string, assignment: Assignment): void {
    this.#assignments.set(job, { ...assignment, startedAt: performance.now() });
  }

  /**
   * Time that a study's trials have had in slots since the service started, in milliseconds; of those that run, what they
   * are likely to take.
   */
  slotMs(run: StudyRun): number {
    const { ms, jobs } = this.#past.get(run) ?? NO_PAST;
    const expected = jobs === 0 ? EXPECTED_MS : ms / jobs;
    const now = performance.now();
    let sum = ms;
    for (const { run: other, startedAt } of this.#assignments.values())
      if (other === run) sum += Math.max(expected, now - startedAt);
    return sum;
  }

  get(job: string): Assignment | undefined {
    return this.#assignments.get(job);
  }

  /** The trial is to end, however the job does: it may be pausing, or be lost. */
  stop(job: string): void {
    this.#stopped.add(job);
  }

  isStopped(job: string): boolean {
    return this.#stopped.has(job);
  }

  /** Its slot is free; nobody may take it before what the trial has shown is committed. */
  end(job: string): void {
    if (this.#assignments.has(job)) this.#ending.add(job);
  }

  isEnding(job: string): boolean {
    return this.#ending.has(job);
  }

  endingCount(): number {
    return this.#ending.size;
  }

  /** Jobs of one study. */
  of(run: StudyRun): readonly string[] {
    return [...this.#assignments].filter(([, assignment]) => assignment.run === run).map(([job]) => job);
  }

  find(study: string, number: number): string | null {
    const found = [...this.#assignments].find(([, { run, number: other }]) => {
      return run.id === study && other === number;
    });
    return found?.[0] ?? null;
  }

  /** A trial that lost a process together with others runs in a process of its own now. */
  anyIsolated(): boolean {
    return [...this.#assignments.values()].some(({ isolated }) => isolated);
  }

  /** Resolves when the job is forgotten: its end is committed, or nobody hears of it any more. */
  ended(job: string): Promise<void> {
    return new Promise((resolve) => {
      this.#ends.set(job, [...(this.#ends.get(job) ?? []), resolve]);
    });
  }

  forget(job: string): void {
    const started = this.#assignments.get(job);
    if (started !== undefined) this.#remember(started);
    this.#assignments.delete(job);
    this.#stopped.delete(job);
    this.#ending.delete(job);
    for (const resolve of this.#ends.get(job) ?? []) resolve();
    this.#ends.delete(job);
  }

  clear(): void {
    this.#assignments.clear();
    this.#stopped.clear();
    this.#ending.clear();
  }

  #remember({ run, startedAt }: Started): void {
    const { ms, jobs } = this.#past.get(run) ?? NO_PAST;
    this.#past.set(run, { ms: ms + performance.now() - startedAt, jobs: jobs + 1 });
  }
}
