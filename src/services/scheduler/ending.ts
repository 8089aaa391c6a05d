import { TuneloomError } from '../../core/errors';
import type { JsonObject } from '../../core/json';
import type { StorageSession, StoredTrial } from '../../core/storage';
import { internalStudy, type StopReason } from '../../core/study';
import { makeFinal, storedStory, type FinalModel } from '../final/make-final';
import { analyseModel } from '../reports/analyse-trial';
import { measureDataSize } from '../reports/data-size';
import { measureBasis } from '../reports/diagnosis-basis';
import type { StudyChecking } from './checking';
import type { SchedulerContext } from './ports';
import type { StudyRun } from './study-run';
import { jobIdOf } from './trial-job';
import { announceStudy, endWithoutRunning, finishTrial } from './transitions';

/** Ends the search of a study, and carries out its final stage. */
export class StudyEnding {
  readonly #context: SchedulerContext;
  readonly #checking: StudyChecking;

  constructor(context: SchedulerContext, checking: StudyChecking) {
    this.#context = context;
    this.#checking = checking;
  }

  /** No new trials, waiting ones are cancelled, running ones too; the final stage follows. */
  async endSearch(
    run: StudyRun,
    reason: StopReason,
    also?: (session: StorageSession) => void,
  ): Promise<void> {
    const { storage, transport } = this.#context;
    const { record, ended } = await storage.write((session) => {
      session.updateStudy(run.id, { state: 'running', stopReason: reason, runningMs: run.runningMs() });
      const ended = endOpen(session, run);
      const study = announceStudy(session, run.id);
      also?.(session);
      return { record: study, ended };
    });
    run.record = record;
    run.restartClock();
    ended.forEach((trial) => {
      run.add(trial);
    });
    this.#checking.cancel(run);
    for (const trial of run.running()) transport.cancel(jobIdOf(trial));
    this.#context.pump();
  }

  /** Ends the search where there is nothing left to try, and the study where nothing runs any more. */
  async endWhereDone(run: StudyRun): Promise<void> {
    if (run.finishing) return;
    if (run.searching) {
      const idle = run.running().length === 0 && run.waiting().length === 0 && run.promoted() === null;
      const reached = run.stopReached();
      if (run.isHopeless()) await this.endSearch(run, 'failures');
      else if (reached !== null) await this.endSearch(run, reached);
      else if (idle && run.count() >= run.record.spec.search.trials) await this.endSearch(run, 'trials');
      else if (idle && run.exhausted) await this.endSearch(run, 'exhausted');
    }
    if (run.record.stopReason !== null && run.running().length === 0) {
      run.finishing = true;
      // Measuring the model waits for a slot; handing out work to other studies does not wait for it.
      void this.#context.guard(run, () => this.#finish(run));
    }
  }

