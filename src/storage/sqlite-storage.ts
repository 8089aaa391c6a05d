import type { StoredDataset } from '../core/dataset';
import { InternalError } from '../core/errors';
import type { JsonObject } from '../core/json';
import type { Model } from '../core/model';
import type {
  IdempotentAnswer,
  InsightKind,
  PageRequest,
  PriorTrial,
  Storage,
  StorageSession,
  StoredTrial,
  TrialFilter,
} from '../core/storage';
import type { EventData, StudyEventType, StudyRecord, StudyState } from '../core/study';
import type { EpochReport } from '../core/trial';
import { lockFolder, openDatabase } from './database';
import { DatasetQueries } from './queries/datasets';
import { EventQueries } from './queries/events';
import { IdempotencyQueries } from './queries/idempotency';
import { InsightQueries } from './queries/insights';
import { ModelQueries } from './queries/models';
import { StudyQueries, type StudyChange } from './queries/studies';
import { TrialQueries, type TrialChange } from './queries/trials';
import { Writer } from './writer';

export interface StorageOptions {
  /** Folder of the database; taken for this process alone. */
  readonly dataDir: string;
  /** Told how long each commit took. */
  readonly onCommitSeconds?: (seconds: number) => void;
}

/**
 * @throws ConflictError `data_dir_in_use`, `schema_too_new`
 */
export function openStorage({ dataDir, onCommitSeconds }: StorageOptions): Storage {
  const lock = lockFolder(dataDir);
  try {
    const db = openDatabase(dataDir);
    const datasets = new DatasetQueries(db);
    const studies = new StudyQueries(db);
    const trials = new TrialQueries(db);
    const events = new EventQueries(db);
    const models = new ModelQueries(db);
    const insights = new InsightQueries(db);
    const idempotency = new IdempotencyQueries(db);
    idempotency.clearUnanswered();

    const listeners = new Set<(studies: ReadonlySet<string>) => void>();
    let grown = new Set<string>();
    const writer = new Writer(db.raw, {
      beforeCommit: () => {
        events.saveSequence();
      },
      committed: (seconds) => {
        const told = grown;
        grown = new Set();
        onCommitSeconds?.(seconds);
        if (told.size > 0) for (const listener of listeners) listener(told);
      },
      rolledBack: () => {
        grown = new Set();
        events.reloadSequence();
      },
    });
    const writes = <A extends unknown[], R>(operation: (...values: A) => R) => {
      return (...values: A): R => {
        if (!writer.writing)
          throw new InternalError('write_outside_write', 'rows are written inside Storage.write only');
        return operation(...values);
      };
    };
    const grows = (study: string): void => {
      grown.add(study);
    };

    const session: StorageSession = {
      insertDataset: writes((dataset: StoredDataset) => {
        datasets.insert(dataset);
      }),
      dataset: (id) => datasets.get(id),
      datasets: (page: PageRequest) => datasets.list(page),
      deleteDataset: writes((id: string) => {
        datasets.delete(id);
      }),
      studiesOfDataset: (id) => datasets.studiesOf(id),
      tableIsUsed: (key) => datasets.tableIsUsed(key),

      insertStudy: writes((study: StudyRecord) => {
        studies.insert(study);
      }),
      study: (id) => studies.get(id),
      studies: (page: PageRequest) => studies.list(page),
      studiesIn: (states: readonly StudyState[]) => studies.inStates(states),
      updateStudy: writes((id: string, change: StudyChange) => {
        studies.update(id, change);
      }),
      deleteStudy: writes((id: string) => {
        studies.delete(id);
        grows(id);
      }),
      trialCounts: (study) => studies.trialCounts(study),

      insertTrial: writes((trial: StoredTrial) => {
        trials.insert(trial);
      }),
      trial: (study, number) => trials.get(study, number),
      trials: (study, filter: TrialFilter, page) => trials.list(study, filter, page),
      history: (study) => trials.history(study),
      nextTrialNumber: (study) => trials.nextNumber(study),
      updateTrial: writes((study: string, number: number, change: TrialChange) => {
        trials.update(study, number, change);
      }),
      curve: (study, trial) => events.curve(study, trial),
      epochAt: (study, trial, epoch) => events.epochAt(study, trial, epoch),
      lastEpoch: (study, trial) => events.lastEpoch(study, trial),
      appendEpochs: writes((study: string, trial: number, reports: readonly EpochReport[]) => {
        events.appendEpochs(study, trial, reports);
        grows(study);
      }),
      deleteEpochs: writes((study: string, trial: number, after: number) => {
        events.deleteEpochs(study, trial, after);
      }),

      appendEvent: writes((study: string, type: StudyEventType, data: EventData) => {
        events.append(study, type, data);
        grows(study);
      }),
      events: (study, after, limit, types) => events.read(study, after, limit, types),
      lastEventId: (study) => events.last(study),

      insertPriors: writes((study: string, priors: readonly PriorTrial[]) => {
        studies.insertPriors(study, priors);
      }),
      priors: (study) => studies.priors(study),

      insertModel: writes((model: Model) => {
        models.insert(model);
      }),
      model: (id) => models.get(id),
      models: (study, page) => models.list(study, page),
      finalModel: (study) => models.final(study),
      setFinalModel: writes((study: string, model: string | null) => {
        models.setFinal(study, model);
      }),
      deleteModel: writes((id: string) => {
        models.delete(id);
      }),
      insight: (study, kind) => insights.get(study, kind),
      putInsight: writes((study: string, kind: InsightKind, body: JsonObject | null) => {
        insights.put(study, kind, body);
      }),

      blobIsUsed: (sha256) => models.blobIsUsed(sha256),

      idempotency: (scope) => idempotency.get(scope),
      beginIdempotency: writes((scope: string, bodyHash: string) => {
        idempotency.begin(scope, bodyHash);
      }),
      completeIdempotency: writes((scope: string, answer: IdempotentAnswer) => {
        idempotency.complete(scope, answer);
      }),
      abandonIdempotency: writes((scope: string) => {
        idempotency.abandon(scope);
      }),
      sweepIdempotency: writes((olderThan: string) => idempotency.sweep(olderThan)),
    };

    return {
      ...session,
      write: (work) => writer.write(() => work(session)),
      onCommit: (listener) => {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      },
      close: () => {
        writer.close();
        db.raw.close();
        lock.close();
        return Promise.resolve();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}
