import { fstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { PreparedTable } from '../../src/datasets';
import { RowStore } from '../../src/datasets/prepared/row-store';
import { PreparedCache } from '../../src/workers/prepared-cache';

function tableOf(x: PreparedTable['parts']['train']['x']): PreparedTable {
  const part = { rows: 1, x, y: new Float32Array(1) };
  const none = { rows: 0, x: new Float32Array(), y: new Float32Array() };
  const target = { kind: 'classes', name: 't', labels: [], type: 'categorical', priors: [] } as const;
  return {
    width: 4,
    fitted: {
      format: 'tuneloom-preprocessing',
      version: 3,
      task: 'binary',
      inputs: [
        { name: 'input', dtype: 'float32', columns: [], derived: [], kept: null, pca: null, features: [] },
      ],
      target,
      unused: [],
    },
    parts: { train: part, validation: none, test: none },
  };
}

function inFile(): { readonly table: PreparedTable; readonly isOpen: () => boolean } {
  const store = RowStore.inFile<Float32Array>(tmpdir());
  store.write(new Float32Array(4));
  const x = store.rows();
  if (x instanceof Float32Array) throw new TypeError('rows of a file are no numbers');
  const isOpen = (): boolean => {
    try {
      return fstatSync(x.descriptor).size === 16;
    } catch {
      return false;
    }
  };
  return { table: tableOf(x), isOpen };
}

const inMemory = (bytes: number): PreparedTable => tableOf(new Float32Array(bytes / 4));

describe('prepared tables', () => {
  it('are prepared once for all who want them at a time', async () => {
    const cache = new PreparedCache(1000);
    let prepared = 0;
    const prepare = (): Promise<PreparedTable> => {
      prepared += 1;
      return Promise.resolve(inMemory(16));
    };
    await Promise.all([1, 2, 3].map(() => cache.use('a', prepare, () => Promise.resolve())));
    expect(prepared).toBe(1);
  });

  it('go when there is no room, the least recently used first', async () => {
    const cache = new PreparedCache(250);
    const made: string[] = [];
    const use = (key: string): Promise<void> =>
      cache.use(
        key,
        () => {
          made.push(key);
          return Promise.resolve(inMemory(96));
        },
        () => Promise.resolve(),
      );
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await use(key);
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });

  it('are prepared again after a preparation that failed', async () => {
    const cache = new PreparedCache(1000);
    const fail = cache.use(
      'a',
      () => Promise.reject(new RangeError('no rows')),
      () => Promise.resolve(),
    );
    await expect(fail).rejects.toThrow('no rows');
    await expect(
      cache.use(
        'a',
        () => Promise.resolve(inMemory(16)),
        ({ width }) => Promise.resolve(width),
      ),
    ).resolves.toBe(4);
  });

  it('keep their files open while they are used, and no longer', async () => {
    const cache = new PreparedCache(1000, 20);
    const [first, second] = [inFile(), inFile()];
    await cache.use(
      'a',
      () => Promise.resolve(first.table),
      async () => {
        // The second one takes the room of the first, which is still at work.
        await cache.use(
          'b',
          () => Promise.resolve(second.table),
          () => Promise.resolve(),
        );
        expect(first.isOpen()).toBe(true);
      },
    );
    expect(first.isOpen()).toBe(false);
    expect(second.isOpen()).toBe(true);
  });
});
