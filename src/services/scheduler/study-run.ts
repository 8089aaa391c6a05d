import type { DataJob } from '../../core/job';
import { violationOf } from '../../core/objectives';
import type { ObservedTrial, PeerCurve, Pruner, Sampler } from '../../core/search';
import type { StoredTrial } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import { isFinished, type EpochReport } from '../../core/trial';
import type { Space } from '../../space';
import { Curves } from './curves';

const FAILURES_IN_A_ROW = 10;

export interface StudyParts {
  readonly space: Space;
  readonly sampler: Sampler<Space>;
  readonly pruner: Pruner;
  readonly data: DataJob;
}

/**
 * What the scheduler holds of one study while it runs: a picture of its committed rows, changed only after a
 * commit, so that a failed transaction leaves it true. The rows are the truth; this can be built from them at
 * any time ({@link StudyRun.add}).
 */
export class StudyRun {
  record: StudyRecord;
  readonly parts: StudyParts;
  /** The sampler has no point left. */
  exhausted = false;
  /** The final stage is under way. */
  finishing = false;
  readonly #trials = new Map<number, StoredTrial>();
  /** Waiting and running ones; few, whatever the length of the history. */
  readonly #open = new Set<number>();
  /** In the order of completion; only ever appended to. */
  readonly #finished: ObservedTrial[] = [];
  #completed = 0;
  readonly #curves: Curves;
  #runningSince: number | null = null;

  constructor(record: StudyRecord, parts: StudyParts) {
    this.record = record;
    this.parts = parts;
    this.#curves = new Curves(record.spec.objectives);
  }

  get id(): string {
    return this.record.id;
  }

  /** Takes part in handing out work. */
  get searching(): boolean {
    return this.record.state === 'running' && this.record.stopReason === null;
  }

  trial(number: number): StoredTrial | undefined {
    return this.#trials.get(number);
  }

  /** Adds or replaces a trial as committed. */
  add(trial: StoredTrial): void {
    const before = this.#trials.get(trial.number);
    this.#trials.set(trial.number, trial);
    if (!isFinished(trial.state)) {
      this.#open.add(trial.number);
    } else if (before === undefined || !isFinished(before.state)) {
      this.#open.delete(trial.number);
      this.#finished.push(this.#observed(trial));
      if (trial.state === 'completed') this.#completed += 1;
    }
  }

  count(): number {
    return this.#trials.size;
  }

  running(): readonly StoredTrial[] {
    return this.#inState('running');
  }

  /** In the order they are to run: lost ones first, then by number. */
  waiting(): readonly StoredTrial[] {
    return this.#inState('waiting').sort(
      (a, b) => Number(b.run > 0) - Number(a.run > 0) || a.number - b.number,
    );
  }

  /** Finished trials in the order of completion, then the others by number. */
  history(): readonly ObservedTrial[] {
    const open = [...this.#open].sort((a, b) => a - b);
    return this.#finished.concat(
      open.flatMap((number) => {
        const trial = this.#trials.get(number);
        return trial === undefined ? [] : [this.#observed(trial)];
      }),
    );
  }

  anyCompleted(): boolean {
    return this.#completed > 0;
  }

  /** Ten failed trials in a row and none completed: something is wrong with every trial, not with one. */
  isHopeless(): boolean {
    const last = this.#finished.slice(-FAILURES_IN_A_ROW);
    return (
      this.#completed === 0 &&
      last.length === FAILURES_IN_A_ROW &&
      last.every(({ state }) => state === 'failed')
    );
  }

  /** Appends committed epochs. */
  report(number: number, reports: readonly EpochReport[]): void {
    this.#curves.report(number, reports, this.#trials.get(number)?.parameters ?? null);
  }

  /** Forgets what a lost attempt had reported. */
  voidCurve(number: number): void {
    this.#curves.delete(number);
  }

  epochs(number: number): number {
    return this.#curves.lastStep(number);
  }

  /** The epoch that speaks for the trial so far, or null before the first defined value. */
  bestSoFar(number: number): EpochReport | null {
    return this.#curves.best(number);
  }

  /** The pruner's verdict on a trial at the step of its last report. */
  shouldPrune(number: number): boolean {
    const peers = this.#curves
      .numbers()
      .filter((other) => other !== number)
      .map((other) => this.#peer(other));
    return this.parts.pruner.shouldPrune(this.#peer(number), peers, this.#curves.directions);
  }

  /** Starts or stops the clock of running time. */
  setClock(running: boolean): void {
    this.#runningSince = running ? (this.#runningSince ?? performance.now()) : null;
  }

  /** Running time in milliseconds, the present stretch included. */
  runningMs(): number {
    return this.record.runningMs + (this.#runningSince === null ? 0 : performance.now() - this.#runningSince);
  }

  /** Call after `runningMs()` was committed as the record's. */
  restartClock(): void {
    if (this.#runningSince !== null) this.#runningSince = performance.now();
  }

  #observed(trial: StoredTrial): ObservedTrial {
    const { number, state, params, values, metrics, parameters, durationMs } = trial;
    const { constraints } = this.record.spec;
    const measured = { validation: metrics.validation, parameters, durationMs };
    const constraintViolation = metrics.validation === null ? null : violationOf(constraints, measured);
    return { number, state, params, values, constraintViolation };
  }

  #peer(number: number): PeerCurve {
    return this.#curves.peer(number, this.#trials.get(number)?.state ?? 'running');
  }

  #inState(state: StoredTrial['state']): StoredTrial[] {
    return [...this.#open].flatMap((number) => {
      const trial = this.#trials.get(number);
      return trial?.state === state ? [trial] : [];
    });
  }
}
