import type { ColumnProfile, ColumnType, LevelCount, StoredDataset } from '../../../src/core/dataset';
import type { EngineStatus } from '../../../src/core/job';
import type { JsonObject } from '../../../src/core/json';
import { TuneloomError, type FieldError } from '../../../src/core/errors';
import { resolveSpecification, type SpecificationContext } from '../../../src/services/specification';

export const ROWS = 200;

export function column(name: string, type: ColumnType, more: Partial<ColumnProfile> = {}): ColumnProfile {
  const distinct = more.levels?.length ?? ROWS;
  return { name, type, missing: 0, distinct, integral: false, levels: null, ...more };
}

export function levels(counts: Readonly<Record<string, number>>): readonly LevelCount[] {
  return Object.entries(counts).map(([value, count]) => ({ value, count }));
}

/** A table with one column of each kind and targets for each task. */
export function table(more: readonly ColumnProfile[] = [], rows = ROWS): StoredDataset {
  const profiles: readonly ColumnProfile[] = [
    column('length', 'numeric'),
    column('width', 'numeric', { missing: 5 }),
    column('island', 'categorical', { levels: levels({ Biscoe: 120, Dream: 80 }) }),
    column('note', 'text'),
    column('seen', 'datetime'),
    column('nothing', 'numeric', { missing: ROWS, distinct: 0, levels: [] }),
    column('species', 'categorical', { levels: levels({ Adelie: 90, Gentoo: 70, Chinstrap: 40 }) }),
    column('sex', 'categorical', { levels: levels({ male: 110, female: 90 }) }),
    column('price', 'numeric'),
    column('constant', 'categorical', { levels: levels({ same: 200 }) }),
    column('rare', 'categorical', { levels: levels({ a: 198, b: 1, c: 1 }) }),
    column('pairs', 'categorical', {
      levels: levels(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${String(i)}`, 2]))),
    }),
    ...more,
  ];
  return {
    id: 'ds_1',
    name: 'penguins',
    format: 'csv',
    bytes: 1000,
    sha256: 'ab'.repeat(32),
    rows,
    columns: profiles.map(({ name, type, missing, distinct }) => ({ name, type, missing, distinct })),
    createdAt: '2026-01-01T00:00:00.000Z',
    profiles,
    tableKey: 'key',
  };
}

/** Images of two classes. */
export function images(height = 28, width = 28, channels: 1 | 3 = 1, rows = 10_000): StoredDataset {
  const half = rows / 2;
  const profiles = [
    column('image', 'image', { image: { height, width, channels, range: 255 } }),
    column('label', 'categorical', { levels: levels({ cat: half, dog: half }) }),
  ];
  return { ...table([], rows), format: 'zip', profiles };
}

const ENGINES: readonly EngineStatus[] = [
  { name: 'wasm', version: '4.22.0', available: true, reason: null, devices: ['cpu'] },
  { name: 'tensorflow', version: null, available: false, reason: 'not installed', devices: [] },
];

export function context(dataset: StoredDataset = table()): SpecificationContext {
  return { dataset, devices: ['cpu'], slots: 4, engines: ENGINES, drawSeed: () => 7 };
}

export const MINIMAL = { dataset: 'ds_1', target: 'species' } as const;

export function resolve(
  more: JsonObject = {},
  dataset?: StoredDataset,
): ReturnType<typeof resolveSpecification> {
  return resolveSpecification({ ...MINIMAL, ...more }, context(dataset));
}

/** How a specification is refused. */
export function refusal(
  more: JsonObject,
  dataset?: StoredDataset,
): { readonly code: string; readonly errors: readonly FieldError[]; readonly message: string } {
  try {
    resolve(more, dataset);
  } catch (error) {
    if (error instanceof TuneloomError) {
      return { code: error.code, errors: error.errors, message: error.message };
    }
    throw error;
  }
  return { code: 'accepted', errors: [], message: '' };
}
