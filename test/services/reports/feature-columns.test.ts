import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ingestFile, openTable, type Table } from '../../../src/datasets';
import { featureColumns } from '../../../src/services/reports/feature-columns';
import { npy, npz } from '../../datasets/image-files';
import { TestTables } from '../../datasets/tables';

const tables = new TestTables();
afterAll(() => tables.close());

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
    const folder = await mkdtemp(join(tmpdir(), 'tuneloom-light-'));
    try {
      const path = join(folder, 'images.npz');
      const x = Uint8Array.of(0, 0, 0, 0, 255, 0, 255, 0, 51, 51, 51, 51, 255, 255, 255, 255);
      await writeFile(path, await npz(npy('|u1', [4, 2, 2], x), npy('|u1', [4], Uint8Array.of(0, 1, 0, 1))));
      const { tableKey } = await ingestFile({
        path,
        format: 'npz',
        tablesFolder: folder,
        sha256: 'a'.repeat(64),
      });
      const table: Table = await openTable(join(folder, tableKey));
      const [brightness, contrast, ...others] = await featureColumns(table, ['x'], Uint32Array.of(1, 2, 3));
      expect(others).toEqual([]);
      expect(brightness).toMatchObject({ kind: 'numbers', name: 'brightness of x' });
      expect(contrast).toMatchObject({ kind: 'numbers', name: 'contrast of x' });
      expect(Array.from(brightness?.values ?? [])).toEqual([0.5, 0.2, 1]);
      expect(Array.from(contrast?.values ?? [])).toEqual([0.5, 0, 0]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
