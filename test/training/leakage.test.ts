import fc from 'fast-check';
import { readCheckpoint } from '../../src/core/checkpoint';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataJob } from '../../src/core/job';
import type { PreparationConfig, SplitSettings } from '../../src/core/specification';
import { prepareTable, readRows, type PreparedTable } from '../../src/datasets';
import { rowsOfJob } from '../../src/datasets/preparation/prepare-table';
import { runTrial, type TrialHost } from '../../src/training';
import type { Checkpoint } from '../../src/training/checkpoint';
import { CONFIG, TestTables, type Cells } from '../datasets/tables';
import { jobOf } from './trials';

const tables = new TestTables();
afterAll(() => tables.close());

const EPOCHS = 4;
const WORDS = ['red', 'green', 'blue', 'ærø', '月'];

/** Columns of every kind, with holes; `price` and `kind` are targets. */
const ROWS: readonly Cells[] = Array.from({ length: 120 }, (_, i) => ({
  size: i % 9 === 0 ? null : (i * 37) % 101,
  tail: Math.exp(((i * 53) % 97) / 12),
  word: i % 11 === 0 ? null : (WORDS[(i * 7) % WORDS.length] ?? ''),
  flag: i % 13 === 0 ? null : i % 3 === 0,
  day: new Date(Date.UTC(2020, 0, 1 + ((i * 29) % 700))).toISOString(),
  house: `h${String(i % 40)}`,
  price: ((i * 37) % 101) * 3 + (i % 7),
  kind: ['a', 'b', 'c'][(i * 37) % 3] ?? '',
}));

/** What stands in held-out rows instead: missing, extreme, unseen. A column's type is of the whole file, and stays. */
const CELLS: Readonly<Record<string, fc.Arbitrary<Cells[string]>>> = {
  size: fc.oneof(
    fc.constantFrom(null, -1e300, 1e300, 0.5),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  tail: fc.constantFrom(null, -1e9, 1e-300, 1e12),
  word: fc.oneof(fc.constant(null), fc.constantFrom('purple', '🦑', '__proto__'), fc.constantFrom(...WORDS)),
  flag: fc.constantFrom(null, true, false),
  day: fc.constantFrom(null, '1900-01-01T00:00:00.000Z', '2999-12-31T23:59:59.999Z'),
  price: fc.constantFrom(-1e6, 1e6, 0, 0.25),
};

interface Given {
  readonly what: string;
  readonly target: 'price' | 'kind';
  readonly config: Partial<PreparationConfig>;
  readonly split: Partial<SplitSettings>;
  readonly fold?: number;
  /** Columns that the split looks at, in whole: they stay. */
  readonly kept: readonly string[];
}

const CASES: readonly Given[] = [
  {
    what: 'a holdout of a number',
    target: 'price',
    config: { longTails: 'auto', targetTransform: 'yeo-johnson', enrich: 'both' },
    split: {},
    kept: [],
  },
  {
    what: 'stratified classes',
    target: 'kind',
    config: { scale: 'quantile', categorical: 'target', dates: 'parts' },
    split: {},
    kept: [],
  },
  {
    what: 'whole groups',
    target: 'kind',
    config: { categorical: 'ordinal', pca: 3, missing: { method: 'mean', indicator: true } },
    split: { stratify: false, group: 'house' },
    kept: ['house'],
  },
  {
    what: 'the order of time',
    target: 'price',
    config: { scale: 'robust', dropRedundant: 0.9, categorical: 'target' },
    split: { time: 'day' },
    kept: ['day'],
  },
  {
    what: 'embedded categories',
    target: 'kind',
    config: { categorical: 'embedding', rareLevels: 'auto', dates: 'none' },
    split: {},
    kept: [],
  },
  {
    what: 'a fold',
    target: 'price',
    config: { scale: 'minmax', longTails: 'yeo-johnson', categorical: 'embedding' },
    split: { method: 'kfold', folds: 3 },
    fold: 1,
    kept: [],
  },
];

function trainingRowsOf({ parts, width }: PreparedTable): readonly (readonly number[])[] {
  const { x, y, rows } = parts.train;
  return [[...readRows(x, width, 0, rows)], [...y]];
}

/** Losses of all epochs, and all weights and what Adam remembers before the last one. */
async function train(
  data: PreparedTable,
  job: DataJob,
): Promise<{ losses: unknown; state: unknown; measured: unknown }> {
  const measured: unknown[] = [];
  const losses: unknown[] = [];
  let last = new Uint8Array();
  const host: TrialHost = {
    device: 'cpu',
    started: () => undefined,
    report: (report) => {
      losses.push(report.train);
      measured.push(report.validation);
    },
    verdict: () => Promise.resolve('continue'),
    checkpoint: (_epoch, bytes) => {
      last = Uint8Array.from(bytes);
    },
    cancelled: () => false,
  };
  const { training, ...more } = jobOf({ epochs: EPOCHS }).config;
  const config = {
    ...more,
    training: { ...training, loss: job.labels === null ? 'mse' : 'crossentropy' } as const,
  };
  const metric = job.labels === null ? 'validation.mse' : 'validation.logLoss';
  const trial = {
    ...jobOf({ epochs: EPOCHS }),
    config,
    data: job,
    checkpointMs: 0,
    objective: { metric, direction: 'minimize' } as const,
  };
  const outcome = await runTrial(trial, data, host);
  expect(outcome.state).toBe('completed');
  const file = join(tables.folder, 'checkpoint');
  await writeFile(file, last);
  const { trainer } = (await readCheckpoint(file)) as Checkpoint;
  return { losses, state: trainer.tensors, measured };
}

async function prepared(
  rows: readonly Cells[],
  given: Given,
): Promise<{ job: DataJob; data: PreparedTable; held: readonly number[] }> {
  const read = await tables.read(rows);
  const { split, target, fold } = given;
  const features = ['size', 'tail', 'word', 'flag', 'day'];
  const job = tables.job(read, target, { split, features, ...(fold === undefined ? {} : { fold }) });
  const { train } = await rowsOfJob(read.table, job);
  const inTraining = new Set(train);
  return {
    job,
    data: await prepareTable(job, { ...CONFIG, ...given.config }),
    held: rows.flatMap((_, row) => (inTraining.has(row) ? [] : [row])),
  };
}

describe('whatever stands in validation and test rows', () => {
  it.each(CASES)('changes no fitted number, training input, loss or weight: $what', async (given) => {
    const before = await prepared(ROWS, given);
    const trained = await train(before.data, before.job);
    const columns = Object.keys(CELLS).filter(
      (name) => !given.kept.includes(name) && (name !== 'price' || given.target === 'price'),
    );
    const cells = fc.record(
      Object.fromEntries(columns.map((name) => [name, CELLS[name] ?? fc.constant(null)])),
    );
    const edits = fc.sample(
      fc.array(cells, { minLength: before.held.length, maxLength: before.held.length }),
      {
        seed: 17,
        numRuns: 3,
      },
    );
    for (const edit of edits) {
      const changed = ROWS.map((row, i) => ({ ...row, ...edit[before.held.indexOf(i)] }));
      const after = await prepared(changed, given);
      expect(after.held).toEqual(before.held);
      expect(after.data.fitted).toEqual(before.data.fitted);
      expect(trainingRowsOf(after.data)).toEqual(trainingRowsOf(before.data));
      const again = await train(after.data, after.job);
      expect(again.losses).toEqual(trained.losses);
      expect(again.state).toEqual(trained.state);
      // The rows did change.
      expect(again.measured).not.toEqual(trained.measured);
    }
  });
});
