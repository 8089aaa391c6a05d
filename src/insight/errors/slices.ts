import { streamOf, type RandomStream } from '../../core/random';
import type { Condition, FeatureColumn } from './columns';
import { coarseBins, fineBins, type BinnedColumn } from './slice-bins';

/** Family-wise error rate: how often data without a bad slice gives any. */
const SIGNIFICANCE = 0.01;
const PERMUTATIONS = 400;
const MOST_SLICES = 5;
/** A slice has at least so many rows, and at least this share; and at most half: else it is the rule, not a slice. */
const LEAST_ROWS = 8;
const LEAST_SHARE = 0.01;
const MOST_SHARE = 0.5;
/** Mean error of the slice above that of the rest, in standard deviations of a row's error … */
const LEAST_EFFECT = 0.3;
/** … and how many times it. */
const LEAST_RATIO = 1.25;
/**
 * Standardised mean error from which on the rest of a level or interval counts as bad too: then a second condition has only
 * picked its worst rows by chance.
 */
const BAD_REST = 2.33;
/** Beyond these the search looks at a sample of rows, and at pairs of the first features only. */
const MOST_ROWS = 5000;
const MOST_PAIRED_FEATURES = 24;

export interface Slice {
  readonly conditions: readonly Condition[];
  readonly rows: number;
  /** Of the rows that were looked at. */
  readonly share: number;
  /** Mean error in the slice and outside. */
  readonly meanError: number;
  readonly meanErrorOutside: number;
  /** Difference of the two in standard deviations of a row's error. */
  readonly effect: number;
  /** Corrected for every slice that was looked at. */
  readonly pValue: number;
}

export interface SliceSearch {
  readonly slices: readonly Slice[];
  /** How many one- and two-feature slices were looked at. */
  readonly looked: number;
  readonly significance: number;
}

/**
 * Slices of one or two features in which the error is far above the rest. The statistic of a slice is the standardised
 * sum of its errors; its p-value comes from the largest statistic over *all* slices when errors are shuffled among the
 * rows (max-T, Westfall and Young 1993), so it is corrected for every look, however the slices overlap. The worst is
 * taken, its rows are set aside, and the search begins anew: later slices are not echoes of the first.
 * In the manner of Slice Finder (Chung et al., ICDE 2019), with its effect size.
 * @param losses [rows] error of each row, the larger the worse
 */
export function findSlices(
  columns: readonly FeatureColumn[],
  losses: Float64Array,
  seed: number,
): SliceSearch {
  const stream = streamOf(seed, 'slices');
  let rows = sampleOf(losses.length, stream);
  const total = rows.length;
  const slices: Slice[] = [];
  let looked = 0;
  const grids = gridsOf(columns);
  while (slices.length < MOST_SLICES && rows.length >= 2 * LEAST_ROWS) {
    const errors = Float64Array.from(rows, (row) => losses[row] ?? 0);
    const layouts = layoutsOf(grids, rows);
    looked ||= layouts.reduce((sum, { spans }) => sum + spans.length / 2, 0);
    const worst = worstOf(layouts, errors);
    if (worst === null) break;
    const simple = simplerOf(worst, errors);
    const isBad = simple !== null && pValueOf(simple.statistic, layouts, errors, stream) <= SIGNIFICANCE;
    const best = isBad ? simple : worst;
    const described = describe(best, errors, total);
    if (described.effect < LEAST_EFFECT || described.meanError < LEAST_RATIO * described.meanErrorOutside)
      break;
    const pValue = pValueOf(best.statistic, layouts, errors, stream);
    if (pValue > SIGNIFICANCE) break;
    slices.push({ ...described, pValue });
    rows = rows.filter((_, i) => !best.inside(i));
  }
  return { slices, looked, significance: SIGNIFICANCE };
}

/** Ends early where the p-value can no longer be significant (Besag and Clifford 1991). */
function pValueOf(
  statistic: number,
  layouts: readonly Layout[],
  errors: Float64Array,
  stream: RandomStream,
): number {
  const shuffled = standardised(errors);
  let asLarge = 0;
  for (let i = 1; i <= PERMUTATIONS; i++) {
    stream.shuffle(shuffled);
    if (layouts.some((layout) => largestIn(layout, shuffled).statistic >= statistic)) asLarge += 1;
    if (1 + asLarge > SIGNIFICANCE * (1 + PERMUTATIONS)) return (1 + asLarge) / (1 + i);
  }
  return (1 + asLarge) / (1 + PERMUTATIONS);
}

