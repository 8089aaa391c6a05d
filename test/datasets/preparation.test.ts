import { streamOf } from '../../src/core/random';
import {
  applyPreparation,
  outputToPrediction,
  parsePreparation,
  partsOfSplit,
  readRows,
  splitRows,
  valueOf,
  type FittedPreparation,
  type SplitParts,
} from '../../src/datasets';
import { inputColumn, mean, SPLIT, TestTables, type Cells } from './tables';

const tables = new TestTables();
afterAll(() => tables.close());

const ROWS: readonly Cells[] = Array.from({ length: 100 }, (_, i) => ({
  size: i % 9 === 0 ? null : i,
  colour: i % 50 === 0 ? 'rare' : (['red', 'green', 'blue'][i % 3] ?? ''),
  price: 3 * i + 1000,
}));

function splitOf(target: readonly number[], isClasses: boolean): SplitParts {
  return partsOfSplit(splitRows({ target, isClasses }, { ...SPLIT, stratify: isClasses }), 0);
}

const priceSplit = (): SplitParts =>
  splitOf(
    ROWS.map(({ price }) => Number(price)),
    false,
  );

/** Rows of one numeric column with a target that follows it. */
function numbers(count: number, valueAt: (i: number) => number | null): readonly Cells[] {
  return Array.from({ length: count }, (_, i) => ({ v: valueAt(i), other: i % 7, y: 2 * i + 0.5 }));
}

/** The step of a column. */
function step(fitted: FittedPreparation, name: string): FittedPreparation['inputs'][0]['columns'][number] {
  const found = fitted.inputs.flatMap(({ columns }) => columns).find((candidate) => candidate.name === name);
  if (found === undefined) throw new TypeError(`no step of ${name}`);
  return found;
}

describe('the prepared data', () => {
  it('is standardised over the training rows, with an indicator and levels of its own', async () => {
    const prepared = await tables.prepare(ROWS, 'price');
    expect(prepared.fitted.inputs[0].features).toEqual([
      'size',
      'size (missing)',
      'colour=blue',
      'colour=green',
      'colour=red',
      'colour (other)',
    ]);
    expect(mean(inputColumn(prepared, 0))).toBeCloseTo(0, 5);
    expect(mean(inputColumn(prepared, 0).map((value) => value ** 2))).toBeCloseTo(1, 5);
    expect(mean([...prepared.parts.train.y])).toBeCloseTo(0, 5);
    const levels = [2, 3, 4, 5].map((k) => inputColumn(prepared, k));
    for (let i = 0; i < prepared.parts.train.rows; i++) {
      expect(levels.reduce((sum, values) => sum + (values[i] ?? NaN), 0)).toBe(1);
    }
  });

  it('is the same for a row of the table and a row of a request, bit for bit', async () => {
    const { parts, fitted, width } = await tables.prepare(ROWS, 'colour');
    const codes = ROWS.map(({ colour }) => ['blue', 'green', 'rare', 'red'].indexOf(String(colour)));
    const { train } = splitOf(codes, true);
    const rows = [...train].map((i) => ({
      size: ROWS[i]?.['size'] ?? null,
      price: ROWS[i]?.['price'] ?? null,
    }));
    expect([...applyPreparation(fitted, rows).data]).toEqual([
      ...readRows(parts.train.x, width, 0, parts.train.rows),
    ]);
  });

  it('takes unseen levels and missing cells, and names the cell that does not fit', async () => {
    const { fitted } = await tables.prepare(ROWS, 'price');
    expect([...applyPreparation(fitted, [{ colour: 'ultraviolet' }]).data].slice(1)).toEqual([1, 0, 0, 0, 1]);
    expect([...applyPreparation(fitted, [{ size: 'NA', colour: 'red' }]).data].slice(1)).toEqual([
      1, 0, 0, 1, 0,
    ]);
    expect(() => applyPreparation(fitted, [{}, { size: 'big' }])).toThrow(
      /rows\[1\]\.size: "big" must be a number/,
    );
    expect(() => applyPreparation(fitted, [{ weight: 1 }])).toThrow(
      /rows\[0\]\.weight: the model has no such column/,
    );
  });

  it('turns outputs into labels of their own type, and values back into the target’s units', async () => {
    const regression = await tables.prepare(ROWS, 'price');
    const { target } = regression.fitted;
    expect(outputToPrediction(regression.fitted, [0]).value).toBeCloseTo(
      target.kind === 'value' ? target.mean : NaN,
    );
    const classes = await tables.prepare(ROWS, 'colour');
    const { value, probabilities } = outputToPrediction(classes.fitted, [0.1, 0.6, 0.1, 0.2]);
    expect(value).toBe('green');
    expect(probabilities).toEqual({ blue: 0.1, green: 0.6, rare: 0.1, red: 0.2 });
  });

  it('keeps its columns on disk, readable by parts', async () => {
    const { table } = await tables.read(ROWS);
    expect(await table.rows(8, 10)).toEqual([
      { size: 8, colour: 'blue', price: 1024 },
      { size: null, colour: 'red', price: 1027 },
    ]);
  });

  it('of a fold is fitted on the other folds, and of a refit on all but the test part', async () => {
    const split = { method: 'kfold', folds: 4 } as const;
    const fills = await Promise.all(
      ([0, 1, 2, 3, 'all'] as const).map(async (fold) => {
        const { fitted, parts } = await tables.prepare(ROWS, 'price', { split, fold });
        const size = step(fitted, 'size');
        return {
          mean: size.kind === 'numeric' && size.scale.kind === 'linear' ? size.scale.center : NaN,
          parts,
        };
      }),
    );
    expect(new Set(fills.map((fill) => fill.mean)).size).toBe(5);
    expect(fills.map(({ parts }) => [parts.train.rows, parts.validation.rows, parts.test.rows])).toEqual([
      [60, 20, 20],
      [60, 20, 20],
      [60, 20, 20],
      [60, 20, 20],
      [80, 0, 20],
    ]);
  });

  it('leaves out columns that tell the training rows nothing', async () => {
    const rows = ROWS.map((row) => ({ ...row, same: 'x', zero: 0, never: false }));
    const { fitted } = await tables.prepare(rows, 'price');
    expect(fitted.inputs[0].columns.map(({ name }) => name)).toEqual(['size', 'colour']);
    expect(fitted.unused).toEqual(['price', 'same', 'zero', 'never']);
  });
});