  async #finish(run: StudyRun): Promise<void> {
    const { storage } = this.#context;
    const { record, ended } = await storage.write((session) => {
      session.updateStudy(run.id, { phase: 'final' });
      // What was lost or paused while the search was being ended.
      return { ended: endOpen(session, run), record: announceStudy(session, run.id) };
    });
    run.record = record;
    ended.forEach((trial) => {
      run.add(trial);
    });
    const best = run.record.best === null ? undefined : run.trial(run.record.best.trial);
    const made = best === undefined || run.external ? null : await this.#attempt(this.#final(run, best));
    const analysis =
      best === undefined || made?.value == null ? null : await this.#analysis(run, best, made.value);
    const sizes = best === undefined || made?.value == null ? null : await this.#dataSize(run, best);
    const basis = best === undefined || run.external ? null : await this.#basis(run, best);
    if (this.#context.closed()) return;
    await storage.write((session) => {
      if (made?.value != null) {
        const { model, story } = made.value;
        session.insertModel(model);
        session.setFinalModel(run.id, model.id);
        session.putInsight(run.id, 'final', storedStory(story));
      }
      session.putInsight(run.id, 'analysis', analysis);
      session.putInsight(run.id, 'dataSize', sizes);
      session.putInsight(run.id, 'basis', basis);
      const failure = made === null ? withoutModel(run) : made.error;
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
    this.#context.runs.drop(run.id);
  }

  #final(run: StudyRun, best: StoredTrial): Promise<FinalModel> {
    const { spec } = internalStudy(run.record);
    const trials = this.#context.storage.history(run.id);
    return makeFinal({ id: run.id, spec, data: run.data, best, trials }, this.#context);
  }

  /** A model without an analysis is still a model: where the analysis fails, the report goes without it. */
  async #analysis(
    run: StudyRun,
    trial: StoredTrial,
    { model, story, selected, members }: FinalModel,
  ): Promise<JsonObject | null> {
    const { spec } = internalStudy(run.record);
    try {
      return await analyseModel(
        { trial, spec, data: run.data, model, selected, members, refitted: story.refitted },
        this.#context,
      );
    } catch (error) {
      this.#context.logger.error({ study: run.id, error }, 'the errors of the best trial were not analysed');
      return null;
    }
  }

  /** Told only of studies with checks; where it fails, the report goes without it. */
  async #dataSize(run: StudyRun, trial: StoredTrial): Promise<JsonObject | null> {
    const { spec } = internalStudy(run.record);
    if (spec.checks === 'off') return null;
    const about = { trial, spec, data: run.data, runningMs: run.runningMs() };
    try {
      const curve = await measureDataSize(about, this.#context.transport);
      return curve === null ? null : (JSON.parse(JSON.stringify(curve)) as JsonObject);
    } catch (error) {
      this.#context.logger.error({ study: run.id, error }, 'what more rows would give was not measured');
      return null;
    }
  }

  /** What the best trial is diagnosed by; where it fails, the report goes without a diagnosis. */
  async #basis(run: StudyRun, trial: StoredTrial): Promise<JsonObject | null> {
    const { storage, transport, logger } = this.#context;
    const { spec } = internalStudy(run.record);
    const rows = storage.dataset(spec.dataset)?.rows ?? 0;
    try {
      const about = { trial, spec, data: run.data, rows, runningMs: run.runningMs() };
      const basis = await measureBasis(about, transport);
      return JSON.parse(JSON.stringify(basis)) as JsonObject;
    } catch (error) {
      logger.error({ study: run.id, error }, 'what the best trial is diagnosed by was not measured');
      return null;
    }
  }

  async #attempt<T>(work: Promise<T>): Promise<Attempt<T>> {
    try {
      return { value: await work, error: null };
    } catch (error) {
      this.#context.logger.error({ error }, 'the final model could not be made');
      const code = error instanceof TuneloomError ? error.code : 'internal';
      const message =
        error instanceof TuneloomError ? error.message : 'the final model could not be made; see the log';
      return { value: null, error: { code, message } };
    }
  }
}

/**
 * Ends the trials that no worker has: paused ones are pruned, others cancelled. Of ask and tell running ones too, for no
 * worker can be asked to stop what its caller trains. Checkpoints that nothing names then go with the next sweep.
 */
function endOpen(session: StorageSession, run: StudyRun): readonly StoredTrial[] {
  return session.history(run.id).flatMap((trial) => {
    if (trial.state !== 'waiting' && !(run.external && trial.state === 'running')) return [];
    if (trial.pausedAt === null) return endWithoutRunning(session, run.record, trial, { state: 'cancelled' });
    const end = { network: null, bestSoFar: run.bestSoFar(trial.number) };
    return finishTrial(session, run.record, trial, { state: 'pruned' }, end);
  });
}

interface Attempt<T> {
  readonly value: T | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Why a study without a model has failed; null where none is expected. */
function withoutModel(run: StudyRun): { code: string; message: string } | null {
  if (run.record.stopReason === 'failures') {
    const message = 'ten trials in a row failed and none completed; their errors say why';
    return { code: 'no_completed_trial', message };
  }
  if (run.record.stopReason === 'user' || run.external) return null;
  // A Pareto study has no best trial; models are made of any of its trials by hand.
  if (run.record.spec.objectives.length > 1 && run.anyCompleted()) return null;
  const anyFailed = run.history().some(({ state }) => state === 'failed');
  const why = anyFailed
    ? 'the errors of the failed trials say why'
    : 'the pruner stopped each of them, or they were stopped by hand';
  return {
    code: 'no_completed_trial',
    message: `no trial completed, so there is no model; ${why}`,
  };
}
