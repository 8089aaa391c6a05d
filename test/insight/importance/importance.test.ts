import { streamOf } from '../../../src/core/random';
import { importances, IMPORTANCE_METHODS, type ImportanceTable } from '../../../src/insight';

const TRIALS = 300;

/** `a` matters much, `b` less, `c` not at all; `momentum` only exists, and matters, under the first optimizer. */
function table(loss: (row: Readonly<Record<string, number>>) => number): ImportanceTable {
  const stream = streamOf('importance');
  const rows = Array.from({ length: TRIALS }, () => {
    const optimizer = stream.integer(0, 1);
    return {
      a: stream.uniform(),
      b: stream.uniform(),
      c: stream.uniform(),
      optimizer,
      momentum: optimizer === 0 ? stream.uniform() : NaN,
    };
  });
  const names = ['a', 'b', 'c', 'optimizer', 'momentum'] as const;
  return {
    columns: names.map((name) => ({
      name,
      categories: name === 'optimizer' ? 2 : 0,
      values: Float64Array.from(rows, (row) => row[name]),
    })),
    losses: Float64Array.from(rows, loss),
  };
}

describe.each(IMPORTANCE_METHODS)('importance by %s', (method) => {
  it('orders holes by what they do, and sums to 1', () => {
    const found = importances(
      table(({ a = 0, b = 0 }) => 4 * (a - 0.3) ** 2 + 0.4 * b),
      method,
    );
    expect(Object.values(found).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(found['a']).toBeGreaterThan(0.4);
    expect(found['b']).toBeGreaterThan(0.03);
    expect(found['c']).toBeLessThan(found['b'] ?? 0);
    expect(found['c']).toBeLessThan(0.1);
  });

  it('sees a conditional hole where it is active, and does not mistake its absence for it', () => {
    const active = importances(
      table(({ momentum = NaN, optimizer = 0 }) => (optimizer === 0 ? 3 * (momentum - 0.5) ** 2 : 0.3)),
      method,
    );
    expect(active['momentum']).toBeGreaterThan(0.3);
    const absent = importances(
      table(({ optimizer = 0, c = 0 }) => optimizer + 0.01 * c),
      method,
    );
    // What tells the best tenth apart is mostly c: all of it has the better optimizer.
    expect(absent['optimizer']).toBeGreaterThan(method === 'fanova' ? 0.9 : 0.1);
    expect(absent['momentum']).toBeLessThan(0.05);
  });

  it('gives equal shares where all values are equal', () => {
    expect(
      Object.values(
        importances(
          table(() => 1),
          method,
        ),
      ),
    ).toEqual([0.2, 0.2, 0.2, 0.2, 0.2]);
  });
});

describe('importance by fanova', () => {
  it('tells a hole that does everything from one that does nothing by five trials', () => {
    const losses = Float64Array.of(0, 2.5, 5, 7.5, 10);
    const columns = [
      { name: 'u', categories: 0, values: losses.map((loss) => loss / 10) },
      { name: 'v', categories: 0, values: Float64Array.of(0.9, 0.1, 0.5, 0.85, 0.2) },
    ];
    expect(importances({ columns, losses }, 'fanova')['u']).toBeGreaterThan(0.7);
  });
});