describe('numbers', () => {
  const values = (i: number): number => ((i * 37) % 100) - 20;
  const prepare = (scale: 'standard' | 'minmax' | 'robust' | 'quantile' | 'none', valueAt = values) =>
    tables.prepare(numbers(100, valueAt), 'y', { task: 'regression', config: { scale } });

  it('are scaled to their range, to their middle half, to normal quantiles, or not at all', async () => {
    const minmax = inputColumn(await prepare('minmax'), 0);
    expect([Math.min(...minmax), Math.max(...minmax)]).toEqual([0, 1]);
    const robust = inputColumn(await prepare('robust'), 0).toSorted((a, b) => a - b);
    expect((robust[29] ?? NaN) + (robust[30] ?? NaN)).toBeCloseTo(0, 5);
    const plain = inputColumn(await prepare('none'), 0);
    expect(plain.every((value) => Number.isInteger(value) && value >= -20 && value < 80)).toBe(true);
    const quantile = inputColumn(await prepare('quantile', (i) => Math.exp(values(i) / 10)), 0);
    expect(mean(quantile)).toBeCloseTo(0, 4);
    expect(mean(quantile.map((value) => value ** 2))).toBeGreaterThan(0.9);
    expect(mean(quantile.map((value) => value ** 3))).toBeCloseTo(0, 3);
  });

  it('stay finite and ordered at extreme values, whatever the scale', async () => {
    for (const scale of ['standard', 'minmax', 'robust', 'quantile', 'none'] as const) {
      const { fitted } = await prepare(scale);
      const x = [-1e308, -1e9, 0, 1e9, 1e308].map(
        (v) => applyPreparation(fitted, [{ v, other: 0 }]).data[0] ?? NaN,
      );
      expect(x.every((value) => Math.abs(value) <= 1e6)).toBe(true);
      expect(x).toEqual(x.toSorted((a, b) => a - b));
    }
  });

  it.each([1e150, 1e200, -1e308])(
    'of which one is %d are a column still, of finite numbers',
    async (huge) => {
      // The one in a training row, wherever the split puts it.
      const rows = (at: number): readonly Cells[] =>
        Array.from({ length: 101 }, (_, i) => ({
          v: i === at ? huge : (i * 37) % 100,
          y: i % 2 === 0 ? 'a' : 'b',
        }));
      const [at = 0] = splitOf(
        rows(0).map(({ y }) => Number(y === 'b')),
        true,
      ).train;
      for (const scale of ['standard', 'minmax', 'robust', 'quantile', 'none'] as const) {
        for (const longTails of ['none', 'auto'] as const) {
          const prepared = await tables.prepare(rows(at), 'y', { config: { scale, longTails } });
          expect(prepared.fitted.unused).not.toContain('v');
          const x = inputColumn(prepared, 0);
          expect(x.every((value) => Math.abs(value) <= 1e6)).toBe(true);
          expect(new Set(x).size).toBeGreaterThan(1);
          if (scale !== 'standard' || longTails !== 'none') continue;
          // One among n values lies √(n − 1) deviations out.
          expect(Math.abs(x[0] ?? NaN)).toBeCloseTo(Math.sqrt(x.length - 1), 4);
        }
      }
    },
  );

  it('are filled with the median, the mean or the most frequent value of the training rows', async () => {
    const rows = numbers(100, (i) => (i % 5 === 0 ? null : i % 5 === 1 ? 3 : i));
    const { train } = splitOf(
      rows.map(({ y }) => Number(y)),
      false,
    );
    const present = [...train]
      .flatMap((i) => (rows[i]?.['v'] === null ? [] : [Number(rows[i]?.['v'])]))
      .sort((a, b) => a - b);
    const middle = (present.length - 1) / 2;
    const median = ((present[Math.floor(middle)] ?? 0) + (present[Math.ceil(middle)] ?? 0)) / 2;
    for (const [method, expected] of [
      ['median', median],
      ['mean', mean(present)],
      ['most-frequent', 3],
    ] as const) {
      const { fitted } = await tables.prepare(rows, 'y', {
        config: { missing: { method, indicator: false } },
      });
      const found = step(fitted, 'v');
      expect(found.kind === 'numeric' ? found.fill : NaN).toBeCloseTo(expected, 9);
      expect(fitted.inputs[0].features).toEqual(['v', 'other']);
    }
  });

  it('with a long tail are shortened by what makes them least skewed, others are left alone', async () => {
    const stream = streamOf(4);
    const rows = Array.from({ length: 300 }, (_, i) => ({
      income: Math.exp(8 + 1.2 * stream.normal()),
      loss: -Math.exp(1.5 * stream.normal()) * 1e-6,
      height: 170 + 8 * stream.normal(),
      flag: Number(i % 40 === 0),
      y: i,
    }));
    const skewness = (values: readonly number[]): number => {
      const center = mean(values);
      const deviation = Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
      return mean(values.map((value) => ((value - center) / deviation) ** 3));
    };
    for (const longTails of ['auto', 'log', 'yeo-johnson'] as const) {
      const prepared = await tables.prepare(rows, 'y', { task: 'regression', config: { longTails } });
      const tails = prepared.fitted.inputs[0].columns.map((column) =>
        column.kind === 'numeric' ? column.tail?.kind : 'none',
      );
      expect(tails.slice(2)).toEqual([undefined, undefined]);
      if (longTails !== 'auto') expect(tails.slice(0, 2)).toEqual([longTails, longTails]);
      expect(Math.abs(skewness(inputColumn(prepared, 0)))).toBeLessThan(1);
      expect(Math.abs(skewness(inputColumn(prepared, 1)))).toBeLessThan(1);
    }
    const plain = await tables.prepare(rows, 'y', { task: 'regression' });
    expect(skewness(inputColumn(plain, 0))).toBeGreaterThan(1);
  });
});

