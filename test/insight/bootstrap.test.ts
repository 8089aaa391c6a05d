import { streamOf } from '../../src/core/random';
import { compare, confidenceOf, scoreRows } from '../../src/insight';
import { drawnClasses } from './predictions';

const objective = { metric: 'logLoss', direction: 'minimize' } as const;

/** Absolute errors of `groups` groups of ten rows that share most of their error. */
function grouped(seed: number, groups: number) {
  const stream = streamOf('grouped', seed);
  const predicted = new Float64Array(groups * 10);
  for (let group = 0; group < groups; group++) {
    const shared = Math.abs(stream.normal());
    for (let i = 0; i < 10; i++) predicted[group * 10 + i] = shared + 0.1 * stream.uniform();
  }
  const rows = Uint32Array.from(predicted, (_, i) => i);
  return scoreRows({ kind: 'values', rows, actual: new Float64Array(predicted.length), predicted });
}

function width(
  { low, high }: { low: number | null; high: number | null } | undefined = { low: 0, high: 0 },
): number {
  return (high ?? 0) - (low ?? 0);
}

describe('bootstrap intervals', () => {
  it('hold the true value in about 95 of 100 samples', () => {
    // Mean absolute value of a standard normal.
    const truth = Math.sqrt(2 / Math.PI);
    let held = 0;
    for (let seed = 0; seed < 40; seed++) {
      const stream = streamOf('coverage', seed);
      const predicted = Float64Array.from({ length: 80 }, () => stream.normal());
      const rows = Uint32Array.from(predicted, (_, i) => i);
      const scored = scoreRows({ kind: 'values', rows, actual: new Float64Array(80), predicted });
      const { low, high } = confidenceOf(scored, { kind: 'rows' }, seed)['mae'] ?? { low: null, high: null };
      if (low !== null && high !== null && low <= truth && truth <= high) held += 1;
    }
    // Of 40 draws with 0.95: 34 or more in 99 of 100 cases.
    expect(held).toBeGreaterThanOrEqual(34);
  });

  it('are wider over groups, and over blocks of time, than over rows that hang together', () => {
    const scored = grouped(1, 30);
    const rows = width(confidenceOf(scored, { kind: 'rows' }, 1)['mae']);
    const groups = Int32Array.from({ length: 300 }, (_, i) => Math.floor(i / 10));
    expect(width(confidenceOf(scored, { kind: 'groups', groups }, 1)['mae'])).toBeGreaterThan(2 * rows);
    const order = Uint32Array.from({ length: 300 }, (_, i) => i);
    expect(width(confidenceOf(scored, { kind: 'blocks', order }, 1)['mae'])).toBeGreaterThan(1.5 * rows);
  });

  it('are the same for the same seed, and null without rows', () => {
    const scored = scoreRows(drawnClasses(1, 60));
    expect(confidenceOf(scored, { kind: 'rows' }, 5)).toEqual(confidenceOf(scored, { kind: 'rows' }, 5));
    const none = scoreRows(drawnClasses(1, 0));
    expect(confidenceOf(none, { kind: 'rows' }, 5)['logLoss']).toEqual({
      value: null,
      low: null,
      high: null,
    });
  });
});

describe('the paired comparison', () => {
  it('favours the model that is better on the same rows, and neither of two equals', () => {
    const good = scoreRows(drawnClasses(4, 300));
    const bad = scoreRows(drawnClasses(4, 300, { sharpness: 4 }));
    expect(compare(good, bad, objective, { kind: 'rows' }, 1)).toMatchObject({ favoured: true, better: 1 });
    expect(compare(bad, good, objective, { kind: 'rows' }, 1).favoured).toBe(false);
    expect(compare(good, good, objective, { kind: 'rows' }, 1)).toMatchObject({ favoured: false, better: 0 });
  });
});
