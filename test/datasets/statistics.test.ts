import fc from 'fast-check';
import { fitScale, fitTail, tailOf } from '../../src/datasets/preparation/fit-numbers';
import { lengthened, scaled, shortened } from '../../src/datasets/preparation/preprocess';
import { deviationOf, meanOf, skewnessAbout, skewnessOf } from '../../src/datasets/preparation/statistics';
import { pearson } from '../../src/datasets/audit/association';
import { histogramOf } from '../../src/datasets/audit/statistics';

const MOST = Number.MAX_VALUE;

/** Any finite double, the extremes as often as ordinary ones. */
const anyDouble = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
  fc.constantFrom(0, 1e-320, 1e-200, 1e153, 1e155, 1e200, -1e200, 1e308, -1e308, MOST, -MOST),
);
const columns = fc
  .array(anyDouble, { minLength: 2, maxLength: 60 })
  .map((values) => Float64Array.from(values, (value) => value + 0).sort());

describe('moments', () => {
  it('of ordinary values beside a single huge one are those of the huge one', () => {
    for (const huge of [1e150, 1e200, 1e300]) {
      const values = Float64Array.from({ length: 101 }, (_, i) => (i === 100 ? huge : i));
      // Of one value among n zeros the deviation is √(n − 1) / n, the skewness (n − 2) / √(n − 1).
      const mean = meanOf(values);
      expect(mean / (huge / 101)).toBeCloseTo(1, 9);
      expect(deviationOf(values, mean) / (huge * (Math.sqrt(100) / 101))).toBeCloseTo(1, 9);
      expect(skewnessOf(values)).toBeCloseTo(99 / 10, 9);
    }
  });

  it('of tiny values are not lost', () => {
    const values = Float64Array.of(1e-200, 3e-200);
    const mean = meanOf(values);
    expect(mean / 2e-200).toBeCloseTo(1, 12);
    expect(deviationOf(values, mean) / 1e-200).toBeCloseTo(1, 12);
  });

  it('do not depend on the unit', () => {
    const values = Float64Array.of(1, 2, 4, 8, 16, 31);
    const [deviation, skewness] = [deviationOf(values, meanOf(values)), skewnessOf(values)];
    for (const exponent of [-900, -600, 500, 600, 1000]) {
      // A power of two scales without rounding.
      const unit = 2 ** exponent;
      const turned = values.map((value) => value * unit);
      expect(deviationOf(turned, meanOf(turned)) / unit).toBeCloseTo(deviation, 9);
      expect(skewnessOf(turned)).toBeCloseTo(skewness, 9);
    }
  });

  it('are finite of any doubles, and a deviation no more than half of their range', () => {
    fc.assert(
      fc.property(columns, (sorted) => {
        const mean = meanOf(sorted);
        const deviation = deviationOf(sorted, mean);
        const [low = 0, high = 0] = [sorted[0], sorted.at(-1)];
        expect(Number.isFinite(mean)).toBe(true);
        expect(deviation).toBeGreaterThanOrEqual(0);
        expect(deviation / 2).toBeLessThanOrEqual((high / 4 - low / 4) * (1 + 1e-9));
        expect(Number.isFinite(skewnessAbout(sorted, mean, deviation))).toBe(true);
      }),
    );
  });
});

describe('scales and tails', () => {
  it('make finite numbers of any doubles, in their order', () => {
    const scales = fc.constantFrom('standard', 'minmax', 'robust', 'quantile', 'none' as const);
    const tails = fc.constantFrom('none', 'auto', 'log', 'yeo-johnson' as const);
    fc.assert(
      fc.property(columns, scales, tails, anyDouble, (sorted, scale, wanted, unseen) => {
        const tail = fitTail(sorted, wanted);
        const short = tail === null ? sorted : sorted.map((value) => shortened(value, tail));
        expect(short.every(Number.isFinite)).toBe(true);
        const fitted = fitScale(short, short[0] ?? 0, 0, scale);
        if (fitted === null) return;
        // What is no finite number is stored as null.
        expect(JSON.stringify([fitted, tail ?? 'none'])).not.toContain('null');
        const prepared = Array.from(short, (value) => scaled(value, fitted));
        expect(prepared.every((value) => Math.abs(value) <= 1e6)).toBe(true);
        prepared.reduce((before, value) => {
          expect(value).toBeGreaterThanOrEqual(before);
          return value;
        }, -Infinity);
        expect(Math.abs(scaled(shortened(unseen, tail), fitted))).toBeLessThanOrEqual(1e6);
      }),
      { numRuns: 300 },
    );
  });

  it('of one huge value keep the others apart where the tail is shortened', () => {
    const sorted = Float64Array.from({ length: 101 }, (_, i) => (i === 100 ? 1e200 : i + 1));
    const tail = fitTail(sorted, 'auto');
    expect(tail).not.toBeNull();
    const scale = fitScale(
      sorted.map((value) => shortened(value, tail)),
      0,
      0,
      'standard',
    );
    const at = (value: number): number => (scale === null ? NaN : scaled(shortened(value, tail), scale));
    expect(at(100) - at(1)).toBeGreaterThan(0.05);
    expect(at(1e200)).toBeGreaterThan(5);
  });

  it('come back from a shortened tail', () => {
    for (const kind of ['log', 'yeo-johnson'] as const) {
      const tail = tailOf(Float64Array.of(-1e308, 1e-9, 2, 3, 5, 1e308), kind);
      for (const value of [-1e308, 1e308])
        expect(lengthened(shortened(value, tail), tail) / value).toBeCloseTo(1, 6);
    }
  });
});

describe('what the audit makes of extreme values', () => {
  it('holds all of them in a histogram of finite edges', () => {
    fc.assert(
      fc.property(columns, (sorted) => {
        const { edges, counts } = histogramOf(sorted);
        expect(edges.every(Number.isFinite)).toBe(true);
        expect(edges.toSorted((a, b) => a - b)).toEqual(edges);
        expect([edges[0], edges.at(-1)]).toEqual([sorted[0], sorted.at(-1)]);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(sorted.length);
      }),
    );
  });

  it('sees a correlation of them', () => {
    const a = Float64Array.from({ length: 50 }, (_, i) => (i - 20) * 1e300);
    const b = Float64Array.from({ length: 50 }, (_, i) => -i * 1e-300);
    expect(pearson(a, b)).toBeCloseTo(-1, 9);
    expect(pearson(a, new Float64Array(50).fill(1e300))).toBeNull();
  });
});