describe('booleans', () => {
  it('are one column of 0 and 1, with an indicator where some are missing', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      b: i % 6 === 0 ? null : i % 3 === 0 ? 'yes' : 'no',
      y: i + 0.5,
    }));
    const { fitted } = await tables.prepare(rows, 'y');
    expect(fitted.inputs[0].features).toEqual(['b', 'b (missing)']);
    const given = [{ b: true }, { b: 'No' }, { b: 1 }, { b: null }, { b: 'T' }];
    expect([...applyPreparation(fitted, given).data]).toEqual([1, 0, 0, 0, 1, 0, 0, 1, 1, 0]);
    expect(() => applyPreparation(fitted, [{ b: 'maybe' }])).toThrow(/must be true or false/);
  });
});

describe('dates', () => {
  const day = 86_400_000;
  const rows = Array.from({ length: 200 }, (_, i) => ({
    seen: i === 5 ? null : new Date(Date.UTC(2021, 0, 1) + i * 17 * day).toISOString().slice(0, 10),
    y: i + 0.5,
  }));

  it('become time and the cycles of year, month and week, or parts, or nothing', async () => {
    const cycles = await tables.prepare(rows, 'y', { features: ['seen'] });
    expect(cycles.fitted.inputs[0].features.slice(0, 3)).toEqual([
      'seen (time)',
      'seen (yearCycle sin)',
      'seen (yearCycle cos)',
    ]);
    expect(cycles.fitted.inputs[0].features).not.toContain('seen (dayCycle sin)');
    const parts = await tables.prepare(rows, 'y', {
      features: ['seen'],
      config: { dates: 'parts', scale: 'none' },
    });
    expect(parts.fitted.inputs[0].features.slice(0, 4)).toEqual([
      'seen (year)',
      'seen (month)',
      'seen (day)',
      'seen (weekday)',
    ]);
    const x = applyPreparation(parts.fitted, [
      { seen: '2024-02-29T23:59:59Z' },
      { seen: '1969/7/5 01:30:00+02:00' },
    ]).data;
    expect([...x].slice(0, 4)).toEqual([2024, 2, 29, 3]);
    expect([...x].slice(parts.width, parts.width + 4)).toEqual([1969, 7, 4, 4]);
    await expect(
      tables.prepare(rows, 'y', { features: ['seen'], config: { dates: 'none' } }),
    ).rejects.toThrow(/no column of the table/);
  });

  it('put the end of a cycle beside its beginning', async () => {
    const { fitted } = await tables.prepare(rows, 'y', { features: ['seen'] });
    const at = (seen: string): readonly number[] =>
      [...applyPreparation(fitted, [{ seen }]).data].slice(1, 3);
    const distance = (a: readonly number[], b: readonly number[]): number =>
      Math.hypot(...a.map((v, i) => v - (b[i] ?? 0)));
    expect(distance(at('2022-12-31'), at('2023-01-01'))).toBeLessThan(0.05);
    expect(distance(at('2022-12-31'), at('2022-07-01'))).toBeGreaterThan(1.9);
  });

  it('that are none are refused with the cell', async () => {
    const { fitted } = await tables.prepare(rows, 'y', { features: ['seen'] });
    for (const seen of ['2023-02-29', '2023-13-01', 'yesterday', 5, '2023-01-01T25:00']) {
      expect(() => applyPreparation(fitted, [{ seen }])).toThrow(/rows\[0\]\.seen: .* must be a date/);
    }
  });
});

