import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ColumnProfile } from '../../src/core/dataset';
import type { DataJob } from '../../src/core/job';
import type { Task } from '../../src/core/metrics';
import type { PreparationConfig, SplitSettings } from '../../src/core/specification';
import {
  classLabels,
  ingestFile,
  inferTask,
  openTable,
  prepareTable,
  readRows,
  type PreparedTable,
  type Table,
} from '../../src/datasets';

export const CONFIG: PreparationConfig = {
  scale: 'standard',
  longTails: 'none',
  categorical: 'one-hot',
  rareLevels: 0.05,
  missing: { method: 'median', indicator: true },
  dates: 'cycles',
  enrich: 'none',
  enrichLimit: 64,
  dropRedundant: false,
  pca: null,
  targetTransform: 'standard',
};

export const SPLIT: SplitSettings = {
  method: 'holdout',
  train: 0.6,
  validation: 0.2,
  test: 0.2,
  folds: null,
  stratify: false,
  group: null,
  time: null,
  seed: 5,
};

export type Cells = Readonly<Record<string, string | number | boolean | null>>;

export interface ReadTable {
  readonly table: Table;
  readonly tableFolder: string;
  readonly sha256: string;
  readonly profiles: readonly ColumnProfile[];
}

export interface PrepareOptions {
  readonly config?: Partial<PreparationConfig>;
  readonly split?: Partial<SplitSettings>;
  readonly task?: Task;
  readonly features?: readonly string[];
  readonly fold?: number | 'all';
}

/** Tables in a folder of a test's own; `close` takes it away. */
export class TestTables {
  readonly folder = mkdtempSync(join(tmpdir(), 'tuneloom-tables-'));

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** Reads rows as an upload of JSON, or text as one of CSV. */
  async read(rows: readonly Cells[] | string): Promise<ReadTable> {
    const format = typeof rows === 'string' ? 'csv' : 'json';
    const content = typeof rows === 'string' ? rows : JSON.stringify(rows);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const path = join(this.folder, `${sha256}.upload`);
    await writeFile(path, content);
    const { tableKey, profiles } = await ingestFile({ path, format, tablesFolder: this.folder, sha256 });
    const tableFolder = join(this.folder, tableKey);
    return { table: await openTable(tableFolder), tableFolder, sha256, profiles };
  }

  job({ tableFolder, sha256, profiles }: ReadTable, target: string, options: PrepareOptions = {}): DataJob {
    const profile = profiles.find(({ name }) => name === target);
    if (profile === undefined) throw new TypeError(`no column ${target}`);
    const task = options.task ?? inferTask(profile);
    return {
      table: { folder: tableFolder, sha256 },
      target,
      task,
      features: options.features ?? profiles.map(({ name }) => name).filter((name) => name !== target),
      labels: task === 'regression' ? null : classLabels(profile, task),
      split: { ...SPLIT, stratify: task !== 'regression', ...options.split },
      ...(options.fold === undefined ? {} : { fold: options.fold }),
    };
  }

  async prepare(
    rows: readonly Cells[] | string,
    target: string,
    options: PrepareOptions = {},
  ): Promise<PreparedTable> {
    const job = this.job(await this.read(rows), target, options);
    return prepareTable(job, { ...CONFIG, ...options.config });
  }
}

/** One input column of a part. */
export function inputColumn(
  { parts, width }: PreparedTable,
  column: number,
  part: 'train' | 'validation' | 'test' = 'train',
): readonly number[] {
  const { x, rows } = parts[part];
  const numbers = readRows(x, width, 0, rows);
  return Array.from({ length: rows }, (_, i) => numbers[i * width + column] ?? NaN);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}
