import fc from 'fast-check';
import { partsOfSplit, splitRows, type RowSplit, type SplitColumns } from '../../src/datasets';
import type { SplitSettings } from '../../src/core/specification';

const HOLDOUT = {
  method: 'holdout',
  train: 0.6,
  validation: 0.2,
  test: 0.2,
  folds: null,
  stratify: true,
  seed: 5,
} as const;
const FOLDS = { ...HOLDOUT, method: 'kfold', train: 0.64, validation: 0.16, folds: 5 } as const;

const SETTINGS = fc.record({
  method: fc.constantFrom('holdout', 'kfold'),
  folds: fc.integer({ min: 2, max: 6 }),
  stratify: fc.boolean(),
  seed: fc.nat(),
});

function settingsOf({
  method,
  folds,
  ...more
}: Pick<SplitSettings, 'method' | 'folds' | 'stratify' | 'seed'>) {
  return { ...HOLDOUT, ...more, method, folds: method === 'kfold' ? folds : null } as const;
}

function ascending(...parts: readonly Uint32Array[]): readonly number[] {
  return parts.flatMap((part) => [...part]).sort((a, b) => a - b);
}

/** Parts of the only fold. */
function holdout(columns: SplitColumns, more: Partial<SplitSettings> = {}) {
  return partsOfSplit(splitRows(columns, { ...HOLDOUT, ...more }), 0);
}

function countOf(rows: Uint32Array, codes: ArrayLike<number>, code: number): number {
  return rows.filter((row) => codes[row] === code).length;
}

function expectDisjointCover({ test, folds }: RowSplit, rows: readonly number[], byTime = false): void {
  for (const { train, validation } of folds) {
    const all = ascending(train, validation, test);
    expect(new Set(all).size).toBe(all.length);
    if (!byTime) expect(all).toEqual(rows);
  }
}

describe('every split', () => {
  it('covers each row with a target once, and is a function of its seed', () => {
    const codes = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(codes, SETTINGS, (target, raw) => {
        const settings = settingsOf(raw);
        const columns = { target, isClasses: true };
        const split = splitRows(columns, settings);
        const present = target.flatMap((code, row) => (code < 0 ? [] : [row]));
        expectDisjointCover(split, present);
        expect(split.withoutTarget).toBe(target.length - present.length);
        expect(splitRows(columns, settings)).toEqual(split);
        const validated = ascending(...split.folds.map(({ validation }) => validation));
        expect(new Set(validated).size).toBe(validated.length);
      }),
      { seed: 3 },
    );
  });

  it('depends on no value of a feature and on no other column than it names', () => {
    const target = Array.from({ length: 50 }, (_, i) => i % 3);
    expect(splitRows({ target, isClasses: true, groups: null, times: null }, HOLDOUT)).toEqual(
      splitRows({ target, isClasses: true }, HOLDOUT),
    );
  });

  it('names what it cannot do', () => {
    expect(() => holdout({ target: [0, 1], isClasses: true })).toThrow(/2 training and 0 validation rows/);
  });
});

describe('a stratified split', () => {
  it('gives each class its share of each part, to the row', () => {
    const target = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 2 : i % 10 < 4 ? 1 : 0));
    const { train, validation, test } = holdout({ target, isClasses: true });
    expect([0, 1, 2].map((code) => countOf(train, target, code))).toEqual([360, 180, 60]);
    expect([0, 1, 2].map((code) => countOf(validation, target, code))).toEqual([120, 60, 20]);
    expect([0, 1, 2].map((code) => countOf(test, target, code))).toEqual([120, 60, 20]);
  });

  it('gives rows of the rarest classes to training first', () => {
    const target = [...Array.from({ length: 60 }, () => 0), 1, 2, 2, 3, 3, 3];
    for (let seed = 0; seed < 20; seed++) {
      const { train } = holdout({ target, isClasses: true }, { seed });
      expect(countOf(train, target, 1)).toBe(1);
      expect(countOf(train, target, 2)).toBe(2);
      expect(countOf(train, target, 3)).toBeGreaterThanOrEqual(1);
      for (const fold of splitRows({ target, isClasses: true }, { ...FOLDS, seed }).folds) {
        expect(countOf(fold.train, target, 1)).toBe(1);
      }
    }
  });

  it('fills its parts though every class alone leaves fractions of rows', () => {
    const target = Array.from({ length: 300 }, (_, i) => i % 75);
    const { train, validation, test } = holdout({ target, isClasses: true });
    expect([train.length, validation.length, test.length]).toEqual([180, 60, 60]);
  });

  it('spreads the values of a regression target alike', () => {
    const target = Array.from({ length: 500 }, (_, i) => Math.exp(((i * 37) % 500) / 60));
    const { validation, test } = holdout({ target, isClasses: false });
    const sorted = [...target].sort((a, b) => a - b);
    for (const part of [validation, test]) {
      for (let tenth = 0; tenth < 10; tenth++) {
        const [low = 0, high = 0] = [sorted[tenth * 50], sorted[tenth * 50 + 49]];
        expect(part.filter((row) => (target[row] ?? 0) >= low && (target[row] ?? 0) <= high)).toHaveLength(
          10,
        );
      }
    }
  });
});

