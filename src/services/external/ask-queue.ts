import { setImmediate } from 'node:timers/promises';
import { UnavailableError } from '../../core/errors';
import type { Storage, StorageSession, StoredTrial } from '../../core/storage';
import type { Computing } from '../computing/computing';
import type { Owners } from '../scheduler/owners';
import type { StudyRun } from '../scheduler/study-run';
import { enterRunning, insertRunning } from '../scheduler/transitions';
import type { Asked, InTransaction } from '../services';

interface Request {
  readonly count: number;
  readonly also: InTransaction<Asked> | null;
  readonly resolve: (asked: Asked) => void;
  readonly reject: (error: unknown) => void;
}

/** How often proposals are made anew because others have taken their numbers, before the caller is told to ask again. */
const MOST_ATTEMPTS = 10;
const RETRY_SECONDS = 1;
/** Quick samplers propose on the event loop, for about so many milliseconds at a time. */
const MOST_STRETCH_MS = 10;

interface Given {
  readonly trials: readonly StoredTrial[];
  readonly answer: Asked;
}

/**
 * Asks of one study, answered together: what has come while one batch was under way shares the next. Proposals follow
 * each other in one batch; each sees the ones before it as running. They are made before the transaction that stores
 * them, so that a slow sampler holds up nobody else.
 */
export class AskQueue {
  readonly #storage: Storage;
  readonly #run: StudyRun;
  readonly #owners: Owners;
  readonly #computing: Computing;
  #requests: Request[] = [];
  #busy = false;

  constructor(storage: Storage, run: StudyRun, owners: Owners, computing: Computing) {
    this.#storage = storage;
    this.#run = run;
    this.#owners = owners;
    this.#computing = computing;
  }

  ask(count: number, also: InTransaction<Asked> | null): Promise<Asked> {
    return new Promise((resolve, reject) => {
      this.#requests.push({ count, also, resolve, reject });
      if (!this.#busy) void this.#answerAll();
    });
  }

  async #answerAll(): Promise<void> {
    this.#busy = true;
    while (this.#requests.length > 0) {
      const requests = this.#requests;
      this.#requests = [];
      await this.#answer(requests);
    }
    this.#busy = false;
  }

  async #answer(requests: readonly Request[]): Promise<void> {
    try {
      let given: readonly Given[] | null = null;
      for (let attempt = 0; given === null; attempt++) {
        if (attempt === MOST_ATTEMPTS) {
          const message = `points of study ${this.#run.id} are being enqueued, or it is being taken up again; ask again`;
          throw new UnavailableError('study_busy', message, RETRY_SECONDS);
        }
        const proposed = await this.#proposed(requests);
        given = await this.#storage.write((session) => this.#giveOut(session, requests, proposed));
      }
      given.forEach(({ trials, answer }, i) => {
        for (const trial of trials) {
          this.#run.add(trial);
          this.#owners.heard(this.#run, trial.number);
        }
        requests[i]?.resolve(answer);
      });
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
  }

  /**
   * Trials for all requests that no waiting one answers, each made with those before it in mind. What is not given out
   * after all is forgotten: a proposal is a function of stored history.
   */
  async #proposed(requests: readonly Request[]): Promise<readonly StoredTrial[]> {
    const run = this.#run;
    const asked = requests.reduce((sum, { count }) => sum + count, 0);
    const wanted = Math.min(asked, mostOut(run) - run.running().length) - run.waiting().length;
    const proposed: StoredTrial[] = [];
    let since = performance.now();
    while (run.searching && proposed.length < wanted) {
      const next = await this.#computing.propose(run, proposed);
      if (next === null) break;
      proposed.push(next);
      if (performance.now() - since > MOST_STRETCH_MS) {
        // Other requests have their turn.
        await setImmediate();
        since = performance.now();
      }
    }
    return proposed;
  }

  #giveOut(
    session: StorageSession,
    requests: readonly Request[],
    proposed: readonly StoredTrial[],
  ): readonly Given[] | null {
    // A point that was enqueued meanwhile has taken the first number: the sampler is asked again, with it in mind.
    const [first] = proposed;
    if (first !== undefined && session.nextTrialNumber(this.#run.id) !== first.number) return null;
    const study = session.study(this.#run.id);
    const open = study?.state === 'running' && study.stopReason === null;
    const waiting = [...this.#run.waiting()];
    const ready = [...proposed];
    let out = this.#run.running().length;
    return requests.map(({ count, also }) => {
      const trials: StoredTrial[] = [];
      while (open && trials.length < count && out < mostOut(this.#run)) {
        const trial = this.#next(session, waiting, ready);
        if (trial === null) break;
        trials.push(trial);
        out += 1;
      }
      const answer = this.#answerOf(trials, open, out);
      also?.(session, answer);
      return { trials, answer };
    });
  }

  /** A trial that waits, else one that the sampler has proposed. */
  #next(session: StorageSession, waiting: StoredTrial[], proposed: StoredTrial[]): StoredTrial | null {
    for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
      // It may have been stopped since.
      const stored = session.trial(trial.study, trial.number);
      if (stored?.state === 'waiting') return enterRunning(session, stored);
    }
    const next = proposed.shift();
    return next === undefined ? null : insertRunning(session, next);
  }

  #answerOf(trials: readonly StoredTrial[], open: boolean, out: number): Asked {
    const asked = trials.map(({ number, run, params, config }) => ({ number, attempt: run, params, config }));
    if (asked.length > 0) return { trials: asked, done: false, retryAfterSeconds: null };
    const { search } = this.#run.record.spec;
    const spent = this.#run.exhausted || this.#run.count() >= search.trials;
    // What is out may come back where trials expire.
    if (!open || (spent && (search.expireSeconds === null || out === 0))) {
      return { trials: [], done: true, retryAfterSeconds: null };
    }
    return { trials: [], done: false, retryAfterSeconds: this.#owners.retryAfterSeconds(this.#run) };
  }
}

/** Trials that may be out at once: with `auto` as many as are asked for. */
function mostOut({ record }: StudyRun): number {
  const { parallelism } = record.spec.search;
  return parallelism === 'auto' ? Infinity : parallelism;
}
