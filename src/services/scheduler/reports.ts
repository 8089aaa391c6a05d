import { InternalError } from '../../core/errors';
import type { Decision, JobOutcome, TransportListener, TrialOutcome, TrialStarted } from '../../core/job';
import type { StorageSession, StoredCheckpoint, StoredNetwork, StoredTrial } from '../../core/storage';
import { internalStudy } from '../../core/study';
import { isFinished, type EpochReport } from '../../core/trial';
import { mostParallel } from '../../samplers';
import { storeNetwork } from '../models/store-network';
import type { Assignment } from './jobs';
import type { SchedulerContext } from './ports';
import type { StudyRun } from './study-run';
import { jobIdOf } from './trial-job';
import {
  finishTrial,
  loseTrial,
  pauseTrial,
  recordCheckpoint,
  recordEpochs,
  recordStart,
} from './transitions';

/** Disk space for the checkpoints of one study's paused trials; where it is used up, trials stop instead of pausing. */
const MOST_PAUSED_BYTES = 4 * 2 ** 30;

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
          this.#context.transport.verdict(job, run.epochs(number), this.#decision(run, number));
        }
      },
    );
  }

  checkpoint(job: string, epoch: number, bytes: Uint8Array): void {
    this.#keep(job, epoch, bytes, (session, trial, checkpoint) =>
      recordCheckpoint(session, trial, checkpoint),
    );
  }

  finished(job: string, outcome: JobOutcome): void {
    const assignment = this.#context.jobs.get(job);
    if (assignment === undefined) return;
    this.#context.jobs.end(job);
    const { run, number } = assignment;
    if (outcome.state === 'paused') {
      if (run.record.stopReason !== null) this.#ended(job, assignment, { state: 'pruned' });
      else
        this.#keep(job, run.epochs(number), outcome.checkpoint, pauseTrial, () => {
          this.#context.jobs.forget(job);
        });
    } else if (outcome.state === 'unresumable') {
      this.#again(job, { charged: false, anew: true, reason: outcome.reason });
    } else {
      this.#ended(job, assignment, outcome);
    }
  }

  /** Blob first, row second; of a trial's checkpoints only the latest is kept. */
  #keep(
    job: string,
    epoch: number,
    bytes: Uint8Array,
    step: (session: StorageSession, trial: StoredTrial, checkpoint: StoredCheckpoint) => StoredTrial,
    then?: () => void,
  ): void {
    const { blobs, jobs } = this.#context;
    const assignment = jobs.get(job);
    if (assignment === undefined) return;
    const { run, number } = assignment;
    blobs.put(bytes).then(
      (sha256) => {
        const before = run.trial(number)?.checkpoint ?? null;
        this.#write(
          job,
          (session, trial) =>
            this.#cancelled(job, session, trial) ??
            step(session, trial, { sha256, epoch, bytes: bytes.length }),
          () => {
            then?.();
            this.#forgetBlob(before);
          },
        );
      },
      (error: unknown) => {
        this.#failed(job, run, error);
      },
    );
  }

  /** Where this fails, the hourly sweep takes the blob away. */
  #forgetBlob(checkpoint: StoredCheckpoint | null): void {
    const { storage, blobs, logger } = this.#context;
    if (checkpoint === null || storage.blobIsUsed(checkpoint.sha256)) return;
    blobs.delete(checkpoint.sha256).catch((error: unknown) => {
      logger.warn({ error }, 'a checkpoint that is not needed any more could not be taken away');
    });
  }

  #ended(job: string, assignment: Assignment, outcome: TrialOutcome): void {
    void this.#stored(outcome).then(
      (network) => {
        const before = assignment.run.trial(assignment.number)?.checkpoint ?? null;
        this.#write(
          job,
          (session, trial) => {
            const bestSoFar = assignment.run.bestSoFar(trial.number);
            return finishTrial(session, assignment.run.record, trial, outcome, { network, bestSoFar });
          },
          () => {
            this.#context.jobs.forget(job);
            this.#forgetBlob(before);
          },
        );
      },
      (error: unknown) => {
        this.#failed(job, assignment.run, error);
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
      this.#context.jobs.end(job);
      this.#again(job, { charged: alone, isolate: true, reason }, () => {
        this.#context.telemetry.attemptLost();
      });
    }
  }

  slotsChanged(): void {
    this.#context.pump();
  }

  /** No slot took the trial, which went away while the start was being committed: it waits again, uncharged. */
  returned(job: string): void {
    this.#again(job, { charged: false, reason: 'no slot took it', quiet: true });
  }

  /** The trial waits again: at its last checkpoint, or at its beginning. */
  #again(
    job: string,
    loss: Omit<Parameters<typeof loseTrial>[3], 'isolate' | 'at'> & { readonly isolate?: boolean },
    then?: () => void,
  ): void {
    const at = new Date().toISOString();
    this.#write(
      job,
      (session, trial) => {
        const study = session.study(trial.study);
        if (study === null) throw new InternalError('study_gone', `study ${trial.study} is not stored`);
        return (
          this.#cancelled(job, session, trial) ??
          loseTrial(session, study, trial, { isolate: trial.isolated, ...loss, at })
        );
      },
      ({ run, number }) => {
        run.replaceCurve(number, this.#context.storage.curve(run.id, number));
        then?.();
        this.#context.jobs.forget(job);
      },
    );
  }

  /** The end of a trial whose user has stopped it, where its job ends without it; null where nobody has. */
  #cancelled(job: string, session: StorageSession, trial: StoredTrial): StoredTrial | null {
    const assignment = this.#context.jobs.get(job);
    if (assignment === undefined || !this.#context.jobs.isStopped(job)) return null;
    const end = { network: null, bestSoFar: assignment.run.bestSoFar(trial.number) };
    return finishTrial(session, assignment.run.record, trial, { state: 'cancelled' }, end);
  }

  /** Where a trial may be promoted later it is paused, unless its study has one slot only or its disk space is used up. */
  #decision(run: StudyRun, number: number): Decision {
    if (!run.shouldPrune(number)) return 'continue';
    const { device, search } = internalStudy(run.record).spec;
    const slots = this.#context.transport
      .slots()
      .filter((slot) => device === 'auto' || slot.device === device).length;
    const parallel = Math.min(slots, mostParallel(search.sampler, search.parallelism, search.trials));
    if (!run.parts.pruner.promotes || parallel < 2) return 'prune';
    return run.pausedBytes(number) > MOST_PAUSED_BYTES ? 'prune' : 'pause';
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
          if (trial === null || runs.get(run.id) !== run) {
            this.#letGo(job);
            return;
          }
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
          this.#failed(job, run, error);
        },
      );
  }

  #failed(job: string, run: StudyRun, error: unknown): void {
    this.#letGo(job);
    this.#context.reload(run, error);
  }

  /** Nothing will be committed of how the job ended: its slot is free. */
  #letGo(job: string): void {
    if (!this.#context.jobs.isEnding(job)) return;
    this.#context.jobs.forget(job);
    this.#context.pump();
  }
}
