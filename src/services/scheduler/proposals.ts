import type { StoredTrial } from '../../core/storage';
import type { SchedulerContext } from './ports';
import type { StudyRun } from './study-run';

/**
 * The next trial of each study that a slot is free for, computed beside the handing out of work: a study whose sampler
 * takes long holds up no other's trials.
 */
export class Proposals {
  readonly #context: SchedulerContext;
  /** Null while it is computed. */
  readonly #made = new WeakMap<StudyRun, StoredTrial | null>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(context: SchedulerContext) {
    this.#context = context;
  }

  /** The proposal, once. Null where none is left, or none is there yet: handing out begins anew when it has been computed. */
  take(run: StudyRun): StoredTrial | null {
    const made = this.#made.get(run);
    if (made != null) {
      this.#made.delete(run);
      // A point that was enqueued meanwhile has taken its number: the sampler is asked again.
      if (made.number === run.count()) return made;
    }
    if (!this.isComputing(run) && !run.exhausted && run.count() < run.record.spec.search.trials)
      this.#begin(run);
    return null;
  }

  /** Whether the study's next trial is on its way. */
  isComputing(run: StudyRun): boolean {
    return this.#made.get(run) === null;
  }

  /** Resolves when nothing is computed any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #begin(run: StudyRun): void {
    const context = this.#context;
    this.#made.set(run, null);
    const work = context
      .guard(run, () => context.computing.propose(run))
      .then((trial) => {
        this.#underWay.delete(work);
        if (trial === null) this.#made.delete(run);
        else this.#made.set(run, trial);
        context.pump();
      });
    this.#underWay.add(work);
  }
}
