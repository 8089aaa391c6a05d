import { InternalError } from '../../core/errors';
import type { TransportListener, TrialOutcome, TrialStarted } from '../../core/job';
import type { StorageSession, StoredNetwork, StoredTrial } from '../../core/storage';
import { isFinished, type EpochReport } from '../../core/trial';
import { storeNetwork } from '../models/store-network';
import type { Assignment } from './jobs';
import type { SchedulerContext } from './ports';
import { jobIdOf } from './trial-job';
import { finishTrial, loseTrial, recordEpochs, recordStart } from './transitions';

/** What workers report: committed first, then seen by the study's run, then acted upon. */
export class Reports implements TransportListener {
  readonly #context: SchedulerContext;

  constructor(context: SchedulerContext) {
    this.#context = context;
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
          this.#context.transport.verdict(job, run.epochs(number), decision);
        }
      },
    );
  }

  finished(job: string, outcome: TrialOutcome): void {
    const assignment = this.#context.jobs.get(job);
    if (assignment === undefined) return;
    void this.#stored(outcome).then(
      (network) => {
        this.#write(
          job,
          (session, trial) => {
            const bestSoFar = assignment.run.bestSoFar(trial.number);
            return finishTrial(session, assignment.run.record, trial, outcome, { network, bestSoFar });
          },
          () => {
            this.#context.jobs.forget(job);
          },
        );
      },
      (error: unknown) => {
        this.#context.reload(assignment.run, error);
      },
    );
  }

  async #stored(outcome: TrialOutcome): Promise<StoredNetwork | null> {
    if (outcome.state !== 'completed' || outcome.network === null) return null;
    return storeNetwork(this.#context.blobs, outcome.network);
  }

  lost(jobs: readonly string[], alone: boolean, reason: string): void {
    this.#context.logger.warn({ jobs, alone, reason }, 'a worker process was lost; its trials run again');
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
          this.#context.telemetry.attemptLost();
          this.#context.jobs.forget(job);
        },
      );
    }
  }

  slotsChanged(): void {
    this.#context.pump();
  }

  /** No slot took the trial, which went away while the start was being committed: it waits again, uncharged. */
  returned(job: string): void {
    this.#write(
      job,
      (session, trial) => {
        const study = session.study(trial.study);
        if (study === null) throw new InternalError('study_gone', `study ${trial.study} is not stored`);
        const loss = { charged: false, isolate: trial.isolated, reason: 'no slot took it' };
        return loseTrial(session, study, trial, loss);
      },
      () => {
        this.#context.jobs.forget(job);
      },
    );
  }

  #write(
    job: string,
    step: (session: StorageSession, trial: StoredTrial) => StoredTrial,
    then?: (assignment: Assignment) => void,
  ): void {
    const { storage, jobs, runs, telemetry } = this.#context;
    const assignment = jobs.get(job);
    if (assignment === undefined) return;
    const { run, number } = assignment;
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
          if (trial === null || runs.get(run.id) !== run) return;
          const before = run.record;
          run.add(trial);
          if (isFinished(trial.state)) {
            run.record = storage.study(run.id) ?? before;
            telemetry.trialFinished(trial.state, trial.engine);
          }
          then?.(assignment);
          if (trial.state !== 'running') this.#context.pump();
        },
        (error: unknown) => {
          this.#context.reload(run, error);
        },
      );
  }
}
