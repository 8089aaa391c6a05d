import { InternalError, TuneloomError } from '../../core/errors';
import type { TransportListener, TrialJob, TrialOutcome, TrialStarted, TrialTransport } from '../../core/job';
import { streamOf } from '../../core/random';
import type { BlobStore, Storage, StorageSession, StoredNetwork, StoredTrial } from '../../core/storage';
import type { StopReason } from '../../core/study';
import type { Telemetry } from '../../core/telemetry';
import { isFinished, type EpochReport } from '../../core/trial';
import type { Logger } from '../logger';
import { measureModel } from '../models/measure-model';
import type { StudyRun } from './study-run';
import { StudyRuns } from './study-runs';
import { jobIdOf, pointOf, trialJobOf } from './trial-job';
import {
  announceStudy,
  endWithoutRunning,
  enterRunning,
  finishTrial,
  loseTrial,
  newTrial,
  recordEpochs,
  recordStart,
} from './transitions';

/** How often running time is stored and time-outs are looked at, in milliseconds. */
const CLOCK_MS = 1000;
/** After a write that failed (a full disk), how long until the study is loaded afresh. */
const RETRY_MS = 5000;

export interface SchedulerPorts {
  readonly storage: Storage;
  readonly blobs: BlobStore;
  readonly transport: TrialTransport;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly tablesFolder: string;
}

interface Assignment {
  readonly run: StudyRun;
  readonly number: number;
  readonly isolated: boolean;
}

/**
 * Decides, in one place and from stored history alone, what every free slot does next. Everything it acts on has
 * been committed before: a decision that a crash forgets was never carried out.
 */
export class Scheduler implements TransportListener {
  readonly runs: StudyRuns;
  readonly #ports: SchedulerPorts;
  /** What workers are doing, by job id. A job that is not here reports in vain. */
  readonly #jobs = new Map<string, Assignment>();
  /** Who waits for the end of a job. */
  readonly #ends = new Map<string, () => void>();
  #pumping: Promise<void> | null = null;
  #pumpAgain = false;
  #closed = false;
  #clock: NodeJS.Timeout | null = null;

  constructor(ports: SchedulerPorts) {
    this.#ports = ports;
    this.runs = new StudyRuns(ports.storage, ports.tablesFolder);
    ports.transport.listen(this);
  }

  /** Takes up every study that was running or paused when the service ended, however it ended. */
  async start(): Promise<void> {
    for (const study of this.#ports.storage.studiesIn(['running', 'paused'])) await this.runs.load(study.id);
    this.#clock = setInterval(() => void this.#tick(), CLOCK_MS);
    this.pump();
  }

  /** No new trials; what runs is returned uncharged at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#clock !== null) clearInterval(this.#clock);
    await this.#pumping;
    this.#jobs.clear();
    await this.#storeClocks();
  }

  /** Hands out work until nothing is free or nothing is left to do. Returns at once. */
  pump(): void {
    this.#pumpAgain = true;
    this.#pumping ??= this.#pumpUntilDone().finally(() => {
      this.#pumping = null;
      // A request can arrive between the last look and this line.
      if (this.#pumpAgain && !this.#closed) this.pump();
    });
  }

  /** Cancels what the study's workers do; the outcomes follow. */
  cancelJobs(run: StudyRun): void {
    for (const trial of run.running()) this.#ports.transport.cancel(jobIdOf(trial));
  }

  /** Cancels one running trial; resolves with it when its end is committed. */
  async stopTrial(study: string, number: number): Promise<StoredTrial> {
    const found = [...this.#jobs].find(([, { run, number: other }]) => run.id === study && other === number);
    if (found !== undefined) {
      const ended = new Promise<void>((resolve) => this.#ends.set(found[0], resolve));
      this.#ports.transport.cancel(found[0]);
      await ended;
    }
    const trial = this.#ports.storage.trial(study, number);
    if (trial === null)
      throw new InternalError('trial_gone', `trial ${String(number)} of ${study} is not stored`);
    return trial;
  }

  /** Ends the search: no new trials, waiting ones are cancelled, running ones too; the final stage follows. */
  async endSearch(
    run: StudyRun,
    reason: StopReason,
    also?: (session: StorageSession) => void,
  ): Promise<void> {
    const { record, cancelled } = await this.#ports.storage.write((session) => {
      session.updateStudy(run.id, { state: 'running', stopReason: reason, runningMs: run.runningMs() });
      const ended = run
        .waiting()
        .map((trial) => endWithoutRunning(session, run.record, trial, { state: 'cancelled' }));
      const study = announceStudy(session, run.id);
      also?.(session);
      return { record: study, cancelled: ended };
    });
    run.record = record;
    run.restartClock();
    cancelled.forEach((trial) => {
      run.add(trial);
    });
    this.cancelJobs(run);
    this.pump();
  }

