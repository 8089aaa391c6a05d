import fc from 'fast-check';
import { frontsOf } from '../../src/core/dominance';
import type { Direction } from '../../src/core/metrics';

/** Fronts by their definition: those that nobody dominates are taken away, and again. */
function peeled(points: readonly (readonly number[])[], directions: readonly Direction[]): readonly number[] {
  const loss = (point: readonly number[], i: number): number =>
    directions[i] === 'minimize' ? (point[i] ?? NaN) : -(point[i] ?? NaN);
  const dominates = (a: readonly number[], b: readonly number[]): boolean =>
    directions.every((_, i) => loss(a, i) <= loss(b, i)) &&
    directions.some((_, i) => loss(a, i) < loss(b, i));
  const fronts = points.map(() => -1);
  for (let front = 0; fronts.includes(-1); front++) {
    const left = points.flatMap((_, i) => (fronts[i] === -1 ? [i] : []));
    for (const i of left) {
      if (!left.some((j) => dominates(points[j] ?? [], points[i] ?? []))) fronts[i] = front;
    }
  }
  return fronts;
}

describe('non-dominated fronts', () => {
  it.each([1, 2, 3, 4])('of %i objectives are those of the definition', (objectives) => {
    const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true }));
    const point = fc.array(value, { minLength: objectives, maxLength: objectives });
    const direction = fc.constantFrom<Direction>('minimize', 'maximize');
    fc.assert(
      fc.property(
        fc.array(point, { maxLength: 40 }),
        fc.array(direction, { minLength: objectives, maxLength: objectives }),
        (points, directions) => {
          expect(frontsOf(points, directions)).toEqual(peeled(points, directions));
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });
});
