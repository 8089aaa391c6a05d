import { inUnits } from '../preparation/statistics';
import type { Association } from './types';
import { binned, type AuditColumn, type Binned } from './values';

const ASSOCIATION_BINS = 16;
/** Fine bins, for how well a column alone tells the target: at most so many, and two rows each. */
const MOST_TELLING_BINS = 1000;

/** The target in the rows that are looked at. */
export type AuditTarget =
  | {
      readonly kind: 'classes';
      readonly name: string;
      readonly codes: Int32Array;
      readonly labels: readonly string[];
    }
  | {
      readonly kind: 'values';
      readonly name: string;
      readonly values: Float64Array;
      readonly binned: Binned;
    };

export function associationOf(column: AuditColumn, target: AuditTarget): Association {
  const x = binned(column, ASSOCIATION_BINS);
  const y: Binned =
    target.kind === 'classes' ? { bins: target.codes, count: target.labels.length } : target.binned;
  const table = cross(x, y);
  const bothNumbers = column.kind === 'numbers' && target.kind === 'values';
  const bothLevels = column.kind === 'levels' && target.kind === 'classes';
  const ratio = (): number | null => {
    if (column.kind === 'levels' && target.kind === 'values') return ratioOf(x, target.values);
    if (column.kind === 'numbers' && target.kind === 'classes') return ratioOf(y, column.values);
    return null;
  };
  return {
    correlation: bothNumbers ? pearson(column.values, target.values) : null,
    correlationRatio: ratio(),
    cramersV: bothLevels ? cramersV(table) : null,
    mutualInformation: mutualInformation(table),
  };
}

interface Crossed {
  /** [x, y] */
  readonly counts: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly rows: number;
}

/** Counts of pairs; rows where either is missing are left out. */
function cross(a: Binned, b: Binned): Crossed {
  const counts = new Float64Array(a.count * b.count);
  const x = new Float64Array(a.count);
  const y = new Float64Array(b.count);
  let rows = 0;
  for (let row = 0; row < a.bins.length; row++) {
    const [i, j] = [a.bins[row] ?? -1, b.bins[row] ?? -1];
    if (i < 0 || j < 0) continue;
    const at = i * b.count + j;
    counts[at] = (counts[at] ?? 0) + 1;
    x[i] = (x[i] ?? 0) + 1;
    y[j] = (y[j] ?? 0) + 1;
    rows += 1;
  }
  return { counts, x, y, rows };
}

function mutualInformation({ counts, x, y, rows }: Crossed): number | null {
  if (rows === 0) return null;
  let sum = 0;
  let cells = 0;
  counts.forEach((count, at) => {
    if (count === 0) return;
    cells += 1;
    const expected = ((x[Math.floor(at / y.length)] ?? 0) * (y[at % y.length] ?? 0)) / rows;
    sum += (count / rows) * Math.log(count / expected);
  });
  const used = (of: Float64Array): number => of.filter((count) => count > 0).length;
  return Math.max(0, sum - (cells - used(x) - used(y) + 1) / (2 * rows));
}

function cramersV({ counts, x, y, rows }: Crossed): number | null {
  const [r, k] = [x.filter((n) => n > 0).length, y.filter((n) => n > 0).length];
  if (rows < 2 || r < 2 || k < 2) return null;
  let chi = 0;
  counts.forEach((count, at) => {
    const expected = ((x[Math.floor(at / y.length)] ?? 0) * (y[at % y.length] ?? 0)) / rows;
    if (expected > 0) chi += (count - expected) ** 2 / expected;
  });
  const phi = Math.max(0, chi / rows - ((r - 1) * (k - 1)) / (rows - 1));
  const least = Math.min(r - (r - 1) ** 2 / (rows - 1), k - (k - 1) ** 2 / (rows - 1)) - 1;
  return least <= 0 ? null : Math.min(1, Math.sqrt(phi / least));
}

/** V of two columns of levels. */
export function crossedV(a: Binned, b: Binned): number | null {
  return cramersV(cross(a, b));
}

/** η in any unit: of values too large or too small to be squared, in theirs. */
function ratioOf(groups: Binned, values: Float64Array): number | null {
  return plainRatio(groups, values) ?? plainRatio(groups, inUnits(values));
}

/** η: the root of the share of the values' variance that lies between the groups. */
function plainRatio({ bins, count }: Binned, values: Float64Array): number | null {
  const sums = new Float64Array(count);
  const counts = new Float64Array(count);
  let total = 0;
  let rows = 0;
  for (let row = 0; row < bins.length; row++) {
    const bin = bins[row] ?? -1;
    const value = values[row] ?? NaN;
    if (bin < 0 || Number.isNaN(value)) continue;
    sums[bin] = (sums[bin] ?? 0) + value;
    counts[bin] = (counts[bin] ?? 0) + 1;
    total += value;
    rows += 1;
  }
  const mean = total / rows;
  let all = 0;
  let between = 0;
  for (let row = 0; row < bins.length; row++) {
    const bin = bins[row] ?? -1;
    const value = values[row] ?? NaN;
    if (bin < 0 || Number.isNaN(value)) continue;
    all += (value - mean) ** 2;
    between += ((sums[bin] ?? 0) / (counts[bin] ?? 1) - mean) ** 2;
  }
  return rows < 2 || !(all > 0) || !Number.isFinite(all) ? null : Math.sqrt(Math.min(1, between / all));
}

