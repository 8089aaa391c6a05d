import type { DiagnosisCode, Finding } from '../../core/finding';
import { streamOf, type RandomStream } from '../../core/random';
import { normalCdf, normalQuantile } from '../../core/normal';
import { quantile } from '../bootstrap';

const DRAWS = 500;
/** Shares of draws beyond the estimate are held within this of 0 and 1. */
const LEAST_SHARE = 0.02;
/** Numbers of a law that are fitted. */
const LAW_NUMBERS = 3;
const LOW = 0.1;
const HIGH = 0.9;
/** Doubling the rows has to lower the loss by this share of it to be worth it. */
const LEAST_GAIN = 0.05;
/** Exponents of the power law that are tried; curves of learning lie within (Hestness et al. 2017). */
const EXPONENTS = Array.from({ length: 40 }, (_, i) => 0.05 * (i + 1));

export interface SizePoint {
  readonly share: number;
  readonly rows: number;
  readonly train: number;
  readonly validation: number;
}

/** Validation loss = floor + scale × rows^−exponent. */
export interface PowerLaw {
  readonly floor: number;
  readonly scale: number;
  readonly exponent: number;
}

export interface DataSizeCurve {
  /** Mean over the repeats at each size. */
  readonly points: readonly (SizePoint & { readonly deviation: number })[];
  readonly law: PowerLaw;
  /** What twice the training rows are expected to give. */
  readonly doubled: {
    readonly rows: number;
    readonly validation: number;
    readonly low: number;
    readonly high: number;
    /** Share of the present validation loss that would go away, with its 80 % interval. */
    readonly gain: number;
    readonly gainLow: number;
    readonly gainHigh: number;
  };
}

/**
 * Fits a power law through validation losses at growing numbers of training rows, and says what twice the rows would
 * give; the interval comes from drawing the residuals again (bootstrap) and fitting anew.
 * Null with fewer than three sizes.
 */
export function dataSizeCurve(points: readonly SizePoint[], seed: number): DataSizeCurve | null {
  const sizes = [...new Set(points.map(({ rows }) => rows))].sort((a, b) => a - b);
  const most = sizes.at(-1);
  if (sizes.length < 3 || most === undefined) return null;
  const groups = sizes.map((rows) => points.filter((point) => point.rows === rows));
  const law = fitPowerLaw(groups.flat());
  const stream = streamOf(seed, 'data size');
  const draws = Array.from({ length: DRAWS }, () => {
    const other = fitPowerLaw(redraw(points, law, stream));
    return { at: lossAt(other, most), doubled: lossAt(other, 2 * most) };
  });
  const now = lossAt(law, most);
  const doubled = lossAt(law, 2 * most);
  const losses = draws.map((draw) => draw.doubled).sort((a, b) => a - b);
  const gains = draws.map((draw) => gainOf(draw.at, draw.doubled)).sort((a, b) => a - b);
  const gain = gainOf(now, doubled);
  const [gainLow, gainHigh] = conservativeInterval(gains, gain);
  const [low, high] = conservativeInterval(losses, doubled);
  return {
    points: groups.map(summary),
    law,
    doubled: {
      rows: 2 * most,
      validation: doubled,
      low,
      high,
      gain,
      gainLow,
      gainHigh,
    },
  };
}

/** Of a loss of 0 nothing can go away. */
function gainOf(now: number, doubled: number): number {
  return now > 0 ? 1 - doubled / now : 0;
}

/** More data helps where even the low end of the gain is worth it, and does not where the high end is not; else silence. */
export function dataSizeFinding({ doubled, points }: DataSizeCurve): Finding<DiagnosisCode> | null {
  const { rows, gain, gainLow, gainHigh } = doubled;
  // Curves of earlier builds have no gain where the loss was 0: JSON has made null of it.
  if (![gain, gainLow, gainHigh].every(Number.isFinite)) return null;
  const range = `${share(gain)} (80 % interval ${share(gainLow)} to ${share(gainHigh)})`;
  const evidence = {
    rows,
    gain,
    gainLow,
    gainHigh,
    leastGain: LEAST_GAIN,
    sizes: points.map((point) => point.rows),
  };
  if (gainLow >= LEAST_GAIN) {
    return {
      code: 'more_data_helps',
      severity: 'info',
      message: `More data would help: ${String(rows)} training rows, twice as many, are expected to lower the validation loss by ${range}.`,
      evidence,
      advice:
        'Collect more rows before tuning further, or make the most of those there are with training.augmentation.',
    };
  }
  if (gainHigh >= LEAST_GAIN) return null;
  return {
    code: 'more_data_does_not_help',
    severity: 'info',
    message: `More data of this kind would not help much: twice as many training rows are expected to lower the validation loss by ${range}.`,
    evidence,
    advice: 'Better features, another network or cleaner labels will do more than more rows.',
  };
}