describe('categories', () => {
  it('in order are places, numbers by their size, unseen ones in the middle', async () => {
    const rows = Array.from({ length: 90 }, (_, i) => ({
      size: ['s9', 's10', 's2'][i % 3] ?? '',
      floor: ['010', '2', '03'][i % 3] ?? '',
      y: i + 0.5,
    }));
    const { fitted } = await tables.prepare(rows, 'y', { config: { categorical: 'ordinal', scale: 'none' } });
    const [x = [], unseen = []] = [
      { size: 's2', floor: '010' },
      { size: 'xl', floor: null },
    ].map((row) => [...applyPreparation(fitted, [row]).data]);
    // s10, s2, s9 as texts, 2, 03, 010 as numbers.
    expect(x).toEqual([1, 2]);
    expect(unseen).toEqual([1, 1]);
  });

  it('without an indicator are the most frequent level where they are missing', async () => {
    const rows = Array.from({ length: 90 }, (_, i) => ({
      c: i % 10 === 9 ? null : i % 3 === 0 ? 'a' : 'b',
      y: i + 0.5,
    }));
    const { fitted } = await tables.prepare(rows, 'y', {
      config: { missing: { method: 'median', indicator: false } },
    });
    expect([...applyPreparation(fitted, [{ c: null }, { c: 'b' }]).data]).toEqual([0, 1, 0, 1]);
  });

  it('of text that is named are levels like any other', async () => {
    const rows = Array.from({ length: 1200 }, (_, i) => ({
      id: i % 2 === 0 ? 'even' : `n${String(i)}`,
      y: i + 0.5,
    }));
    const { fitted } = await tables.prepare(rows, 'y');
    expect(fitted.inputs[0].features).toEqual(['id=even', 'id (other)']);
  });
});

describe('a preparation of version 2', () => {
  const older = ({ inputs: [{ name: _name, dtype: _dtype, ...input }], ...rest }: FittedPreparation) => ({
    ...rest,
    ...input,
    version: 2,
  });

  it('is read as the one input that it was, and prepares the same', async () => {
    const { fitted } = await tables.prepare(ROWS, 'price', { config: { enrich: 'powers', pca: 2 } });
    const read = parsePreparation(JSON.stringify(older(fitted)));
    expect(read).toEqual(JSON.parse(JSON.stringify(fitted)));
    const rows = [{ size: 4, colour: 'red' }, {}];
    expect(applyPreparation(older(fitted) as never, rows)).toEqual(applyPreparation(fitted, rows));
    expect(outputToPrediction(older(fitted) as never, [0.5])).toEqual(outputToPrediction(fitted, [0.5]));
  });

  it('of images keeps their size', () => {
    const image = { name: 'x', size: [8, 8], channels: 1 };
    const input = { columns: [], derived: [], kept: null, pca: null, features: [], image };
    const text = JSON.stringify({ version: 2, task: 'binary', target: {}, unused: [], ...input });
    expect(parsePreparation(text)).toMatchObject({
      version: 3,
      inputs: [{ name: 'input', dtype: 'float32', image }],
    });
  });

  it('is the oldest that is read', () => {
    expect(() => parsePreparation('{"version": 1}')).toThrow(
      /version 1, this reads 2 and 3; train the model/,
    );
  });
});

