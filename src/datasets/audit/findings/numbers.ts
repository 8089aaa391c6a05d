import { tailOf } from '../../preparation/fit-numbers';
import { shortened } from '../../preparation/preprocess';
import { quantileOf, skewnessOf } from '../../preparation/statistics';
import type { AuditFinding } from '../types';
import type { NumberColumn } from '../values';
import { count, figure, percent, quoted } from './text';

/** Interquartile ranges beyond the quartiles: six standard deviations of a normal distribution. */
const FAR = 4;
/** A gap between the far values and the others, as a share of the others' range. */
const LEAST_GAP = 0.25;
/** More than so many far values are a tail, not outliers. */
const MOST_OUTLIERS = 0.01;
const LEAST_ROWS = 30;
const LONG_TAIL = 1;
const LEAST_TAIL_VALUES = 10;
/** A floor or cap stands so many times as often as each of its neighbours … */
const PILED_FACTOR = 5;
const PILED_NEIGHBOURS = 5;
/** … in at least so many rows and this share of them, in a column of at least so many values. */
const PILED_ROWS = 10;
const PILED_SHARE = 0.01;
const PILED_VALUES = 20;
const SHOWN = 5;

/** What the distribution of a numeric column shows. @param rows of the table, for evidence; null: all */
export function findNumbers(column: NumberColumn, rows: Uint32Array | null): readonly AuditFinding[] {
  if (column.profile.type !== 'numeric' || column.sorted.length < LEAST_ROWS) return [];
  const lean = skewnessOf(middleOf(column.sorted));
  return [outliers(column, rows, lean), ...piledUp(column), longTail(column, lean)].filter(
    (finding) => finding !== null,
  );
}

/**
 * Values far beyond the quartiles; of a skewed column after its tail is shortened, because a tail is no error.
 * @param lean skewness of the middle
 */
function outliers(column: NumberColumn, rows: Uint32Array | null, lean: number): AuditFinding | null {
  const { sorted, values } = column;
  const skewed = Math.abs(lean) > 0.5 || Math.abs(column.skewness) > LONG_TAIL;
  const tail = skewed ? tailOf(middleOf(sorted), 'yeo-johnson') : null;
  const short = (value: number): number => shortened(value, tail);
  const [low, high] = [short(quantileOf(sorted, 0.25)), short(quantileOf(sorted, 0.75))];
  if (high <= low) return null;
  const [first, end] = insideOf(sorted, short, [low - FAR * (high - low), high + FAR * (high - low)]);
  const far = sorted.length - (end - first);
  if (far === 0 || far > MOST_OUTLIERS * sorted.length) return null;
  const [least, most] = [sorted[first] ?? 0, sorted[end - 1] ?? 0];
  const examples: { row: number; value: number }[] = [];
  for (let i = 0; i < values.length && examples.length < SHOWN; i++) {
    const value = values[i] ?? NaN;
    if (value < least || value > most) examples.push({ row: rows === null ? i : (rows[i] ?? 0), value });
  }
  const { name } = column.profile;
  const range = [least, most];
  return {
    code: 'outliers',
    severity: 'warning',
    message: `${quoted(name)} has ${count(far, 'value')} far from all others, such as ${figure(examples[0]?.value ?? NaN)}; the others lie from ${figure(range[0] ?? 0)} to ${figure(range[1] ?? 0)}`,
    evidence: {
      column: name,
      outliers: far,
      share: far / sorted.length,
      others: range,
      examples,
    },
    advice:
      'Look at those rows: a typing error or a wrong unit should be mended; a true value is tamed by preparation.scale "robust" or "quantile".',
  };
}

/**
 * Far values that follow on the others are their tail: only beyond a wide gap is a value alone.
 * @param sorted ascending
 * @param short shortens a tail, and keeps the order
 * @param bounds values that are shortened to less, or more, are far
 * @returns the places of the others, from the first to before the end
 */
