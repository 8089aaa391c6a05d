import { InternalError } from '../../core/errors';
import type { Storage, StoredTrial } from '../../core/storage';
import { internalStudy, type StudyRecord } from '../../core/study';
import { createPruner } from '../../pruners';
import { createSampler } from '../../samplers';
import { parseSpace } from '../../space';
import { mostSteps } from '../specification';
import { StudyRun } from './study-run';
import { dataJobOf } from './trial-job';
import { loseTrial } from './transitions';

/** Builds what the scheduler holds of a study from the committed rows: at a start, after a crash, after a failed write. */
export class StudyRuns {
  readonly #storage: Storage;
  readonly #tablesFolder: string;
  readonly #runs = new Map<string, StudyRun>();

  constructor(storage: Storage, tablesFolder: string) {
    this.#storage = storage;
    this.#tablesFolder = tablesFolder;
  }

  all(): readonly StudyRun[] {
    return [...this.#runs.values()];
  }

  get(id: string): StudyRun | undefined {
    return this.#runs.get(id);
  }

  drop(id: string): void {
    this.#runs.delete(id);
  }

  /**
   * Loads the study afresh. Trials that the rows call running have no worker any more (the caller made sure of
   * it): they wait again, uncharged.
   */
  async load(id: string): Promise<StudyRun> {
    const record = await this.#storage.write((session) => {
      const study = session.study(id);
      if (study === null) throw new InternalError('study_gone', `study ${id} is not stored`);
      // Trials of ask and tell run elsewhere: their owners have not gone.
      const lost = study.spec.execution === 'external' ? [] : session.history(id);
      for (const trial of lost.filter(({ state }) => state === 'running')) {
        const loss = { charged: false, isolate: false, reason: 'the service stopped' };
        loseTrial(session, study, trial, loss);
      }
      return study;
    });
    const run = new StudyRun(record, this.#parts(record), this.#storage.priors(id));
    for (const trial of this.#storage.history(id).toSorted((a, b) => placeOf(a) - placeOf(b))) {
      run.add(trial);
      run.report(trial.number, this.#storage.curve(id, trial.number));
      // What it has shown counts only now; one that went on from its rung was lost, and waits.
      if (trial.pausedAt !== null || trial.rungOrder !== null) run.stand(trial);
    }
    run.setClock(record.state === 'running');
    this.#runs.set(id, run);
    return run;
  }

  #parts(record: StudyRecord): StudyRun['parts'] {
    const space = parseSpace(record.document);
    const { search } = record.spec;
    const sampler = createSampler(search.sampler, space);
    if (record.spec.execution === 'external') {
      return { space, sampler, pruner: createPruner(search.pruner, search), data: null };
    }
    const study = internalStudy(record);
    const dataset = this.#storage.dataset(study.dataset);
    if (dataset === null) throw new InternalError('dataset_gone', `dataset ${study.dataset} is not stored`);
    const pruner = createPruner(search.pruner, { maxSteps: mostSteps(study.spec) });
    return { space, sampler, pruner, data: dataJobOf(dataset, study.spec, this.#tablesFolder) };
  }
}

/** In the order in which trials first stood at a rung or ended; those that did neither come last, by number. */
function placeOf({ rungOrder, finishedOrder }: StoredTrial): number {
  return rungOrder ?? finishedOrder ?? Number.MAX_VALUE;
}
