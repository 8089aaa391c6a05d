import type { SchedulerContext } from './ports';
import { expireTrial } from './external-steps';
import type { StudyRun } from './study-run';

const RETRY_SECONDS = 1;

/**
 * When each caller was last heard of. Only in memory: after a restart of the service everybody has a whole
 * `expireSeconds` to speak again.
 */
export class Owners {
  readonly #context: SchedulerContext;
  readonly #heard = new WeakMap<StudyRun, Map<number, number>>();

  constructor(context: SchedulerContext) {
    this.#context = context;
  }

  heard(run: StudyRun, number: number): void {
    const known = this.#heard.get(run) ?? new Map<number, number>();
    this.#heard.set(run, known.set(number, performance.now()));
  }

  forget(run: StudyRun, number: number): void {
    this.#heard.get(run)?.delete(number);
  }

  /** Seconds after which asking again may bring a trial, at least 1. */
  retryAfterSeconds(run: StudyRun): number {
    const { expireSeconds } = run.record.spec.search;
    if (expireSeconds === null) return RETRY_SECONDS;
    const now = performance.now();
    const left = run
      .running()
      .map(({ number }) => expireSeconds - (now - this.#since(run, number, now)) / 1000);
    return Math.max(RETRY_SECONDS, Math.ceil(Math.min(...left, expireSeconds)));
  }

  /** Takes back the trials of a study whose callers have been silent too long. */
  async expire(run: StudyRun): Promise<void> {
    const { expireSeconds } = run.record.spec.search;
    if (!run.external || expireSeconds === null || !run.searching) return;
    const now = performance.now();
    const due = run
      .running()
      .filter(({ number }) => now - this.#since(run, number, now) > expireSeconds * 1000);
    if (due.length === 0) return;
    const expired = await this.#context.storage.write((session) => {
      return due.flatMap(({ number, run: start }) => {
        const trial = session.trial(run.id, number);
        // Somebody may have spoken of it while this waited for its commit.
        const silent = performance.now() - this.#since(run, number, now) > expireSeconds * 1000;
        if (trial?.state !== 'running' || trial.run !== start || !silent) return [];
        return [expireTrial(session, run.record, trial)];
      });
    });
    for (const trial of expired) {
      run.replaceCurve(trial.number, []);
      run.add(trial);
      this.forget(run, trial.number);
    }
    this.#context.pump();
  }

  #since(run: StudyRun, number: number, now: number): number {
    const known = this.#heard.get(run)?.get(number);
    if (known !== undefined) return known;
    // Given out before the service started: heard of now.
    this.heard(run, number);
    return now;
  }
}
