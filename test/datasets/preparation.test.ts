import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataJob } from '../../src/core/job';
import type { PreparationConfig } from '../../src/core/specification';
import {
  applyPreparation,
  classLabels,
  ingestFile,
  openTable,
  outputToPrediction,
  prepareTable,
  type PreparedPart,
  type PreparedTable,
} from '../../src/datasets';
import { partsOfSplit, splitRows, type SplitParts } from '../../src/datasets';

const CONFIG: PreparationConfig = {
  scale: 'standard',
  longTails: 'none',
  categorical: 'one-hot',
  rareLevels: 0.05,
  missing: { method: 'median', indicator: true },
  dates: 'none',
  enrich: 'none',
  dropRedundant: false,
  pca: null,
  targetTransform: 'standard',
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-prepare-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Row {
  readonly size: number | null;
  readonly colour: string;
  readonly price: number;
}

function tableOf(rows: readonly Row[]): string {
  return `size,colour,price\n${rows.map(({ size, colour, price }) => `${String(size ?? '')},${colour},${String(price)}`).join('\n')}\n`;
}

/** The input of a part as numbers, [rows, width]. */
function numbersOf({ x }: PreparedPart): Float32Array {
  if (!(x instanceof Float32Array)) throw new Error('the part is not kept as numbers');
  return x;
}

async function prepared(rows: readonly Row[], target: 'price' | 'colour'): Promise<PreparedTable> {
  const content = tableOf(rows);
  const path = join(folder, 'upload.csv');
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const { tableKey, profiles } = await ingestFile({ path, format: 'csv', tablesFolder: folder, sha256 });
  const profile = profiles.find(({ name }) => name === target);
  const task = target === 'price' ? 'regression' : 'multiclass';
  const job: DataJob = {
    table: { folder: join(folder, tableKey), sha256 },
    target,
    task,
    features: ['size', 'colour', 'price'].filter((name) => name !== target),
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
      seed: 5,
    },
  };
  return prepareTable(job, CONFIG);
}

function splitOf(target: readonly number[], isClasses: boolean): SplitParts {
  const parts = { train: 0.6, validation: 0.2, test: 0.2 };
  const settings = { method: 'holdout', ...parts, folds: null, stratify: isClasses, seed: 5 } as const;
  return partsOfSplit(splitRows({ target, isClasses }, settings), 0);
}

const ROWS: readonly Row[] = Array.from({ length: 100 }, (_, i) => ({
  size: i % 9 === 0 ? null : i,
  colour: i % 50 === 0 ? 'rare' : (['red', 'green', 'blue'][i % 3] ?? ''),
  price: 3 * i + 1000,
}));

describe('the prepared data', () => {
  it('is standardised over the training rows, with an indicator and levels of its own', async () => {
    const { parts, width, fitted } = await prepared(ROWS, 'price');
    expect(fitted.features).toEqual([
      'size',
      'size (missing)',
      'colour=blue',
      'colour=green',
      'colour=red',
      'colour (other)',
    ]);
    const column = (k: number): number[] =>
      Array.from({ length: parts.train.rows }, (_, i) => numbersOf(parts.train)[i * width + k] ?? NaN);
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(column(0))).toBeCloseTo(0, 5);
    expect(mean(column(0).map((value) => value ** 2))).toBeCloseTo(1, 5);
    expect(mean([...parts.train.y])).toBeCloseTo(0, 5);
    const levels = [2, 3, 4, 5].map(column);
    for (let i = 0; i < parts.train.rows; i++) {
      expect(levels.reduce((sum, values) => sum + (values[i] ?? NaN), 0)).toBe(1);
    }
  });

  it('has fitted numbers that no validation or test row can change', async () => {
    const first = await prepared(ROWS, 'price');
    const { train } = splitOf(
      ROWS.map(({ price }) => price),
      false,
    );
    const inTrain = new Set(train);
    const changed = ROWS.map((row, i) =>
      inTrain.has(i) ? row : { size: 1e6, colour: 'purple', price: row.price },
    );
    const second = await prepared(changed, 'price');
    expect(second.fitted).toEqual(first.fitted);
    expect(numbersOf(second.parts.train)).toEqual(numbersOf(first.parts.train));
  });

  it('is the same for a row of the table and a row of a request, bit for bit', async () => {
    const { parts, fitted, width } = await prepared(ROWS, 'colour');
    const { train } = splitOf(
      ROWS.map(({ colour }) => ['blue', 'green', 'rare', 'red'].indexOf(colour)),
      true,
    );
    const rows = [...train].map((i) => ({ size: ROWS[i]?.size ?? null, price: ROWS[i]?.price ?? null }));
    expect([...applyPreparation(fitted, rows)]).toEqual([...numbersOf(parts.train)]);
    expect(numbersOf(parts.train).length).toBe(rows.length * width);
  });

  it('takes unseen levels and missing cells, and names the cell that does not fit', async () => {
    const { fitted } = await prepared(ROWS, 'price');
    expect([...applyPreparation(fitted, [{ colour: 'ultraviolet' }])].slice(1)).toEqual([1, 0, 0, 0, 1]);
    expect(() => applyPreparation(fitted, [{}, { size: 'big' }])).toThrow(
      /rows\[1\]\.size: "big" must be a number/,
    );
    expect(() => applyPreparation(fitted, [{ weight: 1 }])).toThrow(
      /rows\[0\]\.weight: the model has no such column/,
    );
  });

  it('turns outputs into labels of their own type, and values back into the target’s units', async () => {
    const regression = await prepared(ROWS, 'price');
    const mean = regression.fitted.target.kind === 'value' ? regression.fitted.target.mean : NaN;
    expect(outputToPrediction(regression.fitted, [0]).value).toBeCloseTo(mean);
    const classes = await prepared(ROWS, 'colour');
    const { value, probabilities } = outputToPrediction(classes.fitted, [0.1, 0.6, 0.1, 0.2]);
    expect(value).toBe('green');
    expect(probabilities).toEqual({ blue: 0.1, green: 0.6, rare: 0.1, red: 0.2 });
  });

  it('keeps its columns on disk, readable by parts', async () => {
    const content = tableOf(ROWS);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const table = await openTable(join(folder, `${sha256}-csv`));
    expect(await table.rows(8, 10)).toEqual([
      { size: 8, colour: 'blue', price: 1024 },
      { size: null, colour: 'red', price: 1027 },
    ]);
  });
});