  started(job: string, details: TrialStarted): void {
    this.#write(job, (session, trial) => recordStart(session, trial, details));
  }

  epochs(job: string, reports: readonly EpochReport[], waiting: boolean): void {
    this.#write(
      job,
      (session, trial) => recordEpochs(session, trial, reports),
      ({ run, number }) => {
        run.report(number, reports);
        if (waiting) {
          const decision = run.shouldPrune(number) ? 'prune' : 'continue';
          this.#ports.transport.verdict(job, run.epochs(number), decision);
        }
      },
    );
  }

  finished(job: string, outcome: TrialOutcome): void {
    const assignment = this.#jobs.get(job);
    if (assignment === undefined) return;
    void this.#storeNetwork(outcome).then(
      (network) => {
        this.#write(
          job,
          (session, trial) => {
            const bestSoFar = assignment.run.bestSoFar(trial.number);
            return finishTrial(session, assignment.run.record, trial, outcome, { network, bestSoFar });
          },
          () => {
            this.#forget(job);
          },
        );
      },
      (error: unknown) => {
        this.#reload(assignment.run, error);
      },
    );
  }

  lost(jobs: readonly string[], alone: boolean, reason: string): void {
    this.#ports.logger.warn({ jobs, alone, reason }, 'a worker process was lost; its trials run again');
    for (const job of jobs) {
      this.#write(
        job,
        (session, trial) => {
          const study = session.study(trial.study);
          if (study === null) throw new InternalError('study_gone', `study ${trial.study} is not stored`);
          return loseTrial(session, study, trial, { charged: alone, isolate: true, reason });
        },
        ({ run, number }) => {
          run.voidCurve(number);
          this.#ports.telemetry.attemptLost();
          this.#forget(job);
        },
      );
    }
  }

  slotsChanged(): void {
    this.pump();
  }

  /** One step of a trial that a worker has reported: committed first, then seen by the run, then acted upon. */
  #write(
    job: string,
    step: (session: StorageSession, trial: StoredTrial) => StoredTrial,
    then?: (assignment: Assignment) => void,
  ): void {
    const assignment = this.#jobs.get(job);
    if (assignment === undefined) return;
    const { run, number } = assignment;
    const { storage } = this.#ports;
    storage
      .write((session) => {
        const trial = session.trial(run.id, number);
        // The trial has ended or begun again since: what this job says no longer counts.
        return trial === null || trial.state !== 'running' || jobIdOf(trial) !== job
          ? null
          : step(session, trial);
      })
      .then(
        (trial) => {
          if (trial === null || this.runs.get(run.id) !== run) return;
          const before = run.record;
          run.add(trial);
          if (isFinished(trial.state)) {
            run.record = storage.study(run.id) ?? before;
            this.#ports.telemetry.trialFinished(trial.state, trial.engine);
          }
          then?.(assignment);
          if (trial.state !== 'running') this.pump();
        },
        (error: unknown) => {
          this.#reload(run, error);
        },
      );
  }

  async #storeNetwork(outcome: TrialOutcome): Promise<StoredNetwork | null> {
    if (outcome.state !== 'completed') return null;
    const { blobs } = this.#ports;
    const { modelJson, weights, preprocessing, inputs, outputs } = outcome.network;
    const files = { modelJson: Buffer.from(modelJson), weights, preprocessing: Buffer.from(preprocessing) };
    const [a, b, c] = await Promise.all([
      blobs.put(files.modelJson),
      blobs.put(files.weights),
      blobs.put(files.preprocessing),
    ]);
    const bytes = {
      modelJson: files.modelJson.byteLength,
      weights: weights.byteLength,
      preprocessing: files.preprocessing.byteLength,
    };
    return { modelJson: a, weights: b, preprocessing: c, bytes, inputs, outputs };
  }

  async #pumpUntilDone(): Promise<void> {
    while (this.#pumpAgain && !this.#closed) {
      this.#pumpAgain = false;
      let handedOut = true;
      while (handedOut) handedOut = await this.#handOutOne();
      for (const run of this.runs.all()) await this.#guard(run, () => this.#endWhereDone(run));
    }
  }

  /** A free slot goes to the study with the fewest running trials. */
  async #handOutOne(): Promise<boolean> {
    const candidates = this.runs
      .all()
      .filter((run) => run.searching)
      .sort((a, b) => a.running().length - b.running().length);
    for (const run of candidates) {
      const { device, search } = run.record.spec;
      const most = search.parallelism === 'auto' ? Infinity : search.parallelism;
      if (run.running().length >= most) continue;
      if (this.#ports.transport.free(device === 'auto' ? null : device) < 1) continue;
      if (await this.#guard(run, () => this.#startTrial(run))) return true;
    }
    return false;
  }

  /** Starts the next trial of the study; false when it has none now. */
  async #startTrial(run: StudyRun): Promise<boolean> {
    const isolatedRuns = [...this.#jobs.values()].some(({ isolated }) => isolated);
    const waiting = run.waiting().find((trial) => !trial.isolated || !isolatedRuns);
    const next = waiting ?? this.#propose(run);
    if (next === null) return false;
    const { trial, job } = await this.#ports.storage.write((session) => {
      const study = session.study(run.id);
      if (study?.state !== 'running' || study.stopReason !== null) return { trial: null, job: null };
      if (waiting === undefined) {
        // A point that was enqueued meanwhile has taken the number; the sampler is asked again.
        if (session.nextTrialNumber(run.id) !== next.number) return { trial: null, job: null };
        session.insertTrial(next);
      } else if (session.trial(run.id, next.number)?.state !== 'waiting') {
        return { trial: null, job: null };
      }
      return this.#enter(session, run, next);
    });
    if (trial === null) {
      this.#pumpAgain = true;
      return false;
    }
    run.add(trial);
    if (job !== null) this.#assign(run, trial, job);
    return true;
  }

  #enter(
    session: StorageSession,
    run: StudyRun,
    next: StoredTrial,
  ): { trial: StoredTrial; job: TrialJob | null } {
    try {
      trialJobOf(run, next);
    } catch (error) {
      if (!(error instanceof TuneloomError)) throw error;
      const reason = { code: error.code, message: error.message };
      return {
        trial: endWithoutRunning(session, run.record, next, { state: 'failed', error: reason }),
        job: null,
      };
    }
    const trial = enterRunning(session, next);
    return { trial, job: trialJobOf(run, trial) };
  }

  #assign(run: StudyRun, trial: StoredTrial, job: TrialJob): void {
    const { transport } = this.#ports;
    this.#jobs.set(job.id, { run, number: trial.number, isolated: job.isolated });
    try {
      transport.run(job);
    } catch (error) {
      // The slot went away while the start was being committed.
      this.#ports.logger.warn({ job: job.id, error }, 'no slot took the trial; it waits again');
      this.#write(
        job.id,
        (session, stored) => {
          const loss = { charged: false, isolate: stored.isolated, reason: 'no slot took it' };
          return loseTrial(session, run.record, stored, loss);
        },
        () => {
          this.#forget(job.id);
        },
      );
      return;
    }
    if (!run.searching && run.record.stopReason !== null) transport.cancel(job.id);
  }

  #propose(run: StudyRun): StoredTrial | null {
    const { search, objectives } = run.record.spec;
    const number = run.count();
    if (run.exhausted || number >= search.trials) return null;
    const params = run.parts.sampler.propose({
      space: run.parts.space,
      history: run.history(),
      directions: objectives.map(({ direction }) => direction),
      number,
      stream: streamOf(search.seed, 'sampler', number),
      seed: search.seed,
      budget: search.trials,
    });
    if (params === null) {
      run.exhausted = true;
      return null;
    }
    return newTrial(run.id, number, pointOf(run, number, params, false));
  }

  async #endWhereDone(run: StudyRun): Promise<void> {
    if (run.finishing) return;
    if (run.searching) {
      const idle = run.running().length === 0 && run.waiting().length === 0;
      if (run.isHopeless()) await this.endSearch(run, 'failures');
      else if (idle && run.count() >= run.record.spec.search.trials) await this.endSearch(run, 'trials');
      else if (idle && run.exhausted) await this.endSearch(run, 'exhausted');
    }
    if (run.record.stopReason !== null && run.running().length === 0) {
      run.finishing = true;
      // Measuring the model waits for a slot; handing out work to other studies does not wait for it.
      void this.#guard(run, () => this.#finish(run));
    }
  }

  async #finish(run: StudyRun): Promise<void> {
    const { storage, transport, blobs } = this.#ports;
    run.record = await storage.write((session) => {
      session.updateStudy(run.id, { phase: 'final' });
      return announceStudy(session, run.id);
    });
    const best = run.record.best === null ? undefined : run.trial(run.record.best.trial);
    const made =
      best === undefined
        ? null
        : await this.#attempt(measureModel(best, run.parts.data, { transport, blobs }));
    if (this.#closed) return;
    await storage.write((session) => {
      if (made?.value != null) {
        session.insertModel(made.value);
        session.setFinalModel(run.id, made.value.id);
      }
      const failure = made === null ? noneCompleted(run) : made.error;
      const ended = run.record.stopReason === 'user' ? 'stopped' : 'completed';
      session.updateStudy(run.id, {
        state: failure === null ? ended : 'failed',
        phase: null,
        runningMs: run.runningMs(),
        finishedAt: new Date().toISOString(),
        error: failure,
      });
      announceStudy(session, run.id);
    });
    this.runs.drop(run.id);
  }

  async #attempt<T>(work: Promise<T>): Promise<Attempt<T>> {
    try {
      return { value: await work, error: null };
    } catch (error) {
      this.#ports.logger.error({ error }, 'the final model could not be made');
      const code = error instanceof TuneloomError ? error.code : 'internal';
      const message =
        error instanceof TuneloomError ? error.message : 'the final model could not be made; see the log';
      return { value: null, error: { code, message } };
    }
  }

  async #tick(): Promise<void> {
    for (const run of this.runs.all()) {
      const { timeoutSeconds } = run.record.spec.search;
      if (run.searching && timeoutSeconds !== null && run.runningMs() >= timeoutSeconds * 1000) {
        await this.#guard(run, () => this.endSearch(run, 'timeout'));
      }
    }
    await this.#storeClocks();
  }

  async #storeClocks(): Promise<void> {
    for (const run of this.runs.all().filter(({ record }) => record.state === 'running')) {
      await this.#guard(run, async () => {
        const runningMs = run.runningMs();
        await this.#ports.storage.write((session) => {
          session.updateStudy(run.id, { runningMs });
        });
        run.record = { ...run.record, runningMs };
        run.restartClock();
      });
    }
  }

  #forget(job: string): void {
    this.#jobs.delete(job);
    this.#ends.get(job)?.();
    this.#ends.delete(job);
  }

  async #guard<T>(run: StudyRun, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.#reload(run, error);
      return null;
    }
  }

  /** A write failed: forget what this process believes of the study and take it up again from its rows. */
  #reload(run: StudyRun, error: unknown): void {
    if (this.#closed || this.runs.get(run.id) !== run) return;
    this.#ports.logger.error({ study: run.id, error }, 'a study is taken up again from its stored rows');
    for (const [job, assignment] of this.#jobs) {
      if (assignment.run !== run) continue;
      this.#ports.transport.cancel(job);
      this.#forget(job);
    }
    this.runs.drop(run.id);
    const again = (): void => {
      if (this.#closed) return;
      this.runs.load(run.id).then(
        () => {
          this.pump();
        },
        (failure: unknown) => {
          this.#ports.logger.error({ study: run.id, error: failure }, 'a study cannot be taken up yet');
          setTimeout(again, RETRY_MS).unref();
        },
      );
    };
    setTimeout(again, RETRY_MS).unref();
  }
}

interface Attempt<T> {
  readonly value: T | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

function noneCompleted(run: StudyRun): { code: string; message: string } | null {
  if (run.record.stopReason === 'user') return null;
  return {
    code: 'no_completed_trial',
    message: 'no trial completed, so there is no model; the errors of the failed trials say why',
  };
}
