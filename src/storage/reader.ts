import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { StorageReader } from '../core/storage';
import { Connection, DATABASE_FILE } from './database';
import { DatasetQueries } from './queries/datasets';
import { EventQueries } from './queries/events';
import { InsightQueries } from './queries/insights';
import { ModelQueries } from './queries/models';
import { StudyQueries } from './queries/studies';
import { TrialQueries } from './queries/trials';

/** A read-only connection of its own, for a thread beside the one that writes. It sees committed rows only. */
export function openReader(dataDir: string): StorageReader & { close(): void } {
  const database = new Database(join(dataDir, DATABASE_FILE), { readonly: true, fileMustExist: true });
  const db = new Connection(database);
  const datasets = new DatasetQueries(db);
  const studies = new StudyQueries(db);
  const trials = new TrialQueries(db);
  const events = new EventQueries(db);
  const models = new ModelQueries(db);
  const insights = new InsightQueries(db);
  return {
    dataset: (id) => datasets.get(id),
    study: (id) => studies.get(id),
    trialCounts: (study) => studies.trialCounts(study),
    trial: (study, number) => trials.get(study, number),
    history: (study) => trials.history(study),
    curve: (study, trial) => events.curve(study, trial),
    lastEventId: (study) => events.last(study),
    finalModel: (study) => models.final(study),
    insight: (study, kind) => insights.get(study, kind),
    close: () => {
      database.close();
    },
  };
}
