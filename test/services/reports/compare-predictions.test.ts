import type { ValuePredictions } from '../../../src/core/predictions';
import { selectForMean } from '../../../src/services/reports/compare-predictions';

/** Predictions of rows whose value is 0. */
function errors(...predicted: number[]): ValuePredictions {
  const rows = Uint32Array.from(predicted, (_, i) => i);
  const actual = new Float64Array(predicted.length);
  return { kind: 'values', rows, actual, predicted: Float64Array.from(predicted) };
}

const REQUEST = {
  predictions: [errors(1, 1), errors(1.1, 1.1), errors(-2, -2)],
  objective: { metric: 'validation.mse', direction: 'minimize' },
  size: 3,
  sizes: [10, 10, 10],
  most: Infinity,
} as const;

describe('the models of a mean', () => {
  it('come with what their mean says of the rows, each as often as it counts', () => {
    expect(selectForMean(REQUEST)).toEqual({ counts: [2, 0, 1], mean: errors(0, 0) });
  });

  it('are the first alone where another has no room', () => {
    expect(selectForMean({ ...REQUEST, most: 19 })).toEqual({ counts: [1, 0, 0], mean: errors(1, 1) });
  });
});
