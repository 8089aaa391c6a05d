import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { InvalidError } from '../../core/errors';
import type { PreparationConfig } from '../../core/specification';
import type { Components, DerivedColumn } from './fitted';
import { deviationOf, meanOf } from './statistics';

/** Training rows, evenly spaced, by which columns are ranked and compared. */
const RANKED_ROWS = 5000;
/** Of several classes the most frequent are looked at. */
const MOST_CLASSES = 10;
/** The decomposition takes time with the cube of the columns. */
const MOST_PCA_COLUMNS = 1000;

/** Prepared training rows: what the steps have made, before anything is built on it. */
export interface PreparedSample {
  readonly rows: number;
  readonly width: number;
  /** [rows, width], row-major */
  readonly x: Float64Array;
  /** Class index or value of each row. */
  readonly y: Float64Array;
  readonly isClasses: boolean;
}

/**
 * Products of two numeric columns, and squares and cubes: those that go best with the target, at most `enrichLimit`.
 * @param numeric places of the numeric columns
 */
export function fitDerived(
  sample: PreparedSample,
  numeric: readonly number[],
  names: readonly string[],
  { enrich, enrichLimit }: Pick<PreparationConfig, 'enrich' | 'enrichLimit'>,
): readonly DerivedColumn[] {
  if (enrich === 'none') return [];
  const pairs = numeric.flatMap((a, i) => numeric.slice(i + 1).map((b) => [a, b]));
  const powers = numeric.flatMap((a) => [
    [a, a],
    [a, a, a],
  ]);
  const candidates = [...(enrich === 'powers' ? [] : pairs), ...(enrich === 'products' ? [] : powers)];
  const places = evenly(sample.rows, RANKED_ROWS);
  const targets = targetsOf(sample, places);
  return candidates
    .flatMap((factors) => {
      const values = Float64Array.from(places, (row) =>
        factors.reduce((product, factor) => product * (sample.x[row * sample.width + factor] ?? 0), 1),
      );
      const center = meanOf(values);
      const spread = deviationOf(values, center);
      if (spread === 0) return [];
      const strength = Math.max(
        ...targets.map((target) => Math.abs(correlation(standardised(values), target))),
      );
      return [{ column: { name: nameOf(factors, names), factors, center, spread }, strength }];
    })
    .sort((a, b) => b.strength - a.strength)
    .slice(0, enrichLimit)
    .map(({ column }) => column);
}

/** Places of the columns that are no near copy of one before them. @param threshold correlation above which a column goes */
export function fitKept(sample: PreparedSample, threshold: number): readonly number[] {
  const places = evenly(sample.rows, RANKED_ROWS);
  const kept: { readonly column: number; readonly values: Float64Array }[] = [];
  for (let column = 0; column < sample.width; column++) {
    const values = standardised(columnOf(sample, column, places));
    const isCopy = kept.some((other) => Math.abs(correlation(values, other.values)) > threshold);
    if (!isCopy) kept.push({ column, values });
  }
  return kept.map(({ column }) => column);
}

/**
 * Principal components of the columns as they are prepared.
 * @param wanted how many (from 1), or the share of variance that they must hold together (below 1)
 * @throws InvalidError `too_many_columns` above 1 000 columns
 */
export function fitComponents(sample: PreparedSample, wanted: number): Components {
  const { rows, width, x } = sample;
  if (width > MOST_PCA_COLUMNS) {
    const message = `${String(width)} columns; PCA takes at most ${String(MOST_PCA_COLUMNS)}`;
    throw new InvalidError('too_many_columns', `preparation.pca: ${message}`, {
      errors: [{ path: 'preparation.pca', message }],
    });
  }
  const mean = Array.from({ length: width }, (_, k) => meanOf(columnOf(sample, k)));
  const covariance = Matrix.zeros(width, width);
  for (let i = 0; i < rows; i++) {
    for (let a = 0; a < width; a++) {
      const left = (x[i * width + a] ?? 0) - (mean[a] ?? 0);
      if (left === 0) continue;
      for (let b = a; b < width; b++) {
        covariance.set(
          a,
          b,
          covariance.get(a, b) + (left * ((x[i * width + b] ?? 0) - (mean[b] ?? 0))) / rows,
        );
      }
    }
  }
  for (let a = 0; a < width; a++) for (let b = 0; b < a; b++) covariance.set(a, b, covariance.get(b, a));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  const total = realEigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0) || 1;
  const shares = order.map((i) => Math.max(0, realEigenvalues[i] ?? 0) / total);
  const count = wanted < 1 ? countFor(shares, wanted) : Math.min(width, wanted);
  return {
    mean,
    components: order.slice(0, count).map((i) => signed(eigenvectorMatrix.getColumn(i))),
    variance: shares.slice(0, count),
  };
}

function countFor(shares: readonly number[], wanted: number): number {
  let held = 0;
  const last = shares.findIndex((share) => (held += share) >= wanted - 1e-12);
  return last < 0 ? shares.length : last + 1;
}

/** A component's sign means nothing; the largest weight is positive, so that equal data give equal components. */
function signed(component: readonly number[]): readonly number[] {
  const largest = component.reduce((best, weight) => (Math.abs(weight) > Math.abs(best) ? weight : best), 0);
  return largest < 0 ? component.map((weight) => -weight) : component;
}

function nameOf(factors: readonly number[], names: readonly string[]): string {
  const [first = 0] = factors;
  if (factors.every((factor) => factor === first)) return `${names[first] ?? ''}^${String(factors.length)}`;
  return factors.map((factor) => names[factor] ?? '').join(' × ');
}

/** The target, or whether a row has a class, each standardised. */
function targetsOf({ y, isClasses }: PreparedSample, places: readonly number[]): readonly Float64Array[] {
  const own = Float64Array.from(places, (row) => y[row] ?? 0);
  if (!isClasses) return [standardised(own)];
  const counts = new Map<number, number>();
  for (const code of own) counts.set(code, (counts.get(code) ?? 0) + 1);
  const codes = [...counts].sort(([a, m], [b, n]) => n - m || a - b).slice(0, MOST_CLASSES);
  return codes.map(([code]) => standardised(own.map((value) => Number(value === code))));
}

function columnOf(
  { x, width, rows }: PreparedSample,
  column: number,
  places?: readonly number[],
): Float64Array {
  if (places === undefined)
    return Float64Array.from({ length: rows }, (_, row) => x[row * width + column] ?? 0);
  return Float64Array.from(places, (row) => x[row * width + column] ?? 0);
}

function standardised(values: Float64Array): Float64Array {
  const mean = meanOf(values);
  const deviation = deviationOf(values, mean);
  return deviation === 0
    ? new Float64Array(values.length)
    : values.map((value) => (value - mean) / deviation);
}

/** Of two standardised columns. */
function correlation(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum / Math.max(1, a.length);
}

/** At most `most` of the places 0 … count − 1, evenly spaced. */
export function evenly(count: number, most: number): readonly number[] {
  const length = Math.min(count, most);
  return Array.from({ length }, (_, i) => Math.floor((i * count) / length));
}
