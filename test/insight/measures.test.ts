import { streamOf } from '../../src/core/random';
import { scoreRows } from '../../src/insight';
import { classificationMetrics, regressionMetrics } from '../../src/training/metrics';
import { drawnClasses } from './predictions';

describe('metrics of predictions', () => {
  it.each([2, 4])('equal what training measures from logits, for %i classes', (classes) => {
    const predictions = drawnClasses(1, 200, { classes });
    const logits = Float32Array.from(
      classes === 2
        ? Array.from({ length: 200 }, (_, i) => {
            const share = predictions.probabilities[2 * i + 1] ?? 0;
            return Math.log(share / (1 - share));
          })
        : predictions.probabilities.map(Math.log),
    );
    const wanted = classificationMetrics(logits, Float32Array.from(predictions.actual), classes);
    const found = scoreRows(predictions).measure(null);
    for (const [metric, value] of Object.entries(found)) expect(value).toBeCloseTo(wanted[metric] ?? NaN, 5);
    expect(Object.keys(found).sort()).toEqual(
      Object.keys(wanted)
        .filter((metric) => metric !== 'loss')
        .sort(),
    );
  });

  it('equal what training measures of values', () => {
    const stream = streamOf('values');
    const actual = Float64Array.from({ length: 100 }, () => 5 + 2 * stream.normal());
    const predicted = actual.map((value) => value + stream.normal());
    const rows = Uint32Array.from(actual, (_, i) => i);
    const found = scoreRows({ kind: 'values', rows, actual, predicted }).measure(null);
    const wanted = regressionMetrics(Float32Array.from(predicted), Float32Array.from(actual), 'mse', {
      deviation: 1,
    });
    for (const [metric, value] of Object.entries(found)) expect(value).toBeCloseTo(wanted[metric] ?? NaN, 4);
  });

  it('counts a row twice when its weight is 2', () => {
    const predictions = drawnClasses(2, 50, { classes: 2 });
    const twice = {
      ...predictions,
      actual: Int32Array.from([...predictions.actual, ...predictions.actual.slice(0, 20)]),
      probabilities: Float64Array.from([
        ...predictions.probabilities,
        ...predictions.probabilities.slice(0, 40),
      ]),
    };
    const weights = Array.from({ length: 50 }, (_, i) => (i < 20 ? 2 : 1));
    const found = scoreRows(predictions).measure(weights);
    const wanted = scoreRows(twice).measure(null);
    for (const [metric, value] of Object.entries(found)) expect(value).toBeCloseTo(wanted[metric] ?? NaN, 10);
  });

  it('are null where a metric is undefined, never NaN', () => {
    const rows = Uint32Array.of(0, 1);
    const constant = {
      kind: 'values',
      rows,
      actual: Float64Array.of(3, 3),
      predicted: Float64Array.of(3, 4),
    } as const;
    expect(scoreRows(constant).measure(null)).toMatchObject({ r2: null, mae: 0.5 });
    const oneClass = {
      kind: 'classes',
      labels: ['no', 'yes'],
      rows,
      actual: Int32Array.of(1, 1),
      probabilities: Float64Array.of(0.4, 0.6, 0.2, 0.8),
    } as const;
    expect(scoreRows(oneClass).measure(null)).toMatchObject({ rocAuc: null, accuracy: 1 });
  });
});
