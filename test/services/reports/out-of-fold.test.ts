import type { ClassPredictions, ValuePredictions } from '../../../src/core/predictions';
import { together } from '../../../src/services/reports/out-of-fold';

describe('predictions of several folds together', () => {
  it('are those of one part, in the order of the table', () => {
    const fold = (rows: readonly number[]): ValuePredictions => ({
      kind: 'values',
      rows: Uint32Array.from(rows),
      actual: Float64Array.from(rows, (row) => 10 * row),
      predicted: Float64Array.from(rows, (row) => 10 * row + 1),
    });
    expect(together([fold([4, 1]), fold([0, 5])])).toEqual(fold([0, 1, 4, 5]));
  });

  it('keep the probabilities of each row with its class', () => {
    const fold = (rows: readonly number[]): ClassPredictions => ({
      kind: 'classes',
      labels: ['a', 'b'],
      rows: Uint32Array.from(rows),
      actual: Int32Array.from(rows, (row) => row % 2),
      probabilities: Float64Array.from(rows.flatMap((row) => [row / 10, 1 - row / 10])),
    });
    expect(together([fold([3]), fold([2, 0])])).toEqual(fold([0, 2, 3]));
  });
});