describe('embedded categories', () => {
  // Levels by how often they stand: a in every fourth row, b to z ever more seldom.
  const rows = Array.from({ length: 600 }, (_, i) => ({
    n: i % 13,
    c: i % 20 === 0 ? null : i % 4 === 0 ? 'a' : String.fromCharCode(98 + Math.floor((i * i) / 15_000)),
    y: i + 0.5,
  }));
  const config = { categorical: 'embedding', rareLevels: 'auto' } as const;
  const indices = (fitted: FittedPreparation, ...cells: readonly (string | null)[]) =>
    applyPreparation(
      fitted,
      cells.map((c) => ({ c, n: 1 })),
    ).inputs[1]?.data;

  it('are places of their levels from 1, 0 of rare and unseen ones, and a last one of missing ones', async () => {
    const prepared = await tables.prepare(rows, 'y', { config });
    const { fitted } = prepared;
    const found = step(fitted, 'c');
    const { levels } = found as { levels: readonly string[] };
    expect(found).toEqual({ kind: 'embedded', name: 'c', levels, missing: true, fill: null, size: 3 });
    expect(levels).toEqual(levels.toSorted());
    expect(fitted.inputs.map(({ name, dtype, features }) => [name, dtype, features])).toEqual([
      ['input_0', 'float32', ['n']],
      ['input_1', 'int32', ['c']],
    ]);
    expect(indices(fitted, 'a', levels.at(-1) ?? '', 'Ω', null)).toEqual(
      Int32Array.of(1, levels.length, 0, levels.length + 1),
    );
    // Beside the numbers, as training takes them.
    const { x, rows: count } = prepared.parts.train;
    const column = readRows(x, 2, 0, count).filter((_, i) => i % 2 === 1);
    expect(Math.max(...column)).toBe(levels.length + 1);
    expect(new Set(column).size).toBeGreaterThan(levels.length);
  });

  it('are of at least five training rows, of few rows a hundredth of them, or of the share that is asked for', async () => {
    const { train } = splitOf(
      rows.map(({ y }) => y),
      false,
    );
    const counts = new Map<string, number>();
    for (const row of train) {
      const level = rows[row]?.c ?? null;
      if (level !== null) counts.set(level, (counts.get(level) ?? 0) + 1);
    }
    for (const [rareLevels, least] of [
      ['auto', 0.01 * train.length],
      [0.05, 0.05 * train.length],
      [0, 0],
    ] as const) {
      const { fitted } = await tables.prepare(rows, 'y', { config: { ...config, rareLevels } });
      const wanted = [...counts].filter(([, count]) => count >= least).map(([level]) => level);
      expect(step(fitted, 'c')).toMatchObject({ levels: wanted.sort() });
    }
  });

  it('without an indicator are the most frequent level where they are missing', async () => {
    const { fitted } = await tables.prepare(rows, 'y', {
      config: { ...config, missing: { method: 'median', indicator: false } },
    });
    expect(step(fitted, 'c')).toMatchObject({ missing: false, fill: 'a' });
    expect(indices(fitted, null, 'Ω')).toEqual(Int32Array.of(1, 0));
  });

  it('are, where it is left open, the columns of more than fifty levels, and no others', async () => {
    const many = (levels: number) =>
      Array.from({ length: 1200 }, (_, i) => ({
        c: `c${String((i * 7) % levels)}`,
        few: i % 3 === 0 ? 'x' : 'z',
        y: i + 0.5,
      }));
    const open = { categorical: 'auto', rareLevels: 'auto' } as const;
    const kinds = async (levels: number) => {
      const { fitted } = await tables.prepare(many(levels), 'y', { config: open });
      return fitted.inputs.flatMap(({ columns }) => columns.map(({ name, kind }) => [name, kind]));
    };
    expect(await kinds(50)).toEqual([
      ['c', 'one-hot'],
      ['few', 'one-hot'],
    ]);
    expect(await kinds(51)).toEqual([
      ['few', 'one-hot'],
      ['c', 'embedded'],
    ]);
  });

  it('are left as they are by what is made of the numbers', async () => {
    const wide = rows.map((row) => ({ ...row, m: (row.n * 7) % 5 }));
    const { fitted, width } = await tables.prepare(wide, 'y', {
      config: { ...config, enrich: 'both', dropRedundant: 0.9, pca: 2 },
    });
    expect(fitted.inputs.map(({ features }) => features)).toEqual([['component 1', 'component 2'], ['c']]);
    expect(width).toBe(3);
  });

  it('are of levels of three rows where it is left open and rows are few, though they are the only column', async () => {
    const few = Array.from({ length: 300 }, (_, i) => ({ c: `c${String(i % 60)}`, y: i + 0.5 }));
    const { fitted } = await tables.prepare(few, 'y', {
      config: { categorical: 'auto', rareLevels: 'auto' },
    });
    const { kind, levels } = step(fitted, 'c') as { kind: string; levels: readonly string[] };
    expect(kind).toBe('embedded');
    expect(levels.length).toBeGreaterThan(50);
  });

  it('are of levels of two rows where none stands more often, and no column where each stands in one', async () => {
    const rare = rows.map((row, i) => ({ ...row, c: `c${String(i % 300)}` }));
    const pairs = await tables.prepare(rare, 'y', { config });
    const { train } = splitOf(
      rows.map(({ y }) => y),
      false,
    );
    const counts = new Map<number, number>();
    for (const row of train) counts.set(row % 300, (counts.get(row % 300) ?? 0) + 1);
    const twice = [...counts].filter(([, count]) => count === 2).map(([level]) => `c${String(level)}`);
    expect(step(pairs.fitted, 'c')).toMatchObject({ levels: twice.sort() });

    const unique = rows.map((row, i) => ({ ...row, c: `c${String(i)}` }));
    const { fitted } = await tables.prepare(unique, 'y', { config });
    expect(fitted.inputs.map(({ features }) => features)).toEqual([['n']]);
    expect(fitted.unused).toEqual(['c', 'y']);
    const share = await tables.prepare(rare, 'y', { config: { ...config, rareLevels: 0.01 } });
    expect(share.fitted.unused).toEqual(['c', 'y']);
  });
});

