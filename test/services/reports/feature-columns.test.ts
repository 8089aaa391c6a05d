import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingestFile, openTable, type Table } from '../../../src/datasets';
import { describeCondition, findSlices } from '../../../src/insight';
import { featureColumns } from '../../../src/services/reports/feature-columns';
import { npy, npz } from '../../datasets/image-files';
import { TestTables } from '../../datasets/tables';

const tables = new TestTables();
afterAll(() => tables.close());

/** Grey images of two pixels by two. */
async function imagesOf(x: Uint8Array, rows: number): Promise<Table> {
  const content = await npz(
    npy('|u1', [rows, 2, 2], x),
    npy(
      '|u1',
      [rows],
      Uint8Array.from({ length: rows }, (_, i) => i % 2),
    ),
  );
  const sha256 = createHash('sha256').update(content).digest('hex');
  const path = join(tables.folder, `${sha256}.upload`);
  await writeFile(path, content);
  const { tableKey } = await ingestFile({ path, format: 'npz', tablesFolder: tables.folder, sha256 });
  return openTable(join(tables.folder, tableKey));
}

describe('what rows are told apart by', () => {
  it('is of a table its raw columns in those rows', async () => {
    const { table } = await tables.read([
      { size: 1, colour: 'red' },
      { size: null, colour: 'blue' },
      { size: 3, colour: 'red' },
    ]);
    expect(await featureColumns(table, ['colour', 'size'], Uint32Array.of(1, 2))).toEqual([
      { kind: 'codes', name: 'colour', values: Int32Array.of(0, 1), levels: ['blue', 'red'] },
      { kind: 'numbers', name: 'size', values: Float64Array.of(NaN, 3) },
    ]);
  });

  it('is of images how bright they are, and how much their pixels differ', async () => {
    const x = Uint8Array.of(0, 0, 0, 0, 255, 0, 255, 0, 51, 51, 51, 51, 255, 255, 255, 255);
    const table = await imagesOf(x, 4);
    const [brightness, contrast, ...others] = await featureColumns(table, ['x'], Uint32Array.of(1, 2, 3));
    expect(others).toEqual([]);
    expect(brightness).toMatchObject({ kind: 'numbers', name: 'brightness of x' });
    expect(contrast).toMatchObject({ kind: 'numbers', name: 'contrast of x' });
    expect(Array.from(brightness?.values ?? [])).toEqual([0.5, 0.2, 1]);
    expect(Array.from(contrast?.values ?? [])).toEqual([0.5, 0, 0]);
  });

  it('of images finds where a model is wrong: in the bright ones', async () => {
    const rows = 120;
    const shadeOf = (i: number): number => (i * 37) % 200;
    const x = Uint8Array.from({ length: rows * 4 }, (_, k) => shadeOf(k >> 2) + (k & 1) * (k % 5));
    const table = await imagesOf(x, rows);
    const every = Uint32Array.from({ length: rows }, (_, i) => i);
    const losses = Float64Array.from(every, (i) => (shadeOf(i) > 150 ? 2 : 0.2) + 0.1 * ((i * 7) % 5));
    const { slices } = findSlices(await featureColumns(table, ['x'], every), losses, 3);
    expect(slices[0]?.conditions.map(describeCondition)).toEqual([
      expect.stringMatching(/^brightness of x at least 0\.5/),
    ]);
  });
});