/** One feature in fine bins, or two in coarse ones. */
interface Grid {
  readonly first: BinnedColumn;
  readonly second: BinnedColumn | null;
}

function gridsOf(columns: readonly FeatureColumn[]): readonly Grid[] {
  const single = columns.map((column): Grid => ({ first: fineBins(column), second: null }));
  const coarse = columns.slice(0, MOST_PAIRED_FEATURES).map(coarseBins);
  const pairs = coarse.flatMap((first, i) => coarse.slice(i + 1).map((second): Grid => ({ first, second })));
  return [...single, ...pairs];
}

interface Worst {
  readonly statistic: number;
  readonly conditions: readonly Condition[];
  readonly inside: (i: number) => boolean;
  /** Of a slice of two features: the slices of one that hold it. */
  readonly parents: readonly Pick<Worst, 'conditions' | 'inside'>[];
}

/** A grid over the rows at hand, with the slices (spans of cells) that are large enough. */
interface Layout {
  readonly grid: Grid;
  /** [rows]: the cell of each row; 0 for none, so that cells count from 1. */
  readonly cells: Int32Array;
  /** Scratch, one place a cell: the sum of the errors up to and with it. */
  readonly sums: Float64Array;
  /** Pairs: the slice is the cells after the first number, up to and with the second. */
  readonly spans: Int32Array;
  /** [spans]: one over the standard deviation of the sum of so many standardised errors. */
  readonly scales: Float64Array;
}

function layoutsOf(grids: readonly Grid[], rows: Uint32Array): readonly Layout[] {
  const least = Math.max(LEAST_ROWS, Math.ceil(LEAST_SHARE * rows.length));
  const most = Math.floor(MOST_SHARE * rows.length);
  return grids.map((grid) => layoutOf(grid, rows, least, most)).filter(({ spans }) => spans.length > 0);
}

function layoutOf(grid: Grid, rows: Uint32Array, least: number, most: number): Layout {
  const { first, second } = grid;
  const width = second?.bins ?? 1;
  const cells = Int32Array.from(rows, (row) => {
    const [a = -1, b = -1] = [first.codes[row], second === null ? 0 : second.codes[row]];
    return a < 0 || b < 0 ? 0 : 1 + a * width + b;
  });
  const counts = new Float64Array(1 + first.bins * width);
  for (const cell of cells) counts[cell] = (counts[cell] ?? 0) + 1;
  const spans: number[] = [];
  const scales: number[] = [];
  const add = (from: number, to: number, count: number): void => {
    if (count < least || count > most) return;
    spans.push(from, to);
    scales.push(1 / Math.sqrt(count * (1 - count / rows.length)));
  };
  for (let cell = 1; cell < counts.length; cell++) {
    let count = counts[cell] ?? 0;
    add(cell - 1, cell, count);
    // Neighbouring bins of a number that is looked at alone make longer intervals.
    for (let to = cell + 1; second === null && to <= first.ordered; to++) {
      count += counts[to] ?? 0;
      add(cell - 1, to, count);
    }
  }
  return {
    grid,
    cells,
    sums: new Float64Array(counts.length),
    spans: Int32Array.from(spans),
    scales: Float64Array.from(scales),
  };
}

/** @param errors [rows], standardised */
function largestIn(
  { cells, sums, spans, scales }: Layout,
  errors: Float64Array,
): { statistic: number; span: number } {
  sums.fill(0);
  for (let i = 0; i < errors.length; i++) {
    const cell = cells[i] ?? 0;
    sums[cell] = (sums[cell] ?? 0) + (errors[i] ?? 0);
  }
  sums[0] = 0;
  for (let cell = 1; cell < sums.length; cell++) sums[cell] = (sums[cell] ?? 0) + (sums[cell - 1] ?? 0);
  let [statistic, span] = [-Infinity, 0];
  for (let i = 0; i < scales.length; i++) {
    const sum = (sums[spans[2 * i + 1] ?? 0] ?? 0) - (sums[spans[2 * i] ?? 0] ?? 0);
    const value = sum * (scales[i] ?? 0);
    if (value > statistic) [statistic, span] = [value, i];
  }
  return { statistic, span };
}

