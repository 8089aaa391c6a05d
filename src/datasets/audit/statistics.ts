import { quantileOf } from '../preparation/statistics';
import type { ColumnAudit, Histogram, NumberStatistics } from './types';
import { distinctIn, missingIn, type AuditColumn, type NumberColumn } from './values';

const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const MOST_BINS = 30;
const LEAST_BINS = 5;
const SHOWN_LEVELS = 20;
/** A shown level is cut to so many characters. */
const MOST_SHOWN = 100;

/** What the audit shows of one column, without its association. */
export function statisticsOf(column: AuditColumn): Omit<ColumnAudit, 'association'> {
  const { name, type } = column.profile;
  const plain = { name, type, missing: missingIn(column), distinct: distinctIn(column), image: null };
  if (column.kind === 'numbers') {
    return { ...plain, numbers: numberStatistics(column), levels: null, length: null };
  }
  const levels = column.counts
    .slice(0, SHOWN_LEVELS)
    .map(([code, count]) => ({ value: (column.levels[code] ?? '').slice(0, MOST_SHOWN), count }));
  return { ...plain, numbers: null, levels, length: type === 'text' ? lengthOf(column) : null };
}

function numberStatistics(column: NumberColumn): NumberStatistics | null {
  const { sorted, mean, deviation, skewness } = column;
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  return {
    mean,
    deviation,
    min,
    max,
    quantiles: Object.fromEntries(QUANTILES.map((share) => [String(share), quantileOf(sorted, share)])),
    skewness,
    histogram: histogramOf(sorted),
  };
}

/** Bins of equal width by the rule of Freedman and Diaconis (1981), 5 to 30; whole numbers get bins of whole numbers. */
export function histogramOf(sorted: Float64Array): Histogram {
  const [min = 0, max = 0] = [sorted[0], sorted.at(-1)];
  if (min === max) return { edges: [min, max], counts: [sorted.length] };
  const range = max - min;
  if (range === Infinity) {
    const { edges, counts } = histogramOf(sorted.map((value) => value / 4));
    return { edges: edges.map((edge, i) => (i === edges.length - 1 ? max : edge * 4)), counts };
  }
  const width = (2 * (quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25))) / Math.cbrt(sorted.length);
  const wanted = width > 0 ? Math.ceil(range / width) : MOST_BINS;
  let bins = Math.min(MOST_BINS, Math.max(LEAST_BINS, wanted));
  if (range < bins && sorted.every(Number.isInteger)) bins = range;
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? max : min + (i / bins) * range));
  const counts = new Array<number>(bins).fill(0);
  let bin = 0;
  for (const value of sorted) {
    while (bin < bins - 1 && value >= (edges[bin + 1] ?? max)) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges, counts };
}

function lengthOf(column: Extract<AuditColumn, { kind: 'levels' }>): ColumnAudit['length'] {
  let total = 0;
  let longest = 0;
  let rows = 0;
  for (const [code, count] of column.counts) {
    const { length } = column.levels[code] ?? '';
    total += length * count;
    rows += count;
    longest = Math.max(longest, length);
  }
  return rows === 0 ? null : { mean: total / rows, longest };
}
