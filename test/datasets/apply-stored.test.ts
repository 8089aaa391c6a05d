import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  applyStored,
  closeTable,
  ingestFile,
  inputRows,
  inputShapes,
  mergePreparations,
  prepareTable,
  readRows,
  type PreparedTable,
} from '../../src/datasets';
import type { DataJob } from '../../src/core/job';
import { bars, npy, npz } from './image-files';
import { CONFIG, SPLIT, TestTables, type Cells } from './tables';

const tables = new TestTables();
afterAll(() => tables.close());

const ROWS: readonly Cells[] = Array.from({ length: 60 }, (_, i) => ({
  size: i % 7 === 0 ? null : i,
  colour: ['red', 'green', 'blue'][i % 3] ?? '',
  price: 3 * i + (i % 5),
}));

/** The numbers of an input in a part. */
function numbersOf(table: PreparedTable, part: 'train' | 'validation' | 'test', place = 0): number[] {
  const { rows } = table.parts[part];
  const shape = inputShapes(table)[place] ?? [];
  const size = shape.reduce((product, side) => product * side, 1);
  const [kept] = inputRows(table.parts[part]).slice(place);
  return kept === undefined ? [] : [...readRows(kept, size, 0, rows)];
}

describe('rows under a stored preparation', () => {
  it('are what the preparation has made of them, input by input', async () => {
    const read = await tables.read(ROWS);
    const job = tables.job(read, 'price', { task: 'regression' });
    const one = await prepareTable(job, { ...CONFIG, scale: 'minmax' });
    const other = await prepareTable(job, { ...CONFIG, categorical: 'ordinal' });
    const { fitted, places } = mergePreparations([one.fitted, other.fitted, one.fitted], other.fitted.target);
    expect(fitted.inputs.map(({ name }) => name)).toEqual(['input_0', 'input_1']);
    expect(places).toEqual([[0], [1], [0]]);
    for (const memoryBytes of [Infinity, 0]) {
      const stored = await applyStored(job, fitted, ['train', 'validation', 'test'], memoryBytes);
      for (const part of ['train', 'validation', 'test'] as const) {
        expect(numbersOf(stored, part, 0)).toEqual(numbersOf(one, part));
        expect(numbersOf(stored, part, 1)).toEqual(numbersOf(other, part));
        expect(stored.parts[part].y).toEqual(other.parts[part].y);
      }
      closeTable(stored);
    }
  });

  it('are in memory where all inputs together have room there', async () => {
    const job = tables.job(await tables.read(ROWS), 'price', { task: 'regression' });
    const one = await prepareTable(job, CONFIG);
    const other = await prepareTable(job, { ...CONFIG, scale: 'minmax' });
    const { fitted } = mergePreparations([one.fitted, other.fitted], one.fitted.target);
    const bytes = one.width * ROWS.length * Float32Array.BYTES_PER_ELEMENT;
    for (const [memoryBytes, isInMemory] of [
      [2 * bytes, true],
      [2 * bytes - 1, false],
    ] as const) {
      const stored = await applyStored(job, fitted, ['train', 'validation', 'test'], memoryBytes);
      expect(inputRows(stored.parts.train).map((rows) => rows instanceof Float32Array)).toEqual([
        isInMemory,
        isInMemory,
      ]);
      closeTable(stored);
    }
  });

  it('are those of the parts that are asked for alone', async () => {
    const job = tables.job(await tables.read(ROWS), 'price', { task: 'regression' });
    const { fitted, parts } = await prepareTable(job, CONFIG);
    const stored = await applyStored(job, fitted, ['validation']);
    expect(stored.parts.validation.rows).toBe(parts.validation.rows);
    expect([stored.parts.train.rows, stored.parts.test.rows]).toEqual([0, 0]);
  });

  it('are images in the size of each network', async () => {
    const { x, y } = bars(40);
    const content = await npz(npy('|u1', [40, 8, 8], x), npy('|u1', [40], y));
    const sha256 = createHash('sha256').update(content).digest('hex');
    const path = join(tables.folder, 'images.npz');
    await writeFile(path, content);
    const { tableKey } = await ingestFile({ path, format: 'npz', tablesFolder: tables.folder, sha256 });
    const job: DataJob = {
      table: { folder: join(tables.folder, tableKey), sha256 },
      target: 'y',
      task: 'binary',
      features: ['x'],
      labels: ['0', '1'],
      split: { ...SPLIT, stratify: true },
    };
    const large = await prepareTable(job, CONFIG);
    const small = await prepareTable(job, { ...CONFIG, image: { size: [4, 4], channels: 1 } });
    const { fitted } = mergePreparations([large.fitted, small.fitted], large.fitted.target);
    const stored = await applyStored(job, fitted, ['test']);
    expect(inputShapes(stored)).toEqual([
      [8, 8, 1],
      [4, 4, 1],
    ]);
    expect(numbersOf(stored, 'test', 0)).toEqual(numbersOf(large, 'test'));
    expect(numbersOf(stored, 'test', 1)).toEqual(numbersOf(small, 'test'));
  });

  it('have no unused column that one of the networks looks at', async () => {
    const rows = ROWS.map((row, i) => ({ ...row, seen: new Date(86_400_000 * i * 9).toISOString() }));
    const job = tables.job(await tables.read(rows), 'price', { task: 'regression' });
    const [with_, without] = [
      await prepareTable(job, CONFIG),
      await prepareTable(job, { ...CONFIG, dates: 'none' }),
    ];
    expect(without.fitted.unused).toContain('seen');
    const { fitted } = mergePreparations([without.fitted, with_.fitted], with_.fitted.target);
    expect(fitted.unused).toEqual(['price']);
  });
});
