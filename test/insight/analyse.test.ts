import type { ValuePredictions } from '../../src/core/predictions';
import { streamOf } from '../../src/core/random';
import { analyseErrors, type FeatureColumn } from '../../src/insight';

const ROWS = 400;

/** Values whose errors have a deviation of 1, and of `spread` where the place is `north` (5 % of the rows). */
function analysis(spread: number) {
  const stream = streamOf('analyse', 2);
  const levels = ['north', 'south'];
  const places = Int32Array.from({ length: ROWS }, (_, i) => (i % 20 === 0 ? 0 : 1));
  const columns: FeatureColumn[] = [
    { kind: 'codes', name: 'place', values: places, levels },
    { kind: 'numbers', name: 'x', values: Float64Array.from({ length: ROWS }, () => stream.normal()) },
  ];
  const rows = Uint32Array.from({ length: ROWS }, (_, i) => i + 100);
  const actual = Float64Array.from({ length: ROWS }, () => 10 * stream.normal());
  const predicted = actual.map((value, i) => value + (places[i] === 0 ? spread : 1) * stream.normal());
  const predictions: ValuePredictions = { kind: 'values', rows, actual, predicted };
  return { ...analyseErrors(predictions, predictions, columns, null, 5), actual, predicted };
}

describe('the analysis of errors', () => {
  it('has bad_slice among its findings where errors are planted, with what was measured', () => {
    const { findings, slices } = analysis(8);
    const [found] = findings.filter(({ code }) => code === 'bad_slice');
    expect(found).toMatchObject({ severity: 'warning', evidence: { rows: 20 } });
    expect(found?.message).toContain('place');
    expect(found?.message).toContain('north');
    expect(found?.evidence['meanError']).toBe(slices[0]?.meanError);
    expect(found?.advice).not.toBe('');
  });

  it('has none where they are not', () => {
    expect(analysis(1).findings).toEqual([]);
  });

  it('names the worst rows by their place in the table, the worst first', () => {
    const { worst, actual, predicted } = analysis(8);
    const errors = actual.map((value, i) => Math.abs(value - (predicted[i] ?? NaN)));
    const most = errors.indexOf(Math.max(...errors));
    expect(worst[0]?.row).toBe(most + 100);
    const found = worst.map(({ row }) => errors[row - 100] ?? NaN);
    expect(found).toEqual(found.toSorted((a, b) => b - a));
  });
});
