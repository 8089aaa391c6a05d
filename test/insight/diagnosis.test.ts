import { streamOf } from '../../src/core/random';
import {
  dataSizeCurve,
  dataSizeFinding,
  diagnose,
  type DataSizeCurve,
  type DiagnosisRequest,
  type SizePoint,
} from '../../src/insight';

type Shape = (epoch: number) => { train: number; validation: number };

/** Curves in shares of a chance of 2, so that a rule that forgets to normalise is found out. */
function codes(shape: Shape, more: Partial<DiagnosisRequest> & { epochs?: number; budget?: number } = {}) {
  const { epochs = 40, budget = 80, ...rest } = more;
  const curve = Array.from({ length: epochs }, (_, i) => {
    const { train, validation } = shape(i + 1);
    return { train: 2 * train, validation: 2 * validation };
  });
  const request = { diverged: false, reference: null, ...rest };
  return diagnose({
    ...request,
    curve: { epochs: curve, chance: 2, budget, bestEpoch: null, trainLoss: null },
  }).map(({ code }) => code);
}

const falling = (epoch: number, floor: number): number => floor + (1 - floor) * Math.exp(-epoch / 5);

describe('the diagnosis of a learning curve', () => {
  it('calls a curve that falls, flattens and stays close well fitted', () => {
    expect(codes((e) => ({ train: falling(e, 0.1), validation: falling(e, 0.12) }))).toEqual(['well_fitted']);
  });

  it('names a loss that stopped being finite, or ran away, as diverged and nothing else', () => {
    expect(codes(() => ({ train: 1, validation: 1 }), { diverged: true, epochs: 0 })).toEqual(['diverged']);
    expect(codes((e) => ({ train: 0.5 * 1.1 ** e, validation: 1 }))).toEqual(['diverged']);
  });

  it('sees steps that overshoot in a training loss that goes up as much as down, not in one that wiggles', () => {
    const zigzag =
      (size: number): Shape =>
      (e) => ({
        train: falling(e, 0.4) + (e % 2 === 0 ? size : 0),
        validation: falling(e, 0.42),
      });
    expect(codes(zigzag(0.05))).toContain('learning_rate_too_high');
    expect(codes(zigzag(0.003))).not.toContain('learning_rate_too_high');
  });

  it('sees steps that are too small in a loss that falls along a line, not in one that bends', () => {
    const line: Shape = (e) => ({ train: 1 - 0.003 * e, validation: 1 - 0.003 * e });
    expect(codes(line)[0]).toBe('learning_rate_too_low');
    expect(codes((e) => ({ train: falling(e, 0.6), validation: falling(e, 0.6) }))).not.toContain(
      'learning_rate_too_low',
    );
  });

  it('sees that training ended too early only where all epochs were used', () => {
    const slow: Shape = (e) => ({ train: 0.05 + Math.exp(-e / 20), validation: 0.06 + Math.exp(-e / 20) });
    expect(codes(slow, { budget: 40 })).toContain('not_converged');
    expect(codes(slow, { budget: 80 })).not.toContain('not_converged');
  });

  it('sees overfitting in the gap, and in a validation loss that rises while training goes on', () => {
    expect(codes((e) => ({ train: falling(e, 0.1), validation: falling(e, 0.4) }))).toEqual(['overfit']);
    const rises: Shape = (e) => ({ train: falling(e, 0.3), validation: falling(e, 0.3) + 0.006 * e });
    expect(codes(rises)).toContain('overfit');
    expect(codes((e) => ({ train: falling(e, 0.3), validation: falling(e, 0.36) }))).not.toContain('overfit');
  });

  it('sees underfitting where a larger network does better, and not where nothing does', () => {
    const bad: Shape = (e) => ({ train: falling(e, 0.6), validation: falling(e, 0.62) });
    expect(codes(bad, { reference: { trainLoss: 0.4, validationLoss: 0.6 } })).toContain('underfit');
    expect(codes(bad, { reference: { trainLoss: 0.4, validationLoss: 1.22 } })).toEqual(['well_fitted']);
    expect(codes((e) => ({ train: 0.97 + 0 * e, validation: 0.98 }))).toContain('underfit');
  });

  it('sees noise in a validation loss that jumps where the training loss does not', () => {
    const stream = streamOf('noise');
    const noisy =
      (size: number): Shape =>
      (e) => ({
        train: falling(e, 0.3),
        validation: falling(e, 0.3) + size * stream.normal(),
      });
    expect(codes(noisy(0.08))[0]).toBe('noisy_validation');
    expect(codes(noisy(0.005))).toEqual(['well_fitted']);
  });

  it('says nothing of a curve of two epochs', () => {
    expect(codes(() => ({ train: 0.5, validation: 0.5 }), { epochs: 2 })).toEqual([]);
  });
});

/** Three repeats at five sizes around floor + scale · rows^−exponent. */
function sizes(
  floor: number,
  scale: number,
  noise: number,
  seed: number,
  exponent = 0.5,
): readonly SizePoint[] {
  const stream = streamOf('sizes', seed);
  return [0.1, 0.2, 0.4, 0.7, 1].flatMap((share) =>
    [0, 1, 2].map(() => {
      const rows = share * 1000;
      return {
        share,
        rows,
        train: 0,
        validation: floor + scale * rows ** -exponent + noise * stream.normal(),
      };
    }),
  );
}

describe('the data-size curve', () => {
  it.each([
    ['a floor and little noise', 0.1, 6, 0.01, 0.5],
    ['a floor and much noise', 0.1, 6, 0.03, 0.5],
    ['no floor at all', 0, 1, 0.01, 0.2],
  ])(
    'holds the gain of twice the rows in its 80 % interval, of laws with %s',
    (_, floor, scale, noise, exponent) => {
      const lossOf = (rows: number): number => floor + scale * rows ** -exponent;
      const truth = 1 - lossOf(2000) / lossOf(1000);
      let held = 0;
      for (let seed = 0; seed < 20; seed++) {
        const doubled = dataSizeCurve(sizes(floor, scale, noise, seed, exponent), seed)?.doubled;
        if (doubled !== undefined && doubled.gainLow <= truth && truth <= doubled.gainHigh) held += 1;
      }
      expect(held).toBeGreaterThanOrEqual(14);
    },
  );

  it.each([
    ['more_data_helps', 0.02, 8],
    ['more_data_does_not_help', 0.3, 0.1],
  ])('says %s where that is so', (code, floor, scale) => {
    const curve = dataSizeCurve(sizes(floor, scale, 0.002, 1), 1);
    expect(curve === null ? null : dataSizeFinding(curve)?.code).toBe(code);
  });

  it('has nothing to gain where every loss is 0', () => {
    const curve = dataSizeCurve(sizes(0, 0, 0, 1), 1);
    expect(curve?.doubled).toMatchObject({ validation: 0, gain: 0, gainLow: 0, gainHigh: 0 });
    expect(curve === null ? null : dataSizeFinding(curve)?.code).toBe('more_data_does_not_help');
    const stored = JSON.parse(
      JSON.stringify({ ...curve, doubled: { ...curve?.doubled, gain: NaN, gainLow: NaN, gainHigh: NaN } }),
    ) as DataSizeCurve;
    expect(dataSizeFinding(stored)).toBeNull();
  });

  it('is silent where noise leaves both open, and null for two sizes', () => {
    const curve = dataSizeCurve(sizes(0.2, 1, 0.08, 2), 2);
    expect(curve === null ? 'none' : dataSizeFinding(curve)).toBeNull();
    expect(dataSizeCurve(sizes(0.1, 1, 0, 1).slice(0, 6), 1)).toBeNull();
  });
});
