import type { ValuePredictions } from '../../core/predictions';
import { quantile } from '../bootstrap';
import type { FeatureColumn } from './columns';
import { coarseBins } from './slice-bins';

const HISTOGRAM_BINS = 20;
const MOST_POINTS = 400;
const MOST_FEATURES = 12;

/** Residuals are predicted − actual, in the target's own units. */
export interface Residuals {
  readonly mean: number;
  readonly deviation: number;
  readonly quantiles: Readonly<Record<'p05' | 'p25' | 'p50' | 'p75' | 'p95', number>>;
  readonly histogram: readonly { readonly low: number; readonly high: number; readonly rows: number }[];
  /** A sample of rows. */
  readonly points: readonly { readonly actual: number; readonly predicted: number }[];
  /** The features that tell most of the residual first; a bin's mean with its standard error. */
  readonly byFeature: readonly FeatureResiduals[];
}

export interface FeatureResiduals {
  readonly feature: string;
  /** Share of the residuals' variance that lies between the bins, in [0, 1]: near 0 where nothing is left to learn. */
  readonly explained: number;
  readonly bins: readonly {
    readonly label: string;
    readonly rows: number;
    readonly mean: number;
    readonly standardError: number;
  }[];
}

/** Null without rows. @param columns raw columns of the same rows */
export function residualsOf(
  { actual, predicted }: ValuePredictions,
  columns: readonly FeatureColumn[],
): Residuals | null {
  const rows = actual.length;
  if (rows === 0) return null;
  const residuals = actual.map((value, i) => (predicted[i] ?? 0) - value);
  const mean = residuals.reduce((sum, value) => sum + value, 0) / rows;
  const variance = residuals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
  const sorted = Float64Array.from(residuals).sort();
  const step = Math.max(1, Math.ceil(rows / MOST_POINTS));
  const points = Array.from({ length: Math.ceil(rows / step) }, (_, i) => ({
    actual: actual[i * step] ?? 0,
    predicted: predicted[i * step] ?? 0,
  }));
  return {
    mean,
    deviation: Math.sqrt(variance),
    quantiles: {
      p05: quantile(sorted, 0.05),
      p25: quantile(sorted, 0.25),
      p50: quantile(sorted, 0.5),
      p75: quantile(sorted, 0.75),
      p95: quantile(sorted, 0.95),
    },
    histogram: histogramOf(sorted),
    points,
    byFeature: columns
      .map((column) => againstFeature(column, residuals, mean, variance))
      .sort((a, b) => b.explained - a.explained)
      .slice(0, MOST_FEATURES),
  };
}

function histogramOf(sorted: Float64Array): Residuals['histogram'] {
  const [low = 0] = sorted;
  const high = sorted.at(-1) ?? 0;
  const width = (high - low) / HISTOGRAM_BINS;
  if (width === 0) return [{ low, high, rows: sorted.length }];
  const counts = Array.from({ length: HISTOGRAM_BINS }, () => 0);
  for (const value of sorted) {
    const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count, i) => ({ low: low + i * width, high: low + (i + 1) * width, rows: count }));
}

function againstFeature(
  column: FeatureColumn,
  residuals: Float64Array,
  mean: number,
  variance: number,
): FeatureResiduals {
  const binned = coarseBins(column);
  const bins = Array.from({ length: binned.bins }, (_, bin) => {
    const members = residuals.filter((_residual, row) => binned.codes[row] === bin);
    const center = members.reduce((sum, value) => sum + value, 0) / Math.max(1, members.length);
    const squares = members.reduce((sum, value) => sum + (value - center) ** 2, 0);
    const rows = members.length;
    const standardError = rows < 2 ? 0 : Math.sqrt(squares / (rows - 1) / rows);
    return { label: labelOf(binned.condition(bin, bin + 1)), rows, mean: center, standardError };
  }).filter(({ rows }) => rows > 0);
  const between = bins.reduce((sum, bin) => sum + bin.rows * (bin.mean - mean) ** 2, 0) / residuals.length;
  // What bins of pure noise explain by chance is taken off (adjusted R², Ezekiel 1930).
  const raw = variance === 0 ? 0 : between / variance;
  const freedom = (residuals.length - 1) / Math.max(1, residuals.length - bins.length);
  return { feature: column.name, explained: Math.max(0, 1 - (1 - raw) * freedom), bins };
}

function labelOf(condition: ReturnType<ReturnType<typeof coarseBins>['condition']>): string {
  if ('missing' in condition) return 'missing';
  if ('level' in condition) return condition.level;
  const short = (value: number): string => String(Number(value.toPrecision(4)));
  const { low, high } = condition;
  if (low === null) return high === null ? 'all' : `< ${short(high)}`;
  return high === null ? `≥ ${short(low)}` : `${short(low)} – ${short(high)}`;
}
