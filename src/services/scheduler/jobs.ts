import type { StudyRun } from './study-run';

/** A trial that a worker has been given. */
export interface Assignment {
  readonly run: StudyRun;
  readonly number: number;
  readonly isolated: boolean;
}

/** How long a study's first trials are taken to last, in milliseconds. */
const EXPECTED_MS = 1000;

interface Past {
  readonly ms: number;
  readonly jobs: number;
}

/** What workers are doing, by job id. A job that is not here reports in vain. */
export class Jobs {
  readonly #assignments = new Map<string, Assignment>();
  readonly #stopped = new Set<string>();
  /** Their workers have done with them, and the end is not committed yet. */
  readonly #ending = new Set<string>();
  readonly #startedAt = new Map<string, number>();
  /** Time in slots of jobs that have gone. */
  readonly #past = new WeakMap<StudyRun, Past>();
  /** Who waits for the end of a job. */
  readonly #ends = new Map<string, (() => void)[]>();

  add(job: string, assignment: Assignment): void {
    this.#assignments.set(job, assignment);
    this.#startedAt.set(job, performance.now());
  }

  /**
   * Time that a study's trials have had in slots since the service started, in milliseconds; of those that run, what they
   * are likely to take.
   */
  slotMs(run: StudyRun): number {
    const { ms, jobs } = this.#past.get(run) ?? { ms: 0, jobs: 0 };
    const expected = jobs === 0 ? EXPECTED_MS : ms / jobs;
    const now = performance.now();
    return this.of(run).reduce((sum, job) => sum + Math.max(expected, this.#age(job, now)), ms);
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
    this.#remember(job);
    this.#assignments.delete(job);
    this.#stopped.delete(job);
    this.#ending.delete(job);
    for (const resolve of this.#ends.get(job) ?? []) resolve();
    this.#ends.delete(job);
  }

  clear(): void {
    this.#assignments.clear();
    this.#startedAt.clear();
    this.#stopped.clear();
    this.#ending.clear();
  }

  #remember(job: string): void {
    const run = this.#assignments.get(job)?.run;
    if (run === undefined) return;
    const { ms, jobs } = this.#past.get(run) ?? { ms: 0, jobs: 0 };
    this.#past.set(run, { ms: ms + this.#age(job, performance.now()), jobs: jobs + 1 });
    this.#startedAt.delete(job);
  }

  #age(job: string, now: number): number {
    return now - (this.#startedAt.get(job) ?? now);
  }
}
