import { InternalError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import { isBetter } from '../../core/metrics';
import { valuesOf, violationOf } from '../../core/objectives';
import type { ObservedTrial, PeerCurve, Pruner, Sampler } from '../../core/search';
import type { PriorTrial, StoredTrial } from '../../core/storage';
import type { StopReason, StudyRecord } from '../../core/study';
import { isFinished, type EpochReport } from '../../core/trial';
import { lastVerdictStep } from '../../core/verdict-steps';
import type { Space } from '../../space';
import { Curves, type CurveKind } from './curves';

const FAILURES_IN_A_ROW = 10;

export interface StudyParts {
  readonly space: Space;
  readonly sampler: Sampler<Space>;
  readonly pruner: Pruner;
  /** Null where the caller trains. */
  readonly data: DataJob | null;
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
  /**
   * Of other studies first, then in the order of completion. A trial has its place from when it first stood at a rung;
   * until its end it is there as if it had been pruned at its last one.
   */
  readonly #finished: ObservedTrial[];
  /** Places of the trials that have stood at a rung. */
  readonly #places = new Map<number, number>();
  /** The first place that has changed since it was asked for. */
  #changedFrom = Infinity;
  /** Histories are asked for with every proposal. */
  readonly #seen = new WeakMap<StoredTrial, ObservedTrial>();
  #completed = 0;
  readonly #curves: Curves;
  #runningSince: number | null = null;

  /** @param priors trials of other studies that this one begins with, as the sampler sees them */
  constructor(record: StudyRecord, parts: StudyParts, priors: readonly PriorTrial[] = []) {
    this.record = record;
    this.parts = parts;
    this.#finished = priors.map((prior, i) => ({ ...prior, number: -1 - i, state: 'completed' }));
    this.#curves = new Curves(record.spec.objectives, curveKindOf(record));
  }

  get id(): string {
    return this.record.id;
  }

  /** Its caller trains the trials (ask and tell). */
  get external(): boolean {
    return this.record.spec.execution === 'external';
  }

  /** What its trials see. @throws InternalError for a study whose caller trains */
  get data(): DataJob {
    const { data } = this.parts;
    if (data === null) throw new InternalError('no_dataset', `study ${this.id} has no dataset`);
    return data;
  }

  get space(): Space {
    return this.parts.space;
  }

  /** Its search has not ended: it takes part in handing out work, or will when its checks are done. */
  get searching(): boolean {
    return this.record.state === 'running' && this.record.stopReason === null;
  }

  /** Takes part in handing out work. */
  get trying(): boolean {
    return this.searching && this.record.phase !== 'checks';
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
      if (trial.pausedAt !== null) this.#settle(trial.number, this.#observedAtRung(trial));
    } else if (before === undefined || !isFinished(before.state)) {
      this.#open.delete(trial.number);
      this.#settle(trial.number, this.#observed(trial));
      if (trial.state === 'completed') this.#completed += 1;
    }
  }

  /** Gives a trial that has stood at a rung its place again, as its curve has it there. */
  stand(trial: StoredTrial): void {
    if (!isFinished(trial.state)) this.#settle(trial.number, this.#observedAtRung(trial));
  }

  count(): number {
    return this.#trials.size;
  }

  running(): readonly StoredTrial[] {
    return this.#inState('running');
  }

  /** In the order they are to run: lost ones first, then by number. Paused ones are not among them. */
  waiting(): readonly StoredTrial[] {
    return this.#inState('waiting')
      .filter(({ pausedAt }) => pausedAt === null)
      .sort((a, b) => Number(b.run > 0) - Number(a.run > 0) || a.number - b.number);
  }

  /** Trials that stand at a rung, by number. */
  paused(): readonly StoredTrial[] {
    return this.#inState('waiting')
      .filter(({ pausedAt }) => pausedAt !== null)
      .sort((a, b) => a.number - b.number);
  }

  /** Bytes of the checkpoints of the paused trials, and of one more trial: about what its network and Adam hold, twice. */
  pausedBytes(number: number): number {
    const kept = this.paused().reduce((sum, { checkpoint }) => sum + (checkpoint?.bytes ?? 0), 0);
    return kept + (this.#trials.get(number)?.parameters ?? 0) * Float32Array.BYTES_PER_ELEMENT * 4;
  }

  /** The paused trial that goes on next; null where none is good enough. */
  promoted(fits: (trial: StoredTrial) => boolean = () => true): StoredTrial | null {
    const paused = this.paused();
    if (paused.length === 0) return null;
    const numbers = this.parts.pruner.promotable(
      paused.map((trial) => this.#peer(trial.number)),
      this.#curves.numbers().map((other) => this.#peer(other)),
      this.#curves.directions,
    );
    return numbers.flatMap((number) => this.#trials.get(number) ?? []).find(fits) ?? null;
  }

  /**
   * Finished trials in the order of completion, those that have stood at a rung among them, then the others by number.
   * @param pending trials that follow all of these
   */
  history(pending: readonly ObservedTrial[] = []): readonly ObservedTrial[] {
    const others = [...this.#open].filter((number) => !this.#places.has(number)).sort((a, b) => a - b);
    return this.#finished.concat(
      others.flatMap((number) => {
        const trial = this.#trials.get(number);
        return trial === undefined ? [] : [this.#observed(trial)];
      }),
      pending,
    );
  }

  /** How many trials at the front of {@link StudyRun.history} keep their places. */
  finishedCount(): number {
    return this.#finished.length;
  }

  /** The first place in the history whose trial has changed since the last call; infinite where none has. */
  takeChangedFrom(): number {
    const place = this.#changedFrom;
    this.#changedFrom = Infinity;
    return place;
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

  /** Why the search may end before its budget is spent: `search.stop`. */
  stopReached(): Extract<StopReason, 'value' | 'plateau'> | null {
    const { best, spec } = this.record;
    const { stop } = spec.search;
    const [direction] = this.#curves.directions;
    if (stop === null || best === null || direction === undefined) return null;
    const [value = null] = best.values;
    const feasible =
      (this.#finished.find(({ number }) => number === best.trial)?.constraintViolation ?? 0) === 0;
    if (stop.value !== null && feasible && !isBetter(stop.value, value, direction)) return 'value';
    return stop.plateauTrials !== null && this.#endedSince(best.trial) >= stop.plateauTrials
      ? 'plateau'
      : null;
  }

  /** Trials that ended after one did; those that stand at a rung have not. */
  #endedSince(number: number): number {
    const order = this.#trials.get(number)?.finishedOrder ?? Infinity;
    let count = 0;
    for (const { finishedOrder } of this.#trials.values()) {
      if (finishedOrder !== null && finishedOrder > order) count += 1;
    }
    return count;
  }

  /** Appends committed epochs. */
  report(number: number, reports: readonly EpochReport[]): void {
    this.#curves.report(number, reports, this.#trials.get(number)?.parameters ?? null);
  }

  /** Of what a trial had reported only this counts. */
  replaceCurve(number: number, reports: readonly EpochReport[]): void {
    this.#curves.delete(number);
    this.report(number, reports);
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
    return this.#verdict(this.#peer(number));
  }

  /** The verdict as it will be when a report has been added. */
  wouldPrune(number: number, report: EpochReport): boolean {
    const { state = 'running', parameters = null } = this.#trials.get(number) ?? {};
    return this.#verdict(this.#curves.peerWith(number, state, report, parameters));
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

  #verdict(trial: PeerCurve): boolean {
    const { pruner } = this.parts;
    const [steps, last] = [pruner.verdicts(trial.number), trial.steps.at(-1)];
    // Most steps have no verdict: peers are looked at only where there is one.
    if (steps === null || last === undefined) return false;
    if (lastVerdictStep(steps, trial.steps.at(-2) ?? -Infinity, last) === null) return false;
    const peers = this.#curves
      .numbers()
      .filter((other) => other !== trial.number)
      .map((other) => this.#peer(other));
    return pruner.shouldPrune(trial, peers, this.#curves.directions);
  }

  #settle(number: number, observed: ObservedTrial): void {
    const place = this.#places.get(number);
    if (place === undefined) {
      if (observed.state === 'pruned' && this.#open.has(number))
        this.#places.set(number, this.#finished.length);
      this.#finished.push(observed);
    } else {
      this.#finished[place] = observed;
      this.#changedFrom = Math.min(this.#changedFrom, place);
    }
  }

  #observed(trial: StoredTrial): ObservedTrial {
    const known = this.#seen.get(trial);
    if (known !== undefined) return known;
    const { number, state, params, metrics, parameters } = trial;
    const { constraints, objectives } = this.record.spec;
    // A trial that was stopped early was quick because of that: its duration says nothing of its point.
    const isWhole = state === 'completed';
    const measured = {
      validation: metrics.validation,
      parameters,
      durationMs: isWhole ? trial.durationMs : null,
    };
    const isTimed = objectives.some(({ metric }) => metric === 'trial.durationMs');
    const values = isTimed && !isWhole ? null : trial.values;
    const constraintViolation = metrics.validation === null ? null : violationOf(constraints, measured);
    const observed = { number, state, params, values, constraintViolation };
    this.#seen.set(trial, observed);
    return observed;
  }

  #observedAtRung(trial: StoredTrial): ObservedTrial {
    const { number, params, parameters } = trial;
    const { objectives, constraints } = this.record.spec;
    const validation = this.bestSoFar(number)?.validation ?? null;
    const measured = { validation, parameters, durationMs: null };
    const values = validation === null ? null : valuesOf(objectives, measured);
    const constraintViolation = validation === null ? null : violationOf(constraints, measured);
    return { number, state: 'pruned', params, values, constraintViolation };
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

function curveKindOf({ spec }: StudyRecord): CurveKind {
  if (spec.execution === 'external') return 'external';
  return spec.split.method === 'kfold' ? 'folds' : 'epochs';
}
