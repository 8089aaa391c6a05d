import type { ClassPredictions, ValuePredictions } from '../../../src/core/predictions';
import { together } from '../../../src/services/reports/out-of-fold';

describe('predictions of several folds together', () => {
  it('are those of one part, in the order of the table', async () => {
    const fold = (rows: readonly number[]): ValuePredictions => ({
      kind: 'values',
      rows: Uint32Array.from(rows),
      actual: Float64Array.from(rows, (row) => 10 * row),
      predicted: Float64Array.from(rows, (row) => 10 * row + 1),
    });
    expect(await together([fold([4, 1]), fold([0, 5])])).toEqual(fold([0, 1, 4, 5]));
  });

  it('keep the probabilities of each row with its class', async () => {
    const fold = (rows: readonly number[]): ClassPredictions => ({
      kind: 'classes',
      labels: ['a', 'b'],
      rows: Uint32Array.from(rows),
      actual: Int32Array.from(rows, (row) => row % 2),
      probabilities: Float64Array.from(rows.flatMap((row) => [row / 10, 1 - row / 10])),
    });
    expect(await together([fold([3]), fold([2, 0])])).toEqual(fold([0, 2, 3]));
  });

  it('let others have their turn while many rows are put together', async () => {
    const part = (first: number): ValuePredictions => {
      const rows = Uint32Array.from({ length: 600_000 }, (_, i) => 2 * i + first);
      return { kind: 'values', rows, actual: Float64Array.from(rows), predicted: Float64Array.from(rows) };
    };
    let turns = 0;
    const turn = (): NodeJS.Immediate =>
      setImmediate(() => {
        turns += 1;
        immediate = turn();
      });
    let immediate = turn();
    const all = await together([part(0), part(1)]);
    clearImmediate(immediate);
    expect(turns).toBeGreaterThanOrEqual(6);
    expect(all.rows).toHaveLength(1_200_000);
    expect(all.rows.every((row, i) => row === i && all.actual[i] === i)).toBe(true);
  });
});
