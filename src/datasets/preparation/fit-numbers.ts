import type { MissingConfig, PreparationConfig } from '../../core/specification';
import type { DatePart, DatePartName, DateStep, NumericStep, Scale, Tail } from './fitted';
import { datePart, shortened } from './preprocess';
import { deviationOf, meanOf, modeOf, normalQuantile, quantileOf, skewnessOf } from './statistics';

/** Beyond this skewness, either way, a column has a long tail. */
const LONG_TAIL = 1;
/** A column of fewer values has levels, not a tail. */
const LEAST_TAIL_VALUES = 10;
/** Order statistics that a tail is fitted to; more tell no more. */
const TAIL_SAMPLE = 10_000;
const LAMBDAS = [-2, 4] as const;
const MOST_POINTS = 101;
/** The largest value in units of a tail: far from what a double cannot be. */
const MOST_UNITS = 1e307;
/** Interquartile range of the standard normal distribution. */
const NORMAL_IQR = 1.3489795003921634;

const PARTS: readonly DatePartName[] = ['year', 'month', 'day', 'weekday', 'hour'];
const CYCLES: readonly DatePartName[] = ['yearCycle', 'monthCycle', 'weekCycle', 'dayCycle'];

type NumberConfig = Pick<PreparationConfig, 'missing' | 'scale' | 'longTails'>;

/** @returns null where the training rows have one value and nothing is missing: such a column tells nothing */
export function fitNumbers(
  name: string,
  values: Float64Array,
  rows: Uint32Array,
  { missing, scale, longTails }: NumberConfig,
): NumericStep | null {
  const present = presentOf(values, rows);
  if (present.length === 0) return null;
  const fill = fillOf(present, missing.method);
  const fills = rows.length - present.length;
  const indicator = missing.indicator && fills > 0;
  const tail = fitTail(present, longTails);
  const short = tail === null ? present : present.map((value) => shortened(value, tail));
  const fitted = fitScale(short, shortened(fill, tail), fills, scale);
  if (fitted === null && !indicator) return null;
  return {
    kind: 'numeric',
    name,
    type: 'number',
    fill,
    tail,
    scale: fitted ?? { kind: 'linear', center: short[0] ?? 0, spread: 1 },
    indicator,
  };
}

/** A boolean stays 0 and 1; a missing one is the more frequent of the two. */
export function fitBooleans(
  name: string,
  values: Float64Array,
  rows: Uint32Array,
  missing: MissingConfig,
): NumericStep | null {
  const present = presentOf(values, rows);
  const indicator = missing.indicator && present.length < rows.length;
  const isConstant = present.length === 0 || present[0] === present.at(-1);
  if (isConstant && !(indicator && present.length > 0)) return null;
  const scale = { kind: 'linear', center: 0, spread: 1 } as const;
  return { kind: 'numeric', name, type: 'boolean', fill: modeOf(present), tail: null, scale, indicator };
}

export function fitDates(
  name: string,
  values: Float64Array,
  rows: Uint32Array,
  { dates, missing, scale }: Pick<PreparationConfig, 'dates' | 'missing' | 'scale'>,
): DateStep | null {
  const present = presentOf(values, rows);
  if (dates === 'none' || present.length === 0) return null;
  const fill = Math.round(quantileOf(present, 0.5));
  const fills = rows.length - present.length;
  const numbersOf = (of: DatePartName): Float64Array => present.map((time) => datePart(time, of)).sort();
  const numeric = (of: DatePartName): DatePart[] => {
    const fitted = fitScale(numbersOf(of), datePart(fill, of), fills, scale);
    return fitted === null ? [] : [{ of, wave: null, scale: fitted }];
  };
  const waves = (of: DatePartName): DatePart[] => {
    const places = numbersOf(of);
    if (places[0] === places.at(-1)) return [];
    const same: Scale = { kind: 'linear', center: 0, spread: 1 };
    return (['sin', 'cos'] as const).map((wave) => ({ of, wave, scale: same }));
  };
  const parts = dates === 'parts' ? PARTS.flatMap(numeric) : [...numeric('time'), ...CYCLES.flatMap(waves)];
  const indicator = missing.indicator && fills > 0;
  return parts.length === 0 && !indicator ? null : { kind: 'date', name, fill, parts, indicator };
}

/**
 * @param sorted values that are present, ascending
 * @param fills how often `fill` stands in
 * @returns null of a constant
 */
export function fitScale(
  sorted: Float64Array,
  fill: number,
  fills: number,
  scale: PreparationConfig['scale'],
): Scale | null {
  const mean = meanOf(sorted, fill, fills);
  const deviation = deviationOf(sorted, mean, fill, fills);
  const [low = 0, high = 0] = [sorted[0], sorted.at(-1)];
  if (deviation === 0) return null;
  const standard: Scale = { kind: 'linear', center: mean, spread: deviation };
  // A value's distance from another may be no double.
  if (high - low === Infinity && scale !== 'none' && scale !== 'quantile')
    return { kind: 'linear', center: low / 2 + high / 2, spread: high / 2 - low / 2 };
  switch (scale) {
    case 'none':
      return { kind: 'linear', center: 0, spread: 1 };
    case 'standard':
      return standard;
    case 'minmax':
      return high > low ? { kind: 'linear', center: low, spread: high - low } : standard;
    case 'robust': {
      const range = quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25);
      // Where half of the values are one, the deviation is what is left to measure by.
      return {
        kind: 'linear',
        center: quantileOf(sorted, 0.5),
        spread: range > 0 ? range / NORMAL_IQR : deviation,
      };
    }
    case 'quantile':
      return high > low ? quantileTable(sorted) : standard;
  }
}

