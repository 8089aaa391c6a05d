import { orthogonal } from '../../src/training/orthogonal';

/** The largest difference of the vectors' products from those of orthonormal ones; every `stride`-th vector is looked at. */
function deviation(shape: readonly number[], gain: number, seed: number, stride = 1): number {
  const columns = shape.at(-1) ?? 1;
  const values = orthogonal(shape, gain, seed);
  const rows = values.length / columns;
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const at = (vector: number, k: number): number =>
    values[rows < columns ? vector * columns + k : k * columns + vector] ?? NaN;
  let most = 0;
  for (let i = 0; i < count; i += stride) {
    for (let j = 0; j <= i; j += stride) {
      let product = 0;
      for (let k = 0; k < length; k++) product += at(i, k) * at(j, k);
      most = Math.max(most, Math.abs(product / gain ** 2 - (i === j ? 1 : 0)));
    }
  }
  return most;
}

describe('an orthogonal matrix', () => {
  it.each([[[1, 1]], [[3, 3]], [[4, 16]], [[16, 4]], [[7, 28]], [[28, 6]], [[65, 65]], [[3, 3, 5, 9]]])(
    'of the shape %j has orthonormal vectors',
    (shape) => {
      expect(deviation(shape, 1, 3)).toBeLessThan(1e-6);
      expect(deviation(shape, 2.5, 4)).toBeLessThan(1e-6);
    },
  );

  it('of a large recurrent layer has them too', () => {
    expect(deviation([700, 2800], 1, 1, 50)).toBeLessThan(1e-6);
  });

  it('is the seed’s', () => {
    const first = orthogonal([6, 24], 1, 1);
    expect(orthogonal([6, 24], 1, 1)).toEqual(first);
    expect(orthogonal([6, 24], 1, 2)).not.toEqual(first);
  });

  it('prefers no direction', () => {
    const draws = 4000;
    const sums = new Float64Array(9);
    const squares = new Float64Array(9);
    let turns = 0;
    for (let seed = 0; seed < draws; seed++) {
      const m = orthogonal([3, 3], 1, seed);
      m.forEach((value, i) => {
        sums[i] = (sums[i] ?? 0) + value;
        squares[i] = (squares[i] ?? 0) + value * value;
      });
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, k = 0] = m;
      if (a * (e * k - f * h) - b * (d * k - f * g) + c * (d * h - e * g) > 0) turns += 1;
    }
    // Of a uniform distribution every entry has mean 0 and variance 1/3; five standard errors of each.
    for (const sum of sums) expect(Math.abs(sum / draws)).toBeLessThan(5 * Math.sqrt(1 / 3 / draws));
    for (const square of squares)
      expect(Math.abs(square / draws - 1 / 3)).toBeLessThan(5 * Math.sqrt(0.09 / draws));
    expect(Math.abs(turns / draws - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / draws));
  });
});