/** Null without a slice that is large enough, or where all errors are alike. */
function worstOf(layouts: readonly Layout[], errors: Float64Array): Worst | null {
  if (momentsOf(errors).deviation === 0) return null;
  const values = standardised(errors);
  let best: { statistic: number; span: number; layout: Layout } | null = null;
  for (const layout of layouts) {
    const found = largestIn(layout, values);
    if (found.statistic > (best?.statistic ?? -Infinity)) best = { ...found, layout };
  }
  if (best === null) return null;
  const { statistic, span, layout } = best;
  const [after = 0, to = 0] = layout.spans.subarray(2 * span, 2 * span + 2);
  const inside = (i: number): boolean => {
    const cell = layout.cells[i] ?? 0;
    return cell > after && cell <= to;
  };
  return {
    statistic,
    conditions: conditionsOf(layout.grid, after, to),
    inside,
    parents: parentsOf(layout, after),
  };
}

function parentsOf({ grid: { first, second }, cells }: Layout, cell: number): Worst['parents'] {
  if (second === null) return [];
  const { bins } = second;
  const [row, column] = [Math.floor(cell / bins), cell % bins];
  const at = (i: number): number => (cells[i] ?? 0) - 1;
  return [
    {
      conditions: [first.condition(row, row + 1)],
      inside: (i) => at(i) >= 0 && Math.floor(at(i) / bins) === row,
    },
    {
      conditions: [second.condition(column, column + 1)],
      inside: (i) => at(i) >= 0 && at(i) % bins === column,
    },
  ];
}

/** The slice of one feature that a slice of two is a part of, where its other rows are bad too; null elsewhere. */
function simplerOf({ parents, inside }: Worst, errors: Float64Array): Worst | null {
  const values = standardised(errors);
  let best: (Worst & { readonly rest: number }) | null = null;
  for (const parent of parents) {
    let [rows, sum, restRows, restSum] = [0, 0, 0, 0];
    values.forEach((value, i) => {
      if (!parent.inside(i)) return;
      rows += 1;
      sum += value;
      if (inside(i)) return;
      restRows += 1;
      restSum += value;
    });
    const rest = restRows === 0 ? -Infinity : restSum / Math.sqrt(restRows);
    if (rest < BAD_REST || rest < (best?.rest ?? -Infinity) || rows > MOST_SHARE * values.length) continue;
    const statistic = sum / Math.sqrt(rows * (1 - rows / values.length));
    best = { ...parent, statistic, parents: [], rest };
  }
  return best;
}

function conditionsOf({ first, second }: Grid, from: number, to: number): readonly Condition[] {
  if (second === null) return [first.condition(from, to)];
  const [row, column] = [Math.floor(from / second.bins), from % second.bins];
  return [first.condition(row, row + 1), second.condition(column, column + 1)];
}

function standardised(values: Float64Array): Float64Array {
  const { mean, deviation } = momentsOf(values);
  return values.map((value) => (value - mean) / deviation);
}

function describe(worst: Worst, errors: Float64Array, total: number): Omit<Slice, 'pValue'> {
  let [rows, sum, rest] = [0, 0, 0];
  errors.forEach((error, i) => {
    if (!worst.inside(i)) {
      rest += error;
      return;
    }
    rows += 1;
    sum += error;
  });
  const meanError = sum / rows;
  const meanErrorOutside = rest / (errors.length - rows);
  const effect = (meanError - meanErrorOutside) / momentsOf(errors).deviation;
  return { conditions: worst.conditions, rows, share: rows / total, meanError, meanErrorOutside, effect };
}

function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

function sampleOf(rows: number, stream: RandomStream): Uint32Array {
  const all = Uint32Array.from({ length: rows }, (_, i) => i);
  return rows <= MOST_ROWS ? all : stream.shuffle(all).slice(0, MOST_ROWS).sort();
}