describe('encoding by the target', () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({
    city: ['Oslo', 'Rome', 'Lima', 'Bonn'][(i * 7) % 4] ?? '',
    y: ((i * 7) % 4) * 10 + ((i * 13) % 5) + 0.5,
  }));
  const config = { categorical: 'target' } as const;

  it('orders levels by the target, and is the same number for equal rows of a request', async () => {
    const { fitted } = await tables.prepare(rows, 'y', { config });
    const x = [
      ...applyPreparation(
        fitted,
        ['Oslo', 'Rome', 'Lima', 'Bonn', 'Paris'].map((city) => ({ city })),
      ).data,
    ];
    expect(x.slice(0, 4)).toEqual(x.slice(0, 4).toSorted((a, b) => a - b));
    expect(x[4]).toBe(0);
  });

  it('gives a training row what the other rows say: its own target changes nothing', async () => {
    const before = await tables.prepare(rows, 'y', { config });
    const { train } = splitOf(
      rows.map(({ y }) => y),
      false,
    );
    for (const place of [0, 60]) {
      const changed = rows.map((row, i) => (i === train[place] ? { ...row, y: 1e4 } : row));
      const after = await tables.prepare(changed, 'y', { config });
      const [a, b] = [inputColumn(before, 0), inputColumn(after, 0)];
      expect(b[place]).toBe(a[place]);
      expect(b.filter((value, i) => value !== a[i]).length).toBeGreaterThan(50);
    }
  });

  it('makes no noise look like knowledge', async () => {
    // Every row a level of its own and a target of chance: a plain average would repeat the target.
    const stream = streamOf(9);
    const noise = Array.from({ length: 300 }, (_, i) => ({ id: `k${String(i % 100)}`, y: stream.normal() }));
    const prepared = await tables.prepare(noise, 'y', { config: { ...config, rareLevels: 0 } });
    const [x, y] = [inputColumn(prepared, 0), [...prepared.parts.train.y]];
    const correlation = mean(x.map((value, i) => (value - mean(x)) * ((y[i] ?? 0) - mean(y))));
    expect(correlation).toBeLessThan(0.05);
  });

  it('of several classes is one column a class', async () => {
    const classes = rows.map(({ city, y }) => ({ city, label: y > 25 ? 'high' : y > 12 ? 'middle' : 'low' }));
    const { fitted } = await tables.prepare(classes, 'label', { config });
    expect(fitted.inputs[0].features).toEqual(['city (high)', 'city (low)', 'city (middle)']);
    const [high, low, middle] = applyPreparation(fitted, [{ city: 'Bonn' }]).data;
    expect(high).toBeGreaterThan(Math.max(low ?? 0, middle ?? 0));
  });
});

