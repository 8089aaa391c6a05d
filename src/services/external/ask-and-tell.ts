import { ConflictError, TuneloomError } from '../../core/errors';
import type { Storage, StorageSession, StoredTrial } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import type { Trial } from '../../core/trial';
import { notFound, trialNotFound } from '../scheduler/commands';
import { assertOwned, reportStep, tellTrial } from '../scheduler/external-steps';
import type { Computing } from '../computing/computing';
import type { Owners } from '../scheduler/owners';
import type { Scheduler } from '../scheduler/scheduler';
import type { StudyRun } from '../scheduler/study-run';
import type { Asked, ExternalService, InTransaction } from '../services';
import { toTrial } from '../trials/trial-view';
import { AskQueue } from './ask-queue';
import { countOf, heartbeatOf, reportOf, tellOf } from './bodies';

/** Studies whose trials their caller trains. */
export class AskAndTell implements ExternalService {
  readonly #storage: Storage;
  readonly #scheduler: Scheduler;
  readonly #owners: Owners;
  readonly #computing: Computing;
  readonly #queues = new WeakMap<StudyRun, AskQueue>();

  constructor(storage: Storage, scheduler: Scheduler, computing: Computing) {
    this.#storage = storage;
    this.#scheduler = scheduler;
    this.#owners = scheduler.owners;
    this.#computing = computing;
  }

  async ask(id: string, body: unknown, also?: InTransaction<Asked>): Promise<Asked> {
    const count = countOf(body);
    const study = this.#known(id);
    if (study.state === 'completed' || study.state === 'stopped' || study.stopReason !== null) {
      const over = { trials: [], done: true, retryAfterSeconds: null };
      if (also !== undefined)
        await this.#storage.write((session) => {
          also(session, over);
        });
      return over;
    }
    if (study.state !== 'running') {
      throw new ConflictError('invalid_state', `a study that is ${study.state} gives out no trials`);
    }
    const run = this.#run(id);
    await this.#owners.expire(run);
    const queue = this.#queues.get(run) ?? new AskQueue(this.#storage, run, this.#owners, this.#computing);
    this.#queues.set(run, queue);
    const asked = await queue.ask(count, also ?? null);
    if (asked.done) this.#scheduler.pump();
    return asked;
  }

  async report(
    id: string,
    number: number,
    body: unknown,
    also?: InTransaction<{ prune: boolean }>,
  ): Promise<{ prune: boolean }> {
    const { objectives, search } = this.#known(id).spec;
    const { step, values, attempt } = reportOf(body, objectives.length, search.maxSteps);
    const run = this.#run(id);
    const { reported, prune } = await this.#storage.write((session) => {
      const { study, trial } = this.#require(session, id, number);
      assertOwned(trial, attempt);
      const report = reportStep(session, study, trial, step, values);
      // The verdict is on what is committed with this report: the run sees it first, and forgets it if that fails.
      const verdict = report === null ? run.shouldPrune(number) : run.wouldPrune(number, report);
      also?.(session, { prune: verdict });
      return { reported: report, prune: verdict };
    });
    this.#owners.heard(run, number);
    if (reported !== null) {
      run.report(number, [reported]);
      const trial = this.#storage.trial(id, number);
      if (trial !== null) run.add(trial);
    }
    return { prune };
  }

  heartbeat(id: string, number: number, body: unknown): void {
    const attempt = heartbeatOf(body);
    const { trial } = this.#require(this.#storage, id, number);
    assertOwned(trial, attempt);
    this.#owners.heard(this.#run(id), number);
  }

  async tell(id: string, number: number, body: unknown, also?: InTransaction<Trial>): Promise<Trial> {
    const { told, attempt } = tellOf(body, this.#known(id).spec.objectives.length);
    const { study, trial } = await this.#storage.write((session) => {
      const found = this.#require(session, id, number);
      const ended = tellTrial(session, found.study, found.trial, told, attempt);
      also?.(session, toTrial(ended));
      return { study: session.study(id), trial: ended };
    });
    const run = this.#scheduler.runs.get(id);
    if (run !== undefined) {
      run.record = study ?? run.record;
      run.add(trial);
      this.#owners.forget(run, number);
      this.#scheduler.pump();
    }
    return toTrial(trial);
  }

  #require(session: StorageSession, id: string, number: number): { study: StudyRecord; trial: StoredTrial } {
    const study = this.#study(id, session);
    const trial = session.trial(id, number);
    if (trial === null) throw trialNotFound(id, number);
    return { study, trial };
  }

  /** As committed last: of a study that runs without looking into the database. */
  #known(id: string): StudyRecord {
    const record = this.#scheduler.runs.get(id)?.record;
    return record?.spec.execution === 'external' ? record : this.#study(id);
  }

  #study(id: string, session: StorageSession = this.#storage): StudyRecord {
    const study = session.study(id);
    if (study === null) throw notFound(id);
    if (study.spec.execution === 'external') return study;
    throw new ConflictError(
      'internal_study',
      `study ${id} trains its own trials; ask and tell is for studies with "execution": "external"`,
    );
  }

  #run(id: string): StudyRun {
    const run = this.#scheduler.runs.get(id);
    if (run !== undefined) return run;
    const over = this.#study(id);
    if (over.state !== 'running' && over.state !== 'paused') {
      throw new ConflictError(
        'invalid_state',
        `the study is ${over.state}: nothing of its trials is taken any more`,
      );
    }
    const message = `study ${id} is being taken up again; try again`;
    throw new TuneloomError('unavailable', 'study_not_loaded', message, { retryAfterSeconds: 5 });
  }
}
