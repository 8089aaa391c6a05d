import { Piscina } from 'piscina';
import { childEntry } from '../../core/entry';
import { streamOf } from '../../core/random';
import type { ObservedTrial, ProposalRequest } from '../../core/search';
import type { StoredTrial } from '../../core/storage';
import type { Params } from '../../core/trial';
import { quickSamplers, samplerNameOf, slowSamplers } from '../../samplers';
import type { Space } from '../../space';
import type { StudyRun } from '../scheduler/study-run';
import { newTrial } from '../scheduler/transitions';
import { pointOf } from '../scheduler/trial-job';
import type { ImportanceAnswer, ImportanceTask, ProposalAnswer, ProposalTask } from './messages';

/** A longer history is not ranked on the event loop. */
const LONG_HISTORY = 1000;
/** How long a thread that has nothing to do is kept, in milliseconds. */
const IDLE_MS = 60_000;

/**
 * Computes beside the event loop of the API process what would hold it up: slow proposals, importances. A proposal is
 * the same wherever it is computed: a function of history, number and seed.
 */
export class Computing {
  /** One thread, which keeps the histories of the studies that it proposes for. */
  readonly #proposals = poolOfOne();
  readonly #analyses = poolOfOne();
  /** How many finished trials of a taken-up study its thread has. */
  readonly #sent = new WeakMap<StudyRun, { readonly run: string; count: number }>();
  #runs = 0;

  /**
   * The next trial that the sampler proposes; null when there is none left, in the budget or in the space.
   * @param pending trials that are proposed and not committed yet, in order
   */
  async propose(run: StudyRun, pending: readonly StoredTrial[] = []): Promise<StoredTrial | null> {
    const number = run.count() + pending.length;
    if (run.exhausted || number >= run.record.spec.search.trials) return null;
    const running = pending.map(({ number: own, params }): ObservedTrial => {
      return { number: own, state: 'running', params, values: null, constraintViolation: null };
    });
    const params = await this.#point(run, number, running);
    if (params === null) {
      // Pending trials may come to nothing; without them the sampler may have points again.
      if (pending.length === 0) run.exhausted = true;
      return null;
    }
    return newTrial(run.id, number, pointOf(run, number, params, false));
  }

  async #point(run: StudyRun, number: number, pending: readonly ObservedTrial[]): Promise<Params | null> {
    const { search, objectives } = run.record.spec;
    const history = run.history(pending);
    const request: Omit<ProposalRequest<Space>, 'stream' | 'space'> = {
      history,
      directions: objectives.map(({ direction }) => direction),
      number,
      seed: search.seed,
      budget: search.trials,
    };
    const sampler = samplerNameOf(search.sampler);
    const isLong = history.length > LONG_HISTORY && !quickSamplers.includes(sampler);
    if (isLong || slowSamplers.includes(sampler)) return this.#proposeInThread(run, request);
    const stream = streamOf(search.seed, 'sampler', number);
    return run.parts.sampler.propose({ ...request, space: run.parts.space, stream });
  }

  importance(task: Omit<ImportanceTask, 'kind'>): Promise<ImportanceAnswer> {
    return this.#analyses.run({ kind: 'importance', ...task }) as Promise<ImportanceAnswer>;
  }

  async close(): Promise<void> {
    await Promise.all([this.#proposals.destroy(), this.#analyses.destroy()]);
  }

  async #proposeInThread(
    run: StudyRun,
    { history, ...request }: Omit<ProposalRequest<Space>, 'stream' | 'space'>,
  ): Promise<Params | null> {
    const sent = this.#sent.get(run) ?? { run: String(this.#runs++), count: 0 };
    this.#sent.set(run, sent);
    sent.count = Math.min(sent.count, run.takeChangedFrom());
    const finished = run.finishedCount();
    const taskFrom = (known: number): ProposalTask => ({
      kind: 'propose',
      run: sent.run,
      document: run.record.document,
      sampler: run.record.spec.search.sampler,
      known,
      finished: history.slice(known, finished),
      unfinished: history.slice(finished),
      ...request,
    });
    let answer = (await this.#proposals.run(taskFrom(sent.count))) as ProposalAnswer;
    // The thread is a new one, or has forgotten this study.
    if ('resend' in answer) answer = (await this.#proposals.run(taskFrom(0))) as ProposalAnswer;
    sent.count = finished;
    return 'params' in answer ? answer.params : null;
  }
}

function poolOfOne(): Piscina {
  return new Piscina({
    filename: childEntry(__dirname, 'thread'),
    name: 'compute',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
  });
}