/** Values to standard normal quantiles of their (mid) rank, by at most 101 points. */
function quantileTable(sorted: Float64Array): Scale {
  const values: number[] = [];
  const shares: number[] = [];
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
    values.push(sorted[start] ?? 0);
    shares.push((start + end) / 2 / sorted.length);
    start = end;
  }
  const count = Math.min(MOST_POINTS, values.length);
  const isSmall = values.length <= MOST_POINTS;
  const chosen = new Set(isSmall ? values.keys() : [0, values.length - 1]);
  for (let i = 1, next = 1; !isSmall && i < values.length && next < count - 1; i++) {
    if ((shares[i] ?? 0) < next / (count - 1)) continue;
    chosen.add(i);
    while ((shares[i] ?? 0) >= next / (count - 1)) next += 1;
  }
  const places = [...chosen].sort((a, b) => a - b);
  const from = places.map((i) => values[i] ?? 0);
  const to = places.map((i) => normalQuantile(shares[i] ?? 0.5));
  // Between two points whose distance is no double there is a third one, half-way.
  const wide = from.findIndex((value, i) => i > 0 && value - (from[i - 1] ?? 0) === Infinity);
  if (wide > 0) {
    from.splice(wide, 0, (from[wide - 1] ?? 0) / 2 + (from[wide] ?? 0) / 2);
    to.splice(wide, 0, (to[wide - 1] ?? 0) / 2 + (to[wide] ?? 0) / 2);
  }
  return { kind: 'table', from, to };
}

/** What makes the values least skewed, where they have a long tail; null: nothing does, or nothing is asked for. */
export function fitTail(sorted: Float64Array, wanted: PreparationConfig['longTails']): Tail | null {
  if (wanted === 'none') return null;
  const sample = thinned(sorted);
  const before = Math.abs(skewnessOf(sample));
  if (before <= LONG_TAIL || new Set(sample).size <= LEAST_TAIL_VALUES) return null;
  if (wanted !== 'auto') return tailOf(sample, wanted);
  const tails = (['log', 'yeo-johnson'] as const)
    .map((kind) => tailOf(sample, kind))
    .map((tail) => ({ tail, skewness: Math.abs(skewnessOf(sample.map((value) => shortened(value, tail)))) }))
    .sort((a, b) => a.skewness - b.skewness);
  const [best] = tails;
  return best !== undefined && best.skewness < before ? best.tail : null;
}

/** @param sorted ascending, not empty */
export function tailOf(sorted: Float64Array, kind: Tail['kind']): Tail {
  const sample = thinned(sorted);
  const sizes = sample.map(Math.abs).filter((size) => size > 0);
  sizes.sort();
  const largest = sizes.at(-1) ?? 1;
  // The largest value in this unit has to be a double.
  const unitAt = (share: number): number =>
    sizes.length === 0 ? 1 : Math.max(quantileOf(sizes, share), largest / MOST_UNITS);
  if (kind === 'log') return { kind, unit: unitAt(0.1) };
  const unit = unitAt(0.5);
  const lambda = likeliestLambda(sample, unit);
  const ends = [sample[0] ?? 0, sample.at(-1) ?? 0].map((end) => shortened(end, { kind, unit, lambda }));
  // Of huge values of both signs no power shortens one side without the other running away: 1 leaves both.
  return { kind, unit, lambda: ends.every(Number.isFinite) ? lambda : 1 };
}

/** Golden-section search for the λ of Yeo and Johnson under which the values are most likely normal. */
function likeliestLambda(sample: Float64Array, unit: number): number {
  let logs = 0;
  for (const value of sample) logs += Math.sign(value) * Math.log1p(Math.abs(value / unit));
  const likelihood = (lambda: number): number => {
    const short = sample.map((value) => shortened(value, { kind: 'yeo-johnson', unit, lambda }));
    const deviation = deviationOf(short, meanOf(short));
    return deviation > 0 ? -sample.length * Math.log(deviation) + (lambda - 1) * logs : -Infinity;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high]: [number, number] = [...LAMBDAS];
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [atA, atB] = [likelihood(a), likelihood(b)];
  // Where both overflow, a smaller power is needed of the sign of the largest value.
  const isLowSafe = (sample.at(-1) ?? 0) >= -(sample[0] ?? 0);
  for (let i = 0; i < 30; i++) {
    if (atA > atB || (atA === -Infinity && atB === -Infinity && isLowSafe)) {
      [high, b, atB] = [b, a, atA];
      a = high - ratio * (high - low);
      atA = likelihood(a);
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + ratio * (high - low);
      atB = likelihood(b);
    }
  }
  return (low + high) / 2;
}

function thinned(sorted: Float64Array): Float64Array {
  if (sorted.length <= TAIL_SAMPLE) return sorted;
  const last = sorted.length - 1;
  return Float64Array.from(
    { length: TAIL_SAMPLE },
    (_, i) => sorted[Math.round((i * last) / (TAIL_SAMPLE - 1))] ?? 0,
  );
}

function fillOf(sorted: Float64Array, method: MissingConfig['method']): number {
  if (method === 'mean') return meanOf(sorted);
  return method === 'median' ? quantileOf(sorted, 0.5) : modeOf(sorted);
}

function presentOf(values: Float64Array, rows: Uint32Array): Float64Array {
  const present = new Float64Array(rows.length);
  let count = 0;
  for (const row of rows) {
    const value = values[row] ?? NaN;
    if (!Number.isNaN(value)) present[count++] = value;
  }
  return present.slice(0, count).sort();
}