describe('columns made of columns', () => {
  const stream = streamOf(2);
  const rows = Array.from({ length: 200 }, () => {
    const [a, b, c] = [stream.normal(), stream.normal(), stream.normal()];
    return { a, b, c, copy: 3 * a + 0.001 * stream.normal(), y: a * b + 0.1 * c };
  });

  it('are the products and powers that go best with the target, no more than the limit', async () => {
    const { fitted } = await tables.prepare(rows, 'y', {
      config: { enrich: 'both', enrichLimit: 3 },
      features: ['a', 'b', 'c'],
    });
    expect(fitted.inputs[0].features).toHaveLength(6);
    expect(fitted.inputs[0].features[3]).toBe('a × b');
    const powers = await tables.prepare(rows, 'y', { config: { enrich: 'powers' }, features: ['a', 'b'] });
    expect(powers.fitted.inputs[0].features.toSorted()).toEqual(['a', 'a^2', 'a^3', 'b', 'b^2', 'b^3']);
    expect(Math.abs(mean(inputColumn(powers, 2)))).toBeLessThan(0.05);
  });

  it('go where they repeat one before them', async () => {
    const { fitted } = await tables.prepare(rows, 'y', { config: { dropRedundant: 0.99 } });
    expect(fitted.inputs[0].features).toEqual(['a', 'b', 'c']);
  });

  it('are principal components, by their number or by the variance they hold', async () => {
    const two = await tables.prepare(rows, 'y', { config: { pca: 2 } });
    expect(two.fitted.inputs[0].features).toEqual(['component 1', 'component 2']);
    const share = await tables.prepare(rows, 'y', { config: { pca: 0.9 } });
    expect(share.width).toBe(3);
    const [first, second] = [inputColumn(share, 0), inputColumn(share, 1)];
    expect(mean(first.map((value, i) => value * (second[i] ?? 0)))).toBeCloseTo(0, 5);
    // a and its copy are one direction of twice the variance, and a little more by chance correlation with the others.
    const variance = mean(first.map((value) => value ** 2));
    expect(variance).toBeGreaterThan(1.95);
    expect(variance).toBeLessThan(2.2);
    expect(share.fitted.inputs[0].pca?.variance[0]).toBeCloseTo(0.5, 1);
  });
});

describe('the target', () => {
  const stream = streamOf(6);
  const rows = Array.from({ length: 200 }, (_, i) => ({
    x: i,
    price: Math.exp(5 + 1.5 * stream.normal()),
    change: stream.normal() * 3,
  }));

  it('comes back from every transform in its own units', async () => {
    for (const targetTransform of ['none', 'standard', 'log', 'yeo-johnson'] as const) {
      for (const target of ['price', 'change'] as const) {
        const { fitted, parts } = await tables.prepare(rows, target, {
          features: ['x'],
          config: { targetTransform },
        });
        const { train } = splitOf(
          rows.map((row) => row[target]),
          false,
        );
        if (fitted.target.kind !== 'value') throw new TypeError('no value');
        for (let i = 0; i < parts.train.rows; i++) {
          const own = rows[train[i] ?? 0]?.[target] ?? NaN;
          expect(Math.abs(valueOf(fitted.target, parts.train.y[i] ?? NaN) - own)).toBeLessThan(
            1e-5 * Math.max(1, Math.abs(own)),
          );
        }
        if (targetTransform !== 'none') expect(mean([...parts.train.y])).toBeCloseTo(0, 5);
      }
    }
  });

  it('is held near the range of the training rows where an exponential would run away', async () => {
    const { fitted } = await tables.prepare(rows, 'price', {
      features: ['x'],
      config: { targetTransform: 'log' },
    });
    const { value } = outputToPrediction(fitted, [500]);
    const highest = Math.max(...rows.map(({ price }) => price));
    expect(value).toBeLessThanOrEqual(2 * highest);
    expect(value).toBeGreaterThan(0);
  });
});

