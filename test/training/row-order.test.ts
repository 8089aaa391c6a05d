import fc from 'fast-check';
import { streamOf } from '../../src/core/random';
import { RowOrder } from '../../src/training/row-order';

/** Of this width a block has 8 rows, and a window 4096. */
const WIDTH = 1024;

function read(order: RowOrder, rows: number, step: number): Uint32Array {
  const all = new Uint32Array(rows);
  for (let from = 0; from < rows; from += step) all.set(order.range(from, Math.min(rows, from + step)), from);
  return all;
}

describe('the order of an epoch', () => {
  it('has every row once, however it is asked for', () => {
    const sizes = { rows: fc.integer({ min: 1, max: 20_000 }), step: fc.integer({ min: 1, max: 5000 }) };
    fc.assert(
      fc.property(sizes.rows, sizes.step, (rows, step) => {
        const order = read(new RowOrder(rows, WIDTH, 1, 1), rows, step);
        expect(order.slice().sort()).toEqual(Uint32Array.from({ length: rows }, (_, i) => i));
        expect(order).toEqual(new RowOrder(rows, WIDTH, 1, 1).range(0, rows));
      }),
      { numRuns: 30 },
    );
  });

  it('is a plain shuffle where all rows are one window', () => {
    const plain = streamOf(3, 'order', 2).shuffle(Uint32Array.from({ length: 4000 }, (_, i) => i));
    expect(new RowOrder(4000, WIDTH, 3, 2).range(0, 4000)).toEqual(plain);
  });

  it('differs by seed and epoch', () => {
    const first = new RowOrder(10_000, WIDTH, 1, 1).range(0, 10_000);
    expect(new RowOrder(10_000, WIDTH, 1, 2).range(0, 10_000)).not.toEqual(first);
    expect(new RowOrder(10_000, WIDTH, 2, 1).range(0, 10_000)).not.toEqual(first);
  });

  it('mixes a sorted table in every window: no batch comes from one end of it', () => {
    const rows = 100_000;
    const order = new RowOrder(rows, WIDTH, 1, 1).range(0, rows);
    for (let from = 0; from + 256 <= rows; from += 256) {
      const low = order.subarray(from, from + 256).filter((row) => row < rows / 2).length;
      // Half of them, within six standard deviations of rows that come eight at a time.
      expect(Math.abs(low - 128)).toBeLessThan(100);
    }
  });
});