/** Of rows that have both; null of a constant. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  // Of values too large or too small to be squared, in units of theirs.
  return plainPearson(a, b) ?? plainPearson(inUnits(a), inUnits(b));
}

function plainPearson(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  let rows = 0;
  let [meanA, meanB, varA, varB, both] = [0, 0, 0, 0, 0];
  for (let row = 0; row < a.length; row++) {
    const [x, y] = [a[row] ?? NaN, b[row] ?? NaN];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    rows += 1;
    const [dx, dy] = [x - meanA, y - meanB];
    meanA += dx / rows;
    meanB += dy / rows;
    varA += dx * (x - meanA);
    varB += dy * (y - meanB);
    both += dx * (y - meanB);
  }
  const size = Math.sqrt(varA) * Math.sqrt(varB);
  return size > 0 && Number.isFinite(size) ? Math.max(-1, Math.min(1, both / size)) : null;
}

/**
 * How well a column alone tells the target: learned on the even rows, measured on the odd ones. Missing values count as
 * a kind of value, because they may tell.
 * @returns of classes the accuracy, and that of the most frequent class; of values R², and 0
 */
export function tellsTarget(
  column: AuditColumn,
  target: AuditTarget,
): { readonly score: number; readonly baseline: number } {
  const most = Math.min(MOST_TELLING_BINS, Math.ceil(column.values.length / 2));
  const { bins, count } = binned(column, most);
  const isOrdered = column.kind === 'numbers';
  if (target.kind === 'classes')
    return tellsClasses(bins, count + 1, target.codes, target.labels.length, isOrdered);
  const score = (values: Float64Array): number | null => tellsValues(bins, count + 1, values, isOrdered);
  return { score: score(target.values) ?? score(inUnits(target.values)) ?? 0, baseline: 0 };
}

function tellsClasses(
  bins: Int32Array,
  kinds: number,
  codes: Int32Array,
  classes: number,
  isOrdered: boolean,
): { readonly score: number; readonly baseline: number } {
  const counts = new Float64Array(kinds * classes);
  const all = new Float64Array(classes);
  for (let row = 0; row < codes.length; row += 2) {
    const code = codes[row] ?? -1;
    if (code < 0) continue;
    const at = ((bins[row] ?? -1) + 1) * classes + code;
    counts[at] = (counts[at] ?? 0) + 1;
    all[code] = (all[code] ?? 0) + 1;
  }
  const majority = all.indexOf(Math.max(...all));
  const learned = Array.from({ length: kinds }, (_, kind) => {
    const own = counts.subarray(kind * classes, (kind + 1) * classes);
    const most = Math.max(...own);
    return most === 0 ? null : own.indexOf(most);
  });
  const guesses = filled(learned, isOrdered, majority);
  let [right, plain, rows] = [0, 0, 0];
  for (let row = 1; row < codes.length; row += 2) {
    const code = codes[row] ?? -1;
    if (code < 0) continue;
    rows += 1;
    right += Number(guesses[(bins[row] ?? -1) + 1] === code);
    plain += Number(majority === code);
  }
  return { score: rows === 0 ? 0 : right / rows, baseline: rows === 0 ? 1 : plain / rows };
}

/** R²; null where the values cannot be squared, and of constants. */
function tellsValues(
  bins: Int32Array,
  kinds: number,
  values: Float64Array,
  isOrdered: boolean,
): number | null {
  const sums = new Float64Array(kinds);
  const counts = new Float64Array(kinds);
  let [total, seen] = [0, 0];
  for (let row = 0; row < values.length; row += 2) {
    const value = values[row] ?? NaN;
    if (Number.isNaN(value)) continue;
    const kind = (bins[row] ?? -1) + 1;
    sums[kind] = (sums[kind] ?? 0) + value;
    counts[kind] = (counts[kind] ?? 0) + 1;
    total += value;
    seen += 1;
  }
  const learned = Array.from(counts, (own, kind) => (own === 0 ? null : (sums[kind] ?? 0) / own));
  const guesses = filled(learned, isOrdered, total / seen);
  let [errors, spread] = [0, 0];
  for (let row = 1; row < values.length; row += 2) {
    const value = values[row] ?? NaN;
    if (Number.isNaN(value)) continue;
    const guess = guesses[(bins[row] ?? -1) + 1] ?? 0;
    errors += (value - guess) ** 2;
    spread += (value - total / seen) ** 2;
  }
  return spread > 0 && Number.isFinite(spread) ? 1 - errors / spread : null;
}

/** What is guessed of kinds that no even row has: of numbers what the kind before it says, else what all rows say. */
function filled(learned: readonly (number | null)[], isOrdered: boolean, all: number): readonly number[] {
  let before: number | null = null;
  return learned.map((guess, kind) => {
    // Kind 0 are the missing values.
    const own: number = guess ?? (isOrdered && kind > 0 ? before : null) ?? all;
    if (kind > 0 && guess !== null) before = guess;
    return own;
  });
}
