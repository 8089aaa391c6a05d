import { streamOf } from '../../src/core/random';
import { findSlices, matches, type Condition, type FeatureColumn } from '../../src/insight';

const ROWS = 400;
const SEEDS = 20;

interface Table {
  readonly columns: readonly FeatureColumn[];
  readonly losses: Float64Array;
}

/** Six numbers, three categories and heavy-tailed errors that have nothing to do with them. */
function table(seed: number): Table {
  const stream = streamOf('slices', seed);
  const numbers = Array.from({ length: 6 }, (_, i): FeatureColumn => {
    const values = Float64Array.from({ length: ROWS }, () =>
      stream.uniform() < 0.03 ? NaN : stream.normal(),
    );
    return { kind: 'numbers', name: `x${String(i)}`, values };
  });
  const categories = [3, 5, 20].map((levels, i): FeatureColumn => {
    const values = Int32Array.from({ length: ROWS }, () => stream.integer(0, levels - 1));
    return {
      kind: 'codes',
      name: `c${String(i)}`,
      values,
      levels: Array.from({ length: levels }, (_, k) => `level ${String(k)}`),
    };
  });
  // Log losses of a model that is right nine times of ten.
  const losses = Float64Array.from({ length: ROWS }, () => -Math.log(stream.uniform()) * 0.3);
  return { columns: [...numbers, ...categories], losses };
}

/** Makes the rows of the slice half wrong: their log loss grows. */
function plant(seed: number, { columns, losses }: Table, conditions: readonly Condition[]): Table {
  const stream = streamOf('plant', seed);
  const planted = losses.map((loss, row) => {
    const inside = conditions.every((condition) => {
      const column = columns.find(({ name }) => name === condition.feature);
      return column !== undefined && matches(condition, column, row);
    });
    return inside && stream.uniform() < 0.5 ? loss + 2 : loss;
  });
  return { columns, losses: planted };
}

function foundFirst(name: string, conditions: readonly Condition[]): void {
  it(`finds ${name} first in at least 18 of 20 seeds`, () => {
    const wanted = conditions.map(({ feature }) => feature).sort();
    let found = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const { columns, losses } = plant(seed, table(seed), conditions);
      const [first] = findSlices(columns, losses, seed).slices;
      const features = first?.conditions.map(({ feature }) => feature).sort();
      if (JSON.stringify(features) === JSON.stringify(wanted)) found += 1;
    }
    expect(found).toBeGreaterThanOrEqual(18);
  });
}

describe('the search for bad slices', () => {
  foundFirst('a level with 5 % of the rows', [{ feature: 'c2', level: 'level 7' }]);
  foundFirst('an interval with 5 % of the rows', [{ feature: 'x3', low: 1.645, high: null }]);
  foundFirst('a corner of two features with 5 % of the rows', [
    { feature: 'c1', level: 'level 2' },
    { feature: 'x0', low: 0.674, high: null },
  ]);

  it('reports none in at least 19 of 20 tables without one', () => {
    let reported = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const { columns, losses } = table(seed);
      if (findSlices(columns, losses, seed).slices.length > 0) reported += 1;
    }
    expect(reported).toBeLessThanOrEqual(1);
  });

  it('does not report the same rows twice', () => {
    const conditions: Condition[] = [{ feature: 'c2', level: 'level 7' }];
    const { columns, losses } = plant(3, table(3), conditions);
    const { slices } = findSlices(columns, losses, 3);
    expect(slices).toHaveLength(1);
    expect(slices[0]).toMatchObject({ conditions, pValue: expect.any(Number) as number });
    expect(slices[0]?.meanError).toBeGreaterThan(2 * (slices[0]?.meanErrorOutside ?? 0));
  });

  it('says nothing of errors that are all alike', () => {
    const { columns } = table(0);
    expect(findSlices(columns, new Float64Array(ROWS).fill(1), 0).slices).toEqual([]);
    expect(findSlices([], new Float64Array(ROWS).fill(1), 0).slices).toEqual([]);
  });
});
