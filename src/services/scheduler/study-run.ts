import { InternalError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import { isBetter, type Objective } from '../../core/metrics';
import type { ObservedTrial, PeerCurve, Pruner, Sampler } from '../../core/search';
import type { StoredTrial } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import { isFinished, type EpochReport } from '../../core/trial';
import type { Space } from '../../space';

const FAILURES_IN_A_ROW = 10;

interface Curve {
  readonly reports: EpochReport[];
  /** Entry i: the best value of the first objective after i + 1 epochs. */
  readonly runningBest: (number | null)[];
  bestEpoch: number | null;
}

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
  readonly #objective: Objective;
  readonly #trials = new Map<number, StoredTrial>();
  /** Waiting and running ones; few, whatever the length of the history. */
  readonly #open = new Set<number>();
  readonly #finished: number[] = [];
  #completed = 0;
  readonly #curves = new Map<number, Curve>();
  #runningSince: number | null = null;

  constructor(record: StudyRecord, parts: StudyParts) {
    this.record = record;
    this.parts = parts;
    const [objective] = record.spec.objectives;
    if (objective === undefined)
      throw new InternalError('no_objective', `study ${record.id} has no objective`);
    this.#objective = objective;
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
      this.#finished.push(trial.number);
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
    return [...this.#finished, ...open].flatMap((number) => {
      const trial = this.#trials.get(number);
      return trial === undefined ? [] : [trial];
    });
  }

  /** Ten failed trials in a row and none completed: something is wrong with every trial, not with one. */
  isHopeless(): boolean {
    const last = this.#finished.slice(-FAILURES_IN_A_ROW);
    return (
      this.#completed === 0 &&
      last.length === FAILURES_IN_A_ROW &&
      last.every((number) => this.#trials.get(number)?.state === 'failed')
    );
  }

  /** Appends committed epochs and keeps the running best of the first objective. */
  report(number: number, reports: readonly EpochReport[]): void {
    const curve = this.#curves.get(number) ?? { reports: [], runningBest: [], bestEpoch: null };
    this.#curves.set(number, curve);
    for (const report of reports) {
      const best = curve.runningBest.at(-1) ?? null;
      const value = this.#objectiveOf(report);
      const improved = isBetter(value, best, this.#objective.direction);
      curve.reports.push(report);
      curve.runningBest.push(improved ? value : best);
      if (improved) curve.bestEpoch = report.epoch;
    }
  }

  /** Forgets what a lost attempt had reported. */
  voidCurve(number: number): void {
    this.#curves.delete(number);
  }

  epochs(number: number): number {
    return this.#curves.get(number)?.reports.length ?? 0;
  }

  /** The best epoch so far with its value, or null before the first defined value. */
  bestSoFar(number: number): { readonly value: number; readonly report: EpochReport } | null {
    const curve = this.#curves.get(number);
    const report = curve?.reports.find(({ epoch }) => epoch === curve.bestEpoch);
    const value = curve?.runningBest.at(-1) ?? null;
    return report === undefined || value === null ? null : { value, report };
  }

  /** The pruner's verdict on a trial at the step of its last report. */
  shouldPrune(number: number): boolean {
    const own = this.#peer(number);
    const peers = [...this.#curves.keys()]
      .filter((other) => other !== number)
      .map((other) => this.#peer(other));
    return this.parts.pruner.shouldPrune(own, own.runningBest.length, peers, this.#objective.direction);
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

  #objectiveOf(report: EpochReport): number | null {
    return report.validation[this.#objective.metric.slice('validation.'.length)] ?? null;
  }

  #peer(number: number): PeerCurve {
    const state = this.#trials.get(number)?.state ?? 'running';
    return { number, state, runningBest: this.#curves.get(number)?.runningBest ?? [] };
  }

  #inState(state: StoredTrial['state']): StoredTrial[] {
    return [...this.#open].flatMap((number) => {
      const trial = this.#trials.get(number);
      return trial?.state === state ? [trial] : [];
    });
  }
}