/** Least squares over floor ≥ 0 and scale ≥ 0 for each exponent of a grid; the best of them. */
export function fitPowerLaw(points: readonly SizePoint[]): PowerLaw {
  let best: { law: PowerLaw; error: number } | null = null;
  for (const exponent of EXPONENTS) {
    const x = points.map(({ rows }) => rows ** -exponent);
    const y = points.map(({ validation }) => validation);
    const law = { exponent, ...nonNegativeLine(x, y) };
    const error = points.reduce((sum, point) => sum + (lossAt(law, point.rows) - point.validation) ** 2, 0);
    if (best === null || error < best.error) best = { law, error };
  }
  return best?.law ?? { floor: 0, scale: 0, exponent: 1 };
}

export function lossAt({ floor, scale, exponent }: PowerLaw, rows: number): number {
  return floor + scale * rows ** -exponent;
}

function nonNegativeLine(x: readonly number[], y: readonly number[]): { floor: number; scale: number } {
  const count = x.length;
  const meanX = x.reduce((sum, value) => sum + value, 0) / count;
  const meanY = y.reduce((sum, value) => sum + value, 0) / count;
  const xx = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  const xy = x.reduce((sum, value, i) => sum + (value - meanX) * ((y[i] ?? 0) - meanY), 0);
  const scale = xx === 0 ? 0 : xy / xx;
  const floor = meanY - scale * meanX;
  if (scale < 0) return { floor: meanY, scale: 0 };
  if (floor >= 0) return { floor, scale };
  const throughZero = x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return { floor: 0, scale: throughZero / x.reduce((sum, value) => sum + value * value, 0) };
}

/**
 * Percentiles of the draws, and the same moved by how far the estimate lies from their median (bias-corrected bootstrap,
 * Efron 1987): what holds both. A floor below 0 is ruled out, and near it draws lie to one side of what they were drawn
 * around; on noisy points the correction goes too far.
 */
function conservativeInterval(sorted: readonly number[], estimate: number): readonly [number, number] {
  const below = sorted.filter((value) => value < estimate).length;
  const ties = sorted.filter((value) => value === estimate).length;
  const share = (below + ties / 2) / sorted.length;
  const bias = normalQuantile(Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, share)));
  const moved = (level: number): number => quantile(sorted, normalCdf(2 * bias + normalQuantile(level)));
  return [Math.min(quantile(sorted, LOW), moved(LOW)), Math.max(quantile(sorted, HIGH), moved(HIGH))];
}

/** The same sizes with losses around the law, as far off as fits have been, at whatever size (residual bootstrap). */
function redraw(points: readonly SizePoint[], law: PowerLaw, stream: RandomStream): readonly SizePoint[] {
  // A law that was fitted to the points lies nearer to them than the true one.
  const inflation = Math.sqrt(points.length / Math.max(1, points.length - LAW_NUMBERS));
  const residuals = points.map(({ rows, validation }) => inflation * (validation - lossAt(law, rows)));
  return points.map((point) => {
    const residual = residuals[stream.integer(0, residuals.length - 1)] ?? 0;
    return { ...point, validation: Math.max(0, lossAt(law, point.rows) + residual) };
  });
}

function summary(group: readonly SizePoint[]): DataSizeCurve['points'][number] {
  const mean = (pick: (point: SizePoint) => number): number =>
    group.reduce((sum, point) => sum + pick(point), 0) / group.length;
  const validation = mean((point) => point.validation);
  const squares = group.reduce((sum, point) => sum + (point.validation - validation) ** 2, 0);
  const [first] = group;
  return {
    share: first?.share ?? 0,
    rows: first?.rows ?? 0,
    train: mean((point) => point.train),
    validation,
    deviation: Math.sqrt(squares / Math.max(1, group.length - 1)),
  };
}

function share(value: number): string {
  return `${(100 * value).toFixed(0)} %`;
}