describe('a split into folds', () => {
  it('sets the test part aside first and validates every other row once', () => {
    const target = Array.from({ length: 203 }, (_, i) => i % 4);
    const split = splitRows({ target, isClasses: true }, FOLDS);
    expect(split.test).toHaveLength(41);
    expect(ascending(...split.folds.map(({ validation }) => validation), split.test)).toHaveLength(203);
    const sizes = split.folds.map(({ validation }) => validation.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    for (const { validation } of split.folds) {
      const counts = [0, 1, 2, 3].map((code) => countOf(validation, target, code));
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
    const refit = partsOfSplit(split, 'all');
    expect(refit.validation).toHaveLength(0);
    expect(ascending(refit.train, refit.test)).toHaveLength(203);
  });
});

describe('a split by group', () => {
  const columns = fc
    .record({
      rows: fc.integer({ min: 40, max: 120 }),
      groups: fc.integer({ min: 8, max: 30 }),
      seed: fc.nat(),
    })
    .map(({ rows, groups, seed }) => ({
      target: Array.from({ length: rows }, (_, i) => (i * (seed % 7)) % 3),
      isClasses: true,
      groups: Int32Array.from({ length: rows }, (_, i) => (i % 11 === 10 ? -1 : (i * 31 + seed) % groups)),
    }));

  it('keeps whole groups in one part, and leaves no part empty', () => {
    fc.assert(
      fc.property(columns, SETTINGS, (given, raw) => {
        const split = splitRows(given, settingsOf(raw));
        expectDisjointCover(
          split,
          given.target.map((_, row) => row),
        );
        for (const { train, validation } of split.folds) {
          const parts = [train, validation, split.test].map(
            (rows) => new Set([...rows].map((row) => given.groups[row] ?? -1)),
          );
          parts.forEach((part, i) => {
            expect(part.size).toBeGreaterThan(0);
            for (const other of parts.slice(i + 1)) {
              expect([...part].filter((group) => group >= 0 && other.has(group))).toEqual([]);
            }
          });
        }
      }),
      { seed: 3 },
    );
  });

  it('comes near to the shares and, stratified, to the classes of the whole', () => {
    const size = (group: number): number => 5 + ((group * 13) % 20);
    const groups = Array.from({ length: 100 }, (_, group) =>
      Array.from({ length: size(group) }, () => group),
    ).flat();
    const target = groups.map((group) => Number(group % 4 === 0));
    const given = { target, isClasses: true, groups: Int32Array.from(groups) };
    const share = (rows: Uint32Array): number => countOf(rows, target, 1) / rows.length;
    const whole = target.reduce((sum, code) => sum + code, 0) / target.length;
    const { train, validation, test } = holdout(given);
    for (const [rows, wanted] of [
      [train, 0.6],
      [validation, 0.2],
      [test, 0.2],
    ] as const) {
      expect(Math.abs(rows.length / target.length - wanted)).toBeLessThan(0.02);
      expect(Math.abs(share(rows) - whole)).toBeLessThan(0.03);
    }
  });
});

describe('a split by time', () => {
  const times = Float64Array.from({ length: 100 }, (_, i) =>
    i === 7 ? NaN : Math.floor(((i * 37) % 100) / 4),
  );
  const target = Array.from({ length: 100 }, (_, i) => i % 2);
  const span = (rows: Uint32Array): readonly [number, number] => {
    const values = [...rows].map((row) => times[row] ?? NaN);
    return [Math.min(...values), Math.max(...values)];
  };

  it('trains before it validates and validates before it tests, equal times together', () => {
    const split = splitRows({ target, isClasses: true, times }, { ...HOLDOUT, stratify: false });
    expect(split.withoutTime).toBe(1);
    const { train, validation, test } = partsOfSplit(split, 0);
    expect(span(train)[1]).toBeLessThan(span(validation)[0]);
    expect(span(validation)[1]).toBeLessThan(span(test)[0]);
    expect(train.length).toBeGreaterThan(55);
    expect(ascending(train, validation, test)).toHaveLength(99);
  });

  it('trains each fold on all that came before it', () => {
    const split = splitRows({ target, isClasses: true, times }, { ...FOLDS, stratify: false });
    expectDisjointCover(split, [], true);
    let before = 0;
    for (const { train, validation } of split.folds) {
      expect(span(train)[1]).toBeLessThan(span(validation)[0]);
      expect(span(validation)[1]).toBeLessThan(span(split.test)[0]);
      expect(train.length).toBeGreaterThan(before);
      before = train.length;
    }
  });

  it('is refused where there are fewer times than parts', () => {
    const few = Float64Array.from({ length: 20 }, (_, i) => i % 2);
    expect(() => holdout({ target: target.slice(0, 20), isClasses: true, times: few })).toThrow(
      /needs 3 different times; the rows have 2/,
    );
  });
});
