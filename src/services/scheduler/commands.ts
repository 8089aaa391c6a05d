import { ConflictError, InvalidError, NotFoundError, TuneloomError } from '../../core/errors';
import { isJsonObject, type JsonObject } from '../../core/json';
import { streamOf } from '../../core/random';
import type { Storage, StorageSession, StoredTrial } from '../../core/storage';
import { assertStudyCommand, firstPhase, type StudyCommand, type StudyRecord } from '../../core/study';
import { isFinished, type Params } from '../../core/trial';
import { completeParams } from '../../space';
import { toTrialConfig } from '../specification';
import { checkExtension } from './extension';
import type { Scheduler } from './scheduler';
import type { StudyRun } from './study-run';
import { pointOf } from './trial-job';
import { announceStudy, endWithoutRunning, newTrial } from './transitions';

const BUSY_RETRY_SECONDS = 30;

type Also = (session: StorageSession) => void;

/** What a client can do to a study or a trial; each is one transaction, and 409 from a state that has no such step. */
export class StudyCommands {
  readonly #storage: Storage;
  readonly #scheduler: Scheduler;
  readonly #maxRunning: number;

  constructor(storage: Storage, scheduler: Scheduler, maxRunningStudies: number) {
    this.#storage = storage;
    this.#scheduler = scheduler;
    this.#maxRunning = maxRunningStudies;
  }

