import { InternalError, InvalidError } from '../../core/errors';
import { streamOf } from '../../core/random';
import type { SplitSettings } from '../../core/specification';
import { divideGroups } from './by-group';
import { divideTimes } from './by-time';
import { strataOf } from './strata';

/** A smaller class is for training alone. */
const ROWS_TO_DIVIDE = 3;
/** Block of rows that are in no part, and of those that every fold trains on. */
const NONE = -1;
const ALWAYS_TRAIN = -2;

/** The columns that decide where a row goes. */
export interface SplitColumns {
  /** Class codes or values, one a row; NaN or a negative code is a row without a target. */
  readonly target: ArrayLike<number>;
  readonly isClasses: boolean;
  /** Code of each row's group, negative where it has none: such a row is a group of its own. */
  readonly groups?: Int32Array | null;
  /** Time of each row, NaN where it has none. */
  readonly times?: Float64Array | null;
}

/** Row numbers, ascending in each part; no row is in two of them. */
export interface SplitParts {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

export interface RowSplit {
  readonly test: Uint32Array;
  /** Holdout: one. k-fold: one a fold; their validation parts are disjoint. */
  readonly folds: readonly { readonly train: Uint32Array; readonly validation: Uint32Array }[];
  /** Rows that are in no part, because they have no target. */
  readonly withoutTarget: number;
  /** Rows that are in no part, because a split by time cannot place them. */
  readonly withoutTime: number;
}

type SplitRequest = Pick<
  SplitSettings,
  'method' | 'train' | 'validation' | 'test' | 'folds' | 'stratify' | 'seed'
>;

/** How many preparations a split asks for: one, or one a fold. */
export function foldCount({ method, folds }: Pick<SplitSettings, 'method' | 'folds'>): number {
  return method === 'kfold' ? (folds ?? 1) : 1;
}

/**
 * Divides the rows that have a target; a function of the columns and the settings alone.
 * - Stratified: each class (each tenth of a regression target) is divided in the same proportions to the row; classes
 *   of one or two rows, and what does not divide evenly, go to training.
 * - By group: whole groups, stratified as well as can be.
 * - By time: training before validation before test. k-fold trains on all blocks before the one that validates.
 * - k-fold sets the test part aside first and folds the rest.
 * @throws InvalidError `too_few_rows` where a part would be empty
 */
export function splitRows(columns: SplitColumns, settings: SplitRequest): RowSplit {
  const { target, isClasses, groups = null, times = null } = columns;
  const { rows, withoutTarget, withoutTime } = usableRows(target, isClasses, times);
  const block = new Int16Array(target.length).fill(NONE);
  const shares = sharesOf(settings, times !== null);
  if (times !== null) divideTimes(rows, times, shares, block);
  else if (groups !== null) {
    const strata = settings.stratify ? strataOf(rows, target, isClasses) : [rows];
    const stratum = new Int32Array(target.length);
    strata.forEach((members, i) => {
      for (const row of members) stratum[row] = i;
    });
    divideGroups({ rows, groups, strata: stratum, strataCount: strata.length }, shares, settings.seed, block);
  } else {
    const strata = settings.stratify ? strataOf(rows, target, isClasses) : [rows];
    divideStrata(strata, settings, block);
  }
  return { ...partsOfBlocks(rows, block, settings, times !== null), withoutTarget, withoutTime };
}

/**
 * The parts that one preparation sees.
 * @param fold from 0; `all`: training on everything but the test part, as for a refit (validation is empty)
 * @throws InvalidError `too_few_rows`
 */
export function partsOfSplit({ test, folds }: RowSplit, fold: number | 'all'): SplitParts {
  const parts = fold === 'all' ? allRows(folds) : folds[fold];
  if (parts === undefined) {
    throw new InternalError('no_fold', `fold ${String(fold)}: there are ${String(folds.length)}`);
  }
  const { train, validation } = parts;
  if (train.length === 0 || (fold !== 'all' && validation.length === 0)) {
    const found = `${String(train.length)} training and ${String(validation.length)} validation rows`;
    throw new InvalidError('too_few_rows', `the split leaves ${found}; give more rows or other fractions`);
  }
  return { train, validation, test };
}

function allRows(folds: RowSplit['folds']): RowSplit['folds'][number] {
  const rows = new Set<number>();
  for (const { train, validation } of folds)
    for (const part of [train, validation]) part.forEach((row) => rows.add(row));
  return { train: Uint32Array.from(rows).sort(), validation: new Uint32Array() };
}

function usableRows(
  target: ArrayLike<number>,
  isClasses: boolean,
  times: Float64Array | null,
): { readonly rows: Uint32Array; readonly withoutTarget: number; readonly withoutTime: number } {
  const rows = new Uint32Array(target.length);
  let count = 0;
  let withoutTarget = 0;
  let withoutTime = 0;
  for (let row = 0; row < target.length; row++) {
    const value = target[row] ?? NaN;
    if (Number.isNaN(value) || (isClasses && value < 0)) withoutTarget += 1;
    else if (times !== null && Number.isNaN(times[row] ?? NaN)) withoutTime += 1;
    else rows[count++] = row;
  }
  return { rows: rows.slice(0, count), withoutTarget, withoutTime };
}

/** Shares of the blocks: training, validation, test; or the folds and then test. In time's order, one block more. */
function sharesOf(settings: SplitRequest, byTime: boolean): readonly number[] {
  const { method, train, validation, test } = settings;
  if (method === 'holdout') return [train, validation, test];
  const blocks = foldCount(settings) + Number(byTime);
  return [...Array.from({ length: blocks }, () => (1 - test) / blocks), test];
}

/** Divides each stratum; the fractions of rows that one leaves over are carried to the next, so that the parts get their size. */
function divideStrata(strata: readonly Uint32Array[], settings: SplitRequest, block: Int16Array): void {
  const { method, validation, test, seed } = settings;
  const folds = foldCount(settings);
  const testBlock = method === 'kfold' ? folds : 2;
  let seen = 0;
  let tested = 0;
  let validated = 0;
  let turn = 0;
  strata.forEach((stratum, i) => {
    const rows = streamOf(seed, 'split', i).shuffle(Uint32Array.from(stratum));
    const isDivided = rows.length >= ROWS_TO_DIVIDE || strata.length === 1;
    if (isDivided) seen += rows.length;
    const forTest = isDivided ? Math.min(rows.length - 1, Math.round(seen * test) - tested) : 0;
    tested += forTest;
    const rest = rows.length - forTest;
    if (method === 'kfold') {
      for (let k = 0; k < rest; k++) block[rows[k] ?? 0] = rest === 1 ? ALWAYS_TRAIN : turn++ % folds;
    } else {
      const wanted = Math.round(seen * validation) - validated;
      const forValidation = isDivided ? Math.max(0, Math.min(rest - 1, wanted)) : 0;
      validated += forValidation;
      for (let k = 0; k < rest; k++) block[rows[k] ?? 0] = k < forValidation ? 1 : 0;
    }
    for (let k = rest; k < rows.length; k++) block[rows[k] ?? 0] = testBlock;
  });
}

function partsOfBlocks(
  rows: Uint32Array,
  block: Int16Array,
  settings: SplitRequest,
  byTime: boolean,
): Pick<RowSplit, 'test' | 'folds'> {
  // In two passes: a filter keeps a list of objects beside what it makes.
  const where = (holds: (of: number) => boolean): Uint32Array => {
    let count = 0;
    for (const row of rows) if (holds(block[row] ?? NONE)) count += 1;
    const found = new Uint32Array(count);
    count = 0;
    for (const row of rows) if (holds(block[row] ?? NONE)) found[count++] = row;
    return found;
  };
  if (settings.method === 'holdout') {
    return {
      test: where((of) => of === 2),
      folds: [{ train: where((of) => of === 0), validation: where((of) => of === 1) }],
    };
  }
  const count = foldCount(settings);
  const testBlock = count + Number(byTime);
  const folds = Array.from({ length: count }, (_, i) =>
    byTime
      ? { train: where((of) => of <= i), validation: where((of) => of === i + 1) }
      : { train: where((of) => of !== i && of !== testBlock), validation: where((of) => of === i) },
  );
  return { test: where((of) => of === testBlock), folds };
}
