import fc from 'fast-check';
import type { ValuePredictions } from '../../src/core/predictions';
import { scoreRows, selectMembers } from '../../src/insight';
import { drawnClasses } from './predictions';

const MSE = { metric: 'mse', direction: 'minimize' } as const;
const LOG_LOSS = { metric: 'logLoss', direction: 'minimize' } as const;

/** Predictions of rows whose value is 0. */
function errors(...predicted: number[]): ValuePredictions {
  const rows = Uint32Array.from(predicted, (_, i) => i);
  const actual = new Float64Array(predicted.length);
  return { kind: 'values', rows, actual, predicted: Float64Array.from(predicted) };
}

describe('the members of a mean', () => {
  it('are those whose errors cancel, not those that are best alone', () => {
    expect(selectMembers([errors(1, 1), errors(1.1, 1.1), errors(-2, -2)], MSE, 3)).toEqual([2, 0, 1]);
  });

  it('are the first network alone where no mean is better', () => {
    expect(selectMembers([errors(0.1, 0.1), errors(1, 1), errors(2, 2)], MSE, 5)).toEqual([1, 0, 0]);
  });

  it('are told by an objective that is maximised too', () => {
    const [first, other] = [drawnClasses(1, 60, { sharpness: -1 }), drawnClasses(1, 60, { sharpness: 3 })];
    const counts = selectMembers([first, other], { metric: 'accuracy', direction: 'maximize' }, 4);
    expect(counts[1]).toBeGreaterThan(0);
  });

  it('are counted by how much probability is worth in the mean', () => {
    const [flat, sharp] = [drawnClasses(3, 400, { sharpness: 0 }), drawnClasses(3, 400, { sharpness: 4 })];
    const [a = 0, b = 0] = selectMembers([flat, sharp], LOG_LOSS, 5);
    expect(a).toBeGreaterThan(0);
    expect(b).toBeGreaterThan(0);
    expect(a + b).toBeLessThanOrEqual(5);
  });

  it('have no more parameters together than there is room for; a repetition takes none', () => {
    const all = [errors(1, 1), errors(-1, -1), errors(-1.5, -1.5)];
    const room = { sizes: [50, 60, 40], most: 100 };
    expect(selectMembers(all, MSE, 2)).toEqual([1, 1, 0]);
    expect(selectMembers(all, MSE, 2, room)).toEqual([1, 0, 1]);
    expect(selectMembers(all, MSE, 5, room)).toEqual([3, 0, 2]);
    expect(selectMembers(all, MSE, 5, { ...room, most: 80 })).toEqual([1, 0, 0]);
  });

  it('never predict worse than the first network, and are no more than asked for', () => {
    const rows = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(rows, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (all, size) => {
          const counts = selectMembers(
            all.map((each) => errors(...each)),
            MSE,
            size,
          );
          const members = counts.reduce((sum, count) => sum + count, 0);
          const mean = [0, 1, 2, 3].map(
            (row) => all.reduce((sum, each, i) => sum + (counts[i] ?? 0) * (each[row] ?? 0), 0) / members,
          );
          const mseOf = (values: readonly number[]) =>
            scoreRows(errors(...values)).measure(null)['mse'] ?? NaN;
          expect(members).toBeLessThanOrEqual(size);
          expect(mseOf(mean)).toBeLessThanOrEqual(mseOf(all[0] ?? []) * (1 + 1e-12) + 1e-12);
        },
      ),
      { numRuns: 200 },
    );
  });
});