describe('docs/preprocessing.md', () => {
  /** The page, word for word, for numbers: steps, derived columns, the kept ones, components, each held where it says. */
  function byThePage(
    { inputs: [input] }: FittedPreparation,
    row: Readonly<Record<string, number | null>>,
  ): number[] {
    const held = (value: number): number => Math.min(1e6, Math.max(-1e6, value));
    const made = input.columns.flatMap((each) => {
      if (each.kind !== 'numeric' || each.scale.kind !== 'linear' || each.tail !== null)
        throw new TypeError('not of this test');
      const value = row[each.name] ?? each.fill;
      const scaled = held((value - each.scale.center) / each.scale.spread);
      return each.indicator ? [scaled, Number((row[each.name] ?? null) === null)] : [scaled];
    });
    const derived = input.derived.map(({ factors, center, spread }) =>
      held((factors.reduce((product, place) => product * (made[place] ?? NaN), 1) - center) / spread),
    );
    const all = [...made, ...derived];
    const kept = input.kept === null ? all : input.kept.map((place) => all[place] ?? NaN);
    const { pca } = input;
    if (pca === null) return kept.map(Math.fround);
    return pca.components.map((component) =>
      Math.fround(
        held(
          component.reduce((sum, weight, k) => sum + weight * ((kept[k] ?? NaN) - (pca.mean[k] ?? NaN)), 0),
        ),
      ),
    );
  }

  it('says how a row is prepared, in the right order, far outside of the training rows too', async () => {
    const stream = streamOf(11);
    const rows = Array.from({ length: 200 }, (_, i) => {
      const a = stream.normal();
      return {
        a,
        b: i % 9 === 0 ? null : a + stream.normal(),
        c: 2 * a + 1e-3 * stream.normal(),
        y: a * a + 0.1 * i,
      };
    });
    const { fitted } = await tables.prepare(rows, 'y', {
      task: 'regression',
      config: { enrich: 'both', enrichLimit: 4, dropRedundant: 0.95, pca: 3 },
    });
    const [input] = fitted.inputs;
    expect([input.derived.length, input.kept?.length === 0, input.pca?.components.length]).toEqual([
      4,
      false,
      3,
    ]);
    expect(input.kept).not.toContain(input.columns.findIndex(({ name }) => name === 'c') + 1);
    const asked = [
      ...rows.slice(0, 10).map(({ a, b, c }) => ({ a, b, c })),
      { a: 1e7, b: -3, c: 2 },
      { a: 3e5, b: 1e12, c: null },
      { a: -1e300, b: 1e300, c: 1e300 },
      { a: null, b: null, c: null },
    ];
    const prepared = applyPreparation(fitted, asked).data;
    asked.forEach((row, i) => {
      const expected = byThePage(fitted, row);
      expect(Array.from(prepared.subarray(3 * i, 3 * (i + 1)))).toEqual(expected);
    });
  });

  it('says where an output starts: at the shares of the classes, or the mean of the prepared target', async () => {
    const rows = ROWS.map((row, i) => ({ ...row, kind: i % 4 === 0 ? 'a' : 'b' }));
    const { fitted: classes } = await tables.prepare(rows, 'kind');
    if (classes.target.kind !== 'classes') throw new TypeError('no classes');
    expect(classes.target.labels).toEqual(['a', 'b']);
    expect(classes.target.priors).toEqual([0.25, 0.75]);
    const { train } = priceSplit();
    const average = mean([...train].map((i) => Number(ROWS[i]?.['price'])));
    for (const [targetTransform, expected] of [
      ['standard', 0],
      ['none', average],
    ] as const) {
      const { fitted } = await tables.prepare(ROWS, 'price', {
        task: 'regression',
        config: { targetTransform },
      });
      if (fitted.target.kind !== 'value') throw new TypeError('no value');
      expect(fitted.target.preparedMean).toBeCloseTo(expected, 6);
    }
  });
});

describe('leakage', () => {
  it('is none: no cell of a validation or test row changes a fitted number or a training input', async () => {
    const { train } = priceSplit();
    const inTrain = new Set(train);
    const changed = ROWS.map((row, i) =>
      inTrain.has(i) ? row : { size: 1e6, colour: 'purple', price: row['price'] ?? 0 },
    );
    const configs = [
      {},
      { scale: 'quantile', longTails: 'auto', targetTransform: 'log' },
      { categorical: 'target', enrich: 'both', targetTransform: 'yeo-johnson' },
      { categorical: 'ordinal', scale: 'robust', pca: 2 },
      { dropRedundant: 0.5, scale: 'minmax', missing: { method: 'mean', indicator: false } },
    ] as const;
    for (const config of configs) {
      const [first, second] = [
        await tables.prepare(ROWS, 'price', { config }),
        await tables.prepare(changed, 'price', { config }),
      ];
      expect(second.fitted).toEqual(first.fitted);
      for (let k = 0; k < first.width; k++) expect(inputColumn(second, k)).toEqual(inputColumn(first, k));
      expect([...second.parts.train.y]).toEqual([...first.parts.train.y]);
    }
  });
});
