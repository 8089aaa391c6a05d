import { InternalError, TuneloomError } from '../../core/errors';
import type { TrialJob } from '../../core/job';
import type { StorageSession, StoredTrial } from '../../core/storage';
import { internalStudy, type StopReason } from '../../core/study';
import { mostParallel } from '../../samplers';
import { StudyChecking } from './checking';
import { Clock } from './clock';
import { StudyEnding } from './ending';
import { Jobs } from './jobs';
import { Owners } from './owners';
import { Proposals } from './proposals';
import type { SchedulerContext, SchedulerPorts } from './ports';
import { Reports } from './reports';
import { Shares } from './shares';
import type { StudyRun } from './study-run';
import { StudyRuns } from './study-runs';
import { deviceOf, trialJobOf } from './trial-job';
import { endWithoutRunning, enterRunning } from './transitions';

/** After a write that failed (a full disk), how long until the study is loaded afresh. */
const RETRY_MS = 5000;

/**
 * Decides, in one place and from stored history alone, what every free slot does next. Everything it acts on has
 * been committed before: a decision that a crash forgets was never carried out.
 */
export class Scheduler {
  readonly runs: StudyRuns;
  /** Of trials that their callers train. */
  readonly owners: Owners;
  readonly #context: SchedulerContext;
  readonly #reports: Reports;
  readonly #ending: StudyEnding;
  readonly #checking: StudyChecking;
  readonly #clock: Clock;
  readonly #proposals: Proposals;
  readonly #shares: Shares;
  #pumping: Promise<void> | null = null;
  #pumpAgain = false;
  #closed = false;

  constructor(ports: SchedulerPorts) {
    this.runs = new StudyRuns(ports.storage, ports.tablesFolder);
    this.#context = {
      ...ports,
      runs: this.runs,
      jobs: new Jobs(),
      pump: () => {
        this.pump();
      },
      closed: () => this.#closed,
      guard: (run, work) => this.#guard(run, work),
      reload: (run, error) => {
        this.#reload(run, error);
      },
    };
    this.#reports = new Reports(this.#context);
    this.#checking = new StudyChecking(this.#context);
    this.#ending = new StudyEnding(this.#context, this.#checking);
    this.#proposals = new Proposals(this.#context);
    this.#shares = new Shares(this.#context.jobs);
    this.owners = new Owners(this.#context);
    this.#clock = new Clock(this.#context, this.#ending, this.owners);
    ports.transport.listen(this.#reports);
  }

  /** Takes up every study that was running or paused when the service ended, however it ended. */
  async start(): Promise<void> {
    for (const study of this.#context.storage.studiesIn(['running', 'paused']))
      await this.runs.load(study.id);
    this.#clock.start();
    this.pump();
  }

  /** No new trials; what runs is returned uncharged at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pumping;
    await this.#proposals.settled();
    this.#context.jobs.clear();
    await this.#clock.close();
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

  /** Cancels one running trial; resolves with it when its end is committed. */
  async stopTrial(study: string, number: number): Promise<StoredTrial> {
    const { jobs, transport, storage } = this.#context;
    const job = jobs.find(study, number);
    if (job !== null) {
      const ended = jobs.ended(job);
      jobs.stop(job);
      transport.cancel(job);
      await ended;
    }
    const trial = storage.trial(study, number);
    if (trial === null)
      throw new InternalError('trial_gone', `trial ${String(number)} of ${study} is not stored`);
    return trial;
  }

  /** Forgets a study that is to be loaded afresh, or that is no more. */
  drop(id: string): void {
    const run = this.runs.get(id);
    if (run !== undefined) this.#checking.cancel(run);
    this.runs.drop(id);
  }

  /** Ends the search: no new trials, waiting ones are cancelled, running ones too; the final stage follows. */
  endSearch(run: StudyRun, reason: StopReason, also?: (session: StorageSession) => void): Promise<void> {
    return this.#ending.endSearch(run, reason, also);
  }

  async #pumpUntilDone(): Promise<void> {
    while (this.#pumpAgain && !this.#closed) {
      this.#pumpAgain = false;
      for (const run of this.runs.all()) this.#checking.begin(run);
      // What ends a search has shown itself before the next trial begins, or is that there is none.
      await this.#endWhereDone();
      let handedOut = true;
      while (handedOut) handedOut = await this.#handOutOne();
      await this.#endWhereDone();
    }
  }

  async #endWhereDone(): Promise<void> {
    for (const run of this.runs.all()) await this.#guard(run, () => this.#ending.endWhereDone(run));
  }

