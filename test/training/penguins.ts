import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataJob } from '../../src/core/job';
import type { JsonObject } from '../../src/core/json';
import type { Task } from '../../src/core/metrics';
import type { TrialConfig } from '../../src/core/specification';
import {
  classLabels,
  ingestFile,
  prepareTable,
  usableFeatures,
  type PreparedTable,
} from '../../src/datasets';
import { toTrialConfig } from '../../src/services/specification';

const FILE = join(__dirname, '..', '..', 'data', 'penguins.csv');

export interface PenguinTable {
  readonly job: DataJob;
  readonly data: PreparedTable;
}

export interface Penguins {
  /** The table with this target, split and prepared. */
  of(target: string, task: Task, preparation?: JsonObject): Promise<PenguinTable>;
  close(): Promise<void>;
}

/** The sample table, parsed once into a folder of its own. */
export async function openPenguins(): Promise<Penguins> {
  const folder = await mkdtemp(join(tmpdir(), 'tuneloom-penguins-'));
  const sha256 = createHash('sha256')
    .update(await readFile(FILE))
    .digest('hex');
  const { tableKey, profiles, rows } = await ingestFile({
    path: FILE,
    format: 'csv',
    tablesFolder: folder,
    sha256,
  });
  return {
    of: async (target, task, preparation = {}) => {
      const profile = profiles.find(({ name }) => name === target);
      const job: DataJob = {
        table: { folder: join(folder, tableKey), sha256 },
        target,
        task,
        features: usableFeatures(profiles, target, rows).include,
        labels: task === 'regression' || profile === undefined ? null : classLabels(profile, task),
        split: {
          method: 'holdout',
          train: 0.6,
          validation: 0.2,
          test: 0.2,
          folds: null,
          stratify: task !== 'regression',
          group: null,
          time: null,
          seed: 3,
        },
      };
      return { job, data: await prepareTable(job, configOf({ preparation }, task).preparation) };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A trial's configuration with defaults. */
export function configOf(document: JsonObject, task: Task): TrialConfig {
  return toTrialConfig({ preparation: {}, model: { layers: [] }, training: {}, ...document }, task);
}
