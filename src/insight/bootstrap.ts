import { isBetter, type Direction, type Metrics } from '../core/metrics';
import type { Interval, MetricIntervals } from '../core/predictions';
import { streamOf, type RandomStream } from '../core/random';
import type { ScoredRows } from './measures';

const DRAWS = 1000;
/** Ends of a 95 % interval. */
const LOW = 0.025;
const HIGH = 0.975;

/**
 * What is drawn again: single rows; whole groups, where rows of one entity belong together; or blocks of rows that
 * follow each other in time (circular block bootstrap, Politis and Romano 1992).
 */
export type ResamplingUnit =
  | { readonly kind: 'rows' }
  /** [rows]: the group of each row. */
  | { readonly kind: 'groups'; readonly groups: ArrayLike<number> }
  /** [rows]: row indices, earliest first. */
  | { readonly kind: 'blocks'; readonly order: ArrayLike<number> };

/** Draws how often each row counts, with replacement. */
export function resampler(rows: number, unit: ResamplingUnit): (stream: RandomStream) => Float64Array {
  const members = membersOf(rows, unit);
  return (stream) => {
    const weights = new Float64Array(rows);
    for (let drawn = 0; drawn < members.draws; drawn++) {
      for (const row of members.at(stream.integer(0, members.units - 1)))
        weights[row] = (weights[row] ?? 0) + 1;
    }
    return weights;
  };
}

interface Members {
  /** Units there are to draw from. */
  readonly units: number;
  /** Units drawn each time. */
  readonly draws: number;
  at(unit: number): Iterable<number>;
}

function membersOf(rows: number, unit: ResamplingUnit): Members {
  if (unit.kind === 'rows') return { units: rows, draws: rows, at: (row) => [row] };
  if (unit.kind === 'groups') {
    const groups = new Map<number, number[]>();
    for (let row = 0; row < rows; row++) {
      const group = unit.groups[row] ?? -1;
      const list = groups.get(group);
      if (list === undefined) groups.set(group, [row]);
      else list.push(row);
    }
    const lists = [...groups.values()];
    return { units: lists.length, draws: lists.length, at: (i) => lists[i] ?? [] };
  }
  const length = Math.max(1, Math.ceil(Math.cbrt(rows)));
  const at = (start: number): number[] =>
    Array.from({ length }, (_, i) => unit.order[(start + i) % rows] ?? 0);
  return { units: rows, draws: Math.ceil(rows / length), at };
}

/**
 * Percentile bootstrap intervals of every metric (Efron and Tibshirani 1993, chapter 13). They hold the draw of the
 * rows, not the variation of training.
 */
export function confidenceOf(scored: ScoredRows, unit: ResamplingUnit, seed: number): MetricIntervals {
  const value = scored.measure(null);
  const draw = resampler(scored.rows, unit);
  const stream = streamOf(seed, 'bootstrap');
  const samples = Array.from({ length: scored.rows === 0 ? 0 : DRAWS }, () => scored.measure(draw(stream)));
  const interval = (metric: string): Interval => ({
    value: value[metric] ?? null,
    ...percentiles(samples.map((sample) => sample[metric] ?? null)),
  });
  return Object.fromEntries(Object.keys(value).map((metric) => [metric, interval(metric)]));
}

/** How a model compares with another on the same rows. */
export interface PairedComparison {
  readonly metric: string;
  /** Metric of the first minus metric of the second, with its 95 % interval. */
  readonly difference: Interval;
  /** Share of draws in which the first is better. */
  readonly better: number;
  /** True when the whole interval is on the better side. */
  readonly favoured: boolean;
}

/** Both models are measured on the same draws, so that rows that are hard for both cancel out. */
export function compare(
  first: ScoredRows,
  second: ScoredRows,
  objective: { readonly metric: string; readonly direction: Direction },
  unit: ResamplingUnit,
  seed: number,
): PairedComparison {
  const { metric, direction } = objective;
  const draw = resampler(first.rows, unit);
  const stream = streamOf(seed, 'paired bootstrap');
  const differences: (number | null)[] = [];
  let better = 0;
  for (let i = 0; i < DRAWS; i++) {
    const weights = draw(stream);
    const difference = minus(first.measure(weights), second.measure(weights), metric);
    differences.push(difference);
    if (isBetter(difference, 0, direction)) better += 1;
  }
  const value = minus(first.measure(null), second.measure(null), metric);
  const { low, high } = percentiles(differences);
  const favoured = isBetter(low, 0, direction) && isBetter(high, 0, direction);
  return { metric, difference: { value, low, high }, better: better / DRAWS, favoured };
}

function minus(a: Metrics, b: Metrics, metric: string): number | null {
  const [x, y] = [a[metric] ?? null, b[metric] ?? null];
  return x === null || y === null ? null : x - y;
}

/** Null where the metric was undefined in more than one draw of twenty. */
function percentiles(values: readonly (number | null)[]): { low: number | null; high: number | null } {
  const defined = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (defined.length === 0 || defined.length < values.length * 0.95) return { low: null, high: null };
  return { low: quantile(defined, LOW), high: quantile(defined, HIGH) };
}

/** Linear between the two nearest of `sorted`; NaN for none. @param share in [0, 1] */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}