  /** A free slot goes to the study that has had the least for its priority ({@link Shares}). */
  async #handOutOne(): Promise<boolean> {
    const candidates = this.#shares.order(this.runs.all().filter((run) => run.trying && !run.external));
    // A slot whose trial's end is not committed yet is not free: the next proposal sees what that trial has shown.
    const held = this.#context.jobs.endingCount();
    // Slots that are kept for studies whose next trial is being proposed; null: on any device.
    const kept: (string | null)[] = [];
    for (const run of candidates) {
      const { device, search } = internalStudy(run.record).spec;
      const most = mostParallel(search.sampler, search.parallelism, search.trials);
      if (run.running().length >= most) continue;
      const wanted = device === 'auto' ? null : device;
      const others = kept.filter((other) => other === null || wanted === null || other === wanted);
      if (this.#context.transport.free(wanted) <= held + others.length) continue;
      if (await this.#guard(run, () => this.#startTrial(run))) return true;
      if (this.#proposals.isComputing(run)) kept.push(wanted);
    }
    return false;
  }

  /** Starts the next trial of the study; false when it has none now. */
  async #startTrial(run: StudyRun): Promise<boolean> {
    const isolatedRuns = this.#context.jobs.anyIsolated();
    const { transport } = this.#context;
    const { spec } = internalStudy(run.record);
    const fits = (trial: StoredTrial): boolean => transport.free(deviceOf(trial, spec, transport)) > 0;
    const lost = run.waiting().find((trial) => fits(trial) && (!trial.isolated || !isolatedRuns));
    const waiting = lost ?? run.promoted(fits);
    const next = waiting ?? this.#proposals.take(run);
    if (next === null) return false;
    const { trial, job } = await this.#context.storage.write((session) => {
      const study = session.study(run.id);
      if (study?.state !== 'running' || study.stopReason !== null) return { trial: null, job: null };
      if (waiting === null) {
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
      trialJobOf(run, next, this.#context);
    } catch (error) {
      if (!(error instanceof TuneloomError)) throw error;
      const reason = { code: error.code, message: error.message };
      return {
        trial: endWithoutRunning(session, run.record, next, { state: 'failed', error: reason }),
        job: null,
      };
    }
    const trial = enterRunning(session, next);
    return { trial, job: trialJobOf(run, trial, this.#context) };
  }

  #assign(run: StudyRun, trial: StoredTrial, job: TrialJob): void {
    const { transport, jobs, logger } = this.#context;
    jobs.add(job.id, { run, number: trial.number, isolated: job.isolated });
    try {
      transport.run(job);
    } catch (error) {
      logger.warn({ job: job.id, error }, 'no slot took the trial; it waits again');
      this.#reports.returned(job.id);
      return;
    }
    if (!run.searching && run.record.stopReason !== null) transport.cancel(job.id);
  }

  async #guard<T>(run: StudyRun, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.#reload(run, error);
      return null;
    }
  }

  #reload(run: StudyRun, error: unknown): void {
    const { jobs, transport, logger } = this.#context;
    if (this.#closed || this.runs.get(run.id) !== run) return;
    logger.error({ study: run.id, error }, 'a study is taken up again from its stored rows');
    for (const job of jobs.of(run)) {
      transport.cancel(job);
      jobs.forget(job);
    }
    this.drop(run.id);
    const again = (): void => {
      if (this.#closed) return;
      this.runs.load(run.id).then(
        () => {
          this.pump();
        },
        (failure: unknown) => {
          logger.error({ study: run.id, error: failure }, 'a study cannot be taken up yet');
          setTimeout(again, RETRY_MS).unref();
        },
      );
    };
    setTimeout(again, RETRY_MS).unref();
  }
}
