import type { ColumnProfile } from '../core/dataset';
import { InvalidError } from '../core/errors';
import type { Task } from '../core/metrics';

/** A numeric target with at most so many whole values is taken for classes … */
const MOST_NUMERIC_CLASSES = 20;
/** … where each value stands for at least so many rows on average. */
const ROWS_PER_CLASS = 10;
const MOST_CLASSES = 1000;
/** Fewer rows may differ in every value by chance. */
const LEAST_ROWS = 20;
/** Whole numbers under such a name that are never twice say which row it is, and nothing about it. */
const KEY_NAME =
  /(^|[_\s.-])(id|ids|key|uuid|guid|no|nr|idx|rowid|row)$|^(index|unnamed: ?0|column_1)$|[a-z](Id|ID|Key)$/i;

/**
 * The task that suits a target. Numeric: two values are `binary`; up to 20 whole values with ten rows each on
 * average are `multiclass`; else `regression`. Categories and booleans: by the number of classes.
 * @throws InvalidError `invalid_specification` for a target that nothing can be learned from
 */
export function inferTask(target: ColumnProfile): Task {
  if (target.type === 'numeric') {
    if (target.distinct === 2) return 'binary';
    const rows = (target.levels ?? []).reduce((sum, { count }) => sum + count, 0);
    const isClasses =
      target.integral &&
      target.distinct > 2 &&
      target.distinct <= MOST_NUMERIC_CLASSES &&
      rows >= ROWS_PER_CLASS * target.distinct;
    return isClasses ? 'multiclass' : 'regression';
  }
  assertTask(target, 'multiclass');
  return target.distinct === 2 ? 'binary' : 'multiclass';
}

/** @throws InvalidError `invalid_specification` where the column cannot be the target of this task */
export function assertTask(target: ColumnProfile, task: Task): void {
  const refuse = (message: string): never => {
    throw new InvalidError('invalid_specification', `target: ${message}`, {
      errors: [{ path: 'target', message }],
    });
  };
  const name = JSON.stringify(target.name);
  if (target.distinct === 0) refuse(`column ${name} has no values`);
  if (target.distinct === 1) refuse(`column ${name} has one value only; there is nothing to learn`);
  if (task === 'regression') {
    if (target.type !== 'numeric') refuse(`column ${name} is ${target.type}; regression needs numbers`);
    return;
  }
  if (target.type === 'text' || target.type === 'datetime' || target.type === 'image') {
    refuse(`column ${name} is ${target.type}; a target is numeric, categorical or boolean`);
  }
  if (target.levels === null || target.distinct > MOST_CLASSES) {
    refuse(
      `column ${name} has ${String(target.distinct)} values; at most ${String(MOST_CLASSES)} classes are possible`,
    );
  }
  if (task === 'binary' && target.distinct !== 2) {
    refuse(`column ${name} has ${String(target.distinct)} values; a binary task needs two`);
  }
}

/**
 * Class labels in the order of the outputs: numbers by size, booleans false before true, texts by code unit. Of a
 * binary task the second is the positive class.
 */
export function classLabels(target: ColumnProfile, task: Task): readonly string[] {
  assertTask(target, task);
  const labels = (target.levels ?? []).map(({ value }) => value);
  if (target.type === 'numeric') return labels.sort((a, b) => Number(a) - Number(b));
  return labels.sort();
}

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/**
 * The columns that can be used without being named, in the table's order, and why the others are not.
 * @param rows of the table
 */
export function usableFeatures(
  profiles: readonly ColumnProfile[],
  target: string | null,
  rows: number,
): { readonly include: readonly string[]; readonly leftOut: readonly LeftOut[] } {
  const include: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const profile of profiles) {
    if (profile.name === target) continue;
    const reason = whyLeftOut(profile, rows);
    if (reason === null) include.push(profile.name);
    else leftOut.push({ name: profile.name, reason });
  }
  return { include, leftOut };
}

function whyLeftOut({ name, type, integral, distinct, missing }: ColumnProfile, rows: number): string | null {
  if (distinct === 0) return 'it has no values';
  if (type === 'text') return 'it is text, or has too many levels for a category';
  const isUnique = missing === 0 && distinct === rows && rows > LEAST_ROWS;
  const isKey = type === 'categorical' || (type === 'numeric' && integral && KEY_NAME.test(name));
  return isUnique && isKey ? 'every row has a value of its own: an identifier' : null;
}