  /** @throws TuneloomError `too_many_running_studies` (429) */
  assertRoom(session: StorageSession): void {
    if (session.studiesIn(['running']).length < this.#maxRunning) return;
    throw new TuneloomError(
      'tooMany',
      'too_many_running_studies',
      `${String(this.#maxRunning)} studies run already; wait for one to end, or create this one with "start": false`,
      { retryAfterSeconds: BUSY_RETRY_SECONDS },
    );
  }

  async start(id: string, also: Also): Promise<void> {
    await this.#command(id, 'start', also, (session, { spec }) => {
      this.assertRoom(session);
      const startedAt = new Date().toISOString();
      session.updateStudy(id, { state: 'running', phase: firstPhase(spec), startedAt });
    });
    await this.takeUp(id);
  }

  /** Lets the scheduler work on a study that was committed as running. */
  async takeUp(id: string): Promise<void> {
    await this.#scheduler.runs.load(id);
    this.#scheduler.pump();
  }

  /** No new trials; those that run go on to their end. */
  async pause(id: string, also: Also): Promise<void> {
    const run = this.#scheduler.runs.get(id);
    const record = await this.#command(id, 'pause', also, (session, study) => {
      if (study.stopReason !== null) {
        throw new ConflictError('invalid_state', 'the search has ended and the final model is being made');
      }
      session.updateStudy(id, { state: 'paused', runningMs: run?.runningMs() ?? study.runningMs });
    });
    if (run === undefined) return;
    run.setClock(false);
    run.record = record;
  }

  async resume(id: string, also: Also): Promise<void> {
    const record = await this.#command(id, 'resume', also, (session) => {
      this.assertRoom(session);
      session.updateStudy(id, { state: 'running' });
    });
    const run = this.#scheduler.runs.get(id);
    if (run === undefined) {
      await this.takeUp(id);
      return;
    }
    run.record = record;
    run.setClock(true);
    this.#scheduler.pump();
  }

  /** Ends the search; running trials are cancelled, and the final model is made of the best so far. */
  async stop(id: string, also: Also): Promise<void> {
    const study = this.#require(id);
    assertStudyCommand('stop', study.state);
    if (study.stopReason !== null) {
      throw new ConflictError(
        'invalid_state',
        'the search has ended already and the final model is being made',
      );
    }
    await this.#scheduler.endSearch(this.#runOf(id), 'user', also);
  }

  /** A bigger budget. An ended study runs on with its history and makes a new final model. */
  async extend(id: string, body: unknown, also: Also): Promise<void> {
    const record = await this.#command(id, 'extend', also, (session, study) => {
      if (study.state === 'running' && study.stopReason !== null) {
        throw new ConflictError(
          'invalid_state',
          'the final model is being made; extend the study when it has ended',
        );
      }
      const search = checkExtension(body, study, session.nextTrialNumber(id));
      const ended = study.state === 'completed' || study.state === 'stopped';
      if (ended) this.assertRoom(session);
      session.updateStudy(id, {
        spec: { ...study.spec, search },
        ...(ended ? { state: 'running', phase: 'search', stopReason: null, finishedAt: null } : {}),
      });
      if (ended) session.setFinalModel(id, null);
    });
    const run = this.#scheduler.runs.get(id);
    if (run !== undefined) {
      run.record = record;
      this.#scheduler.pump();
    } else if (record.state === 'running') {
      await this.takeUp(id);
    }
  }

  async enqueue(
    id: string,
    body: unknown,
    also: (session: StorageSession, trial: StoredTrial) => void,
  ): Promise<StoredTrial> {
    const params = paramsOf(body);
    const before = this.#require(id);
    // A study that was not started yet is loaded only for its space.
    const run = this.#scheduler.runs.get(id) ?? (await this.#peek(before));
    const trial = await this.#storage.write((session) => {
      const study = session.study(id);
      if (study === null) throw notFound(id);
      if (!['created', 'running', 'paused'].includes(study.state) || study.stopReason !== null) {
        throw new ConflictError(
          'invalid_state',
          `a study that is ${study.state} takes no more points; extend it first`,
        );
      }
      const number = session.nextTrialNumber(id);
      if (number >= study.spec.search.trials) {
        throw new ConflictError(
          'budget_spent',
          `all ${String(study.spec.search.trials)} trials of the budget are given out; extend the study first`,
        );
      }
      const stream = streamOf(study.spec.search.seed, 'enqueue', number);
      const point = pointOf(run, number, completeParams(run.parts.space, params as Params, stream), true);
      if (study.task !== null) toTrialConfig(point.config, study.task);
      const made = newTrial(id, number, point);
      session.insertTrial(made);
      announceStudy(session, id);
      also(session, made);
      return made;
    });
    this.#scheduler.runs.get(id)?.add(trial);
    this.#scheduler.pump();
    return trial;
  }

  /** A waiting trial is cancelled at once, a running one within a second; answers when it has ended. */
  async stopTrial(
    id: string,
    number: number,
    also: (session: StorageSession, trial: StoredTrial) => void,
  ): Promise<StoredTrial> {
    this.#require(id);
    const run = this.#scheduler.runs.get(id);
    const ended = await this.#storage.write((session) => {
      const trial = session.trial(id, number);
      const study = session.study(id);
      if (trial === null || study === null) throw trialNotFound(id, number);
      if (isFinished(trial.state)) {
        throw new ConflictError('invalid_state', `trial ${String(number)} is ${trial.state} and cannot stop`);
      }
      // A trial that a worker has is told to stop; its caller learns of it when it next speaks of the trial.
      if (trial.state === 'running' && study.spec.execution === 'internal') return null;
      const cancelled = endWithoutRunning(session, study, trial, { state: 'cancelled' });
      also(session, cancelled);
      return cancelled;
    });
    if (ended !== null) {
      run?.add(ended);
      this.#scheduler.pump();
      return ended;
    }
    const trial = await this.#scheduler.stopTrial(id, number);
    await this.#storage.write((session) => {
      also(session, trial);
    });
    return trial;
  }

  async #command(
    id: string,
    command: StudyCommand,
    also: Also,
    change: (session: StorageSession, study: StudyRecord) => void,
  ): Promise<StudyRecord> {
    return this.#storage.write((session) => {
      const study = session.study(id);
      if (study === null) throw notFound(id);
      assertStudyCommand(command, study.state);
      change(session, study);
      const changed = announceStudy(session, id);
      also(session);
      return changed;
    });
  }

  #require(id: string): StudyRecord {
    const study = this.#storage.study(id);
    if (study === null) throw notFound(id);
    return study;
  }

  #runOf(id: string): StudyRun {
    const run = this.#scheduler.runs.get(id);
    if (run === undefined) {
      throw new TuneloomError(
        'unavailable',
        'study_not_loaded',
        `study ${id} is being taken up again; try again`,
        {
          retryAfterSeconds: 5,
        },
      );
    }
    return run;
  }

  async #peek(study: StudyRecord): Promise<StudyRun> {
    const run = await this.#scheduler.runs.load(study.id);
    if (study.state === 'created') this.#scheduler.runs.drop(study.id);
    return run;
  }
}

function paramsOf(body: unknown): JsonObject {
  if (!isJsonObject(body)) {
    throw new InvalidError('invalid_params', 'the body must be an object such as {"params": {"units": 64}}');
  }
  const extra = Object.keys(body).find((key) => key !== 'params');
  if (extra !== undefined) {
    throw new InvalidError('invalid_params', 'unknown field', {
      errors: [{ path: extra, message: 'unknown field' }],
    });
  }
  const params = body['params'] ?? {};
  if (!isJsonObject(params)) {
    const message = 'must be an object of hole names and values';
    throw new InvalidError('invalid_params', `params ${message}`, { errors: [{ path: 'params', message }] });
  }
  return params;
}

export function notFound(id: string): NotFoundError {
  return new NotFoundError('study_not_found', `there is no study ${id}`);
}

export function trialNotFound(study: string, number: number): NotFoundError {
  return new NotFoundError('trial_not_found', `study ${study} has no trial ${String(number)}`);
}