function insideOf(
  sorted: Float64Array,
  short: (value: number) => number,
  [from, to]: readonly [number, number],
): readonly [first: number, end: number] {
  const first = firstPlace(sorted, (value) => short(value) >= from);
  const end = firstPlace(sorted, (value) => short(value) > to);
  const at = (place: number): number => short(sorted[place] ?? NaN);
  const [least, most] = [at(first), at(end - 1)];
  const gap = LEAST_GAP * (most - least);
  return [
    first > 0 && least - at(first - 1) > gap ? first : 0,
    end < sorted.length && at(end) - most > gap ? end : sorted.length,
  ];
}

/** The first place whose value passes, of values that all pass from there on. */
function firstPlace(sorted: Float64Array, passes: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(sorted[middle] ?? NaN)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The middle 98 %: what lies beyond must not decide how skewed a column is. */
function middleOf(sorted: Float64Array): Float64Array {
  const cut = Math.floor(sorted.length / 100);
  return sorted.subarray(cut, sorted.length - cut);
}

function piledUp({ profile: { name }, sorted, distinct }: NumberColumn): readonly (AuditFinding | null)[] {
  if (distinct < PILED_VALUES) return [];
  return (['floor', 'cap'] as const).map((end) => {
    const runs = runsFrom(sorted, end, PILED_NEIGHBOURS + 1);
    const [extreme, ...neighbours] = runs;
    if (extreme === undefined) return null;
    const share = extreme.count / sorted.length;
    const next = Math.max(...neighbours.map((run) => run.count));
    if (extreme.count < PILED_ROWS || share < PILED_SHARE || extreme.count < PILED_FACTOR * next) return null;
    const which = end === 'floor' ? 'smallest' : 'largest';
    return {
      code: 'piled_up_values',
      severity: share >= 0.05 ? 'warning' : 'info',
      message: `${quoted(name)} has its ${which} value, ${figure(extreme.value)}, in ${count(extreme.count, 'row')} (${percent(share)}); its neighbours stand at most ${String(next)} times`,
      evidence: { column: name, end, value: extreme.value, count: extreme.count, share, neighbours: next },
      advice:
        'It looks like a floor or a cap where values were cut off, or like a code for "none". Where it is the target, the network learns the cut; look whether true values can be had.',
    };
  });
}

/** Distinct values with their counts from one end. */
function runsFrom(
  sorted: Float64Array,
  end: 'floor' | 'cap',
  most: number,
): readonly { readonly value: number; readonly count: number }[] {
  const runs: { value: number; count: number }[] = [];
  const at = (i: number): number => sorted[end === 'floor' ? i : sorted.length - 1 - i] ?? NaN;
  for (let i = 0; i < sorted.length; i++) {
    const last = runs.at(-1);
    if (last?.value === at(i)) last.count += 1;
    else if (runs.length === most) break;
    else runs.push({ value: at(i), count: 1 });
  }
  return runs;
}

function longTail(column: NumberColumn, lean: number): AuditFinding | null {
  const { sorted, distinct, skewness } = column;
  const { name } = column.profile;
  // A few outliers are no tail: the middle must lean the same way.
  const isTail =
    Math.abs(skewness) > LONG_TAIL &&
    Math.sign(lean) === Math.sign(skewness) &&
    Math.abs(lean) > LONG_TAIL / 2;
  if (!isTail || distinct <= LEAST_TAIL_VALUES) return null;
  return {
    code: 'long_tail',
    severity: 'info',
    message: `${quoted(name)} has a long tail to the ${skewness > 0 ? 'right' : 'left'}: half of its values lie below ${figure(quantileOf(sorted, 0.5))}, and they run from ${figure(sorted[0] ?? 0)} to ${figure(sorted.at(-1) ?? 0)} (skewness ${skewness.toFixed(1)})`,
    evidence: { column: name, skewness, median: quantileOf(sorted, 0.5), threshold: LONG_TAIL },
    advice:
      'preparation.longTails shortens it ("auto" chooses between log and Yeo–Johnson; of a target: preparation.targetTransform "log").',
  };
}
