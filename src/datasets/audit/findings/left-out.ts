import type { ColumnProfile } from '../../../core/dataset';
import type { RowSplit } from '../../split';
import type { LeftOut } from '../../task';
import type { AuditFinding } from '../types';
import { count, percent, quoted } from './text';

/** A stratified split gives smaller classes to training whole. */
const ROWS_TO_DIVIDE = 3;
const MANY_ROWS = 0.05;
const MOST_ROWS = 0.5;
const SHOWN = 5;

/** Where a study's rows went. */
export interface Division {
  readonly split: RowSplit;
  /** Class codes or values of every row of the table. */
  readonly values: ArrayLike<number>;
  /** Column that the split follows in time. */
  readonly time: string | null;
}

interface Rows {
  readonly target: string;
  readonly withoutTarget: number;
  readonly time: string | null;
  readonly withoutTime: number;
  /** Of the table. */
  readonly rows: number;
}

/** Rows that nothing is learned from and nothing is measured on. */
export function findRowsLeftOut({
  target,
  withoutTarget,
  time,
  withoutTime,
  rows,
}: Rows): readonly AuditFinding[] {
  const left = withoutTarget + withoutTime;
  if (left === 0) return [];
  const why = [
    withoutTarget === 0 ? '' : `${count(withoutTarget, 'row')} without a value of ${quoted(target)}`,
    withoutTime === 0 ? '' : `${count(withoutTime, 'row')} without a time in ${quoted(time ?? '')}`,
  ].filter((part) => part !== '');
  const share = left / rows;
  return [
    {
      code: 'rows_left_out',
      severity: share >= MOST_ROWS ? 'problem' : share >= MANY_ROWS ? 'warning' : 'info',
      message: `${why.join(' and ')} of ${String(rows)} (${percent(share)}) are in no part of the split`,
      evidence: { target, time, withoutTarget, withoutTime, rows, share },
      advice:
        'Nothing is learned from them. Ask why they have none: where it is missing for a reason, the network is never measured on such rows; where it is known elsewhere, fill it in in the file.',
    },
  ];
}

/** Columns that a study does not look at by itself. */
export function findColumnsLeftOut(columns: readonly LeftOut[]): readonly AuditFinding[] {
  if (columns.length === 0) return [];
  const shown = columns.slice(0, SHOWN).map(({ name, reason }) => `${quoted(name)} (${reason})`);
  const others = columns.length - shown.length;
  const also = others === 0 ? '' : ` and ${String(others)} more`;
  const are = columns.length === 1 ? 'is' : 'are';
  return [
    {
      code: 'columns_left_out',
      severity: 'info',
      message: `${count(columns.length, 'column')} ${are} left out: ${shown.join(', ')}${also}`,
      evidence: { left: columns.length, columns: columns.map(({ name, reason }) => ({ name, reason })) },
      advice:
        'features.include uses a column that it names: a text then is a category, of which preparation.categorical keeps the most frequent levels. What is said in free words is better counted or coded in the file.',
    },
  ];
}

/** Classes too small to be divided: a stratified split leaves them to training. @param profile of a target of classes */
export function findSmallClasses({ name, levels }: ColumnProfile): readonly AuditFinding[] {
  const small = (levels ?? []).filter((level) => level.count < ROWS_TO_DIVIDE);
  if (small.length === 0) return [];
  const classes = small.map(({ value, count: rows }) => ({ label: value, rows }));
  return [
    rareClasses(
      name,
      classes,
      `${classesOf(small.length)} of ${quoted(name)} ${small.length === 1 ? 'has' : 'have'} fewer than ${String(ROWS_TO_DIVIDE)} rows${examples(classes)}: a stratified split leaves them to training`,
    ),
  ];
}

/** Classes that a study's split leaves out of a part: of k-fold, of what any fold validates on. */
export function findUnmeasuredClasses(
  target: string,
  labels: readonly string[],
  { split, values }: Pick<Division, 'split' | 'values'>,
): readonly AuditFinding[] {
  const inTraining = countsIn(
    split.folds.map(({ train }) => train),
    values,
    labels.length,
  );
  const inValidation = countsIn(
    split.folds.map(({ validation }) => validation),
    values,
    labels.length,
  );
  const inTest = countsIn([split.test], values, labels.length);
  const classes = labels
    .map((label, code) => ({
      label,
      train: inTraining[code] ?? 0,
      validation: inValidation[code] ?? 0,
      test: inTest[code] ?? 0,
    }))
    .filter(({ train, validation, test }) => train + validation + test > 0)
    .filter(({ train, validation, test }) => train === 0 || validation === 0 || test === 0);
  if (classes.length === 0) return [];
  const unseen = classes.filter(({ train }) => train === 0);
  const alone = classes.filter(({ validation, test }) => validation === 0 && test === 0);
  const has = classes.length === 1 ? 'has' : 'have';
  const shown = examples(
    classes.map(({ label, train, validation, test }) => ({ label, rows: train + validation + test })),
  );
  const also = [
    unseen.length === 0
      ? ''
      : `; ${String(unseen.length)} of them cannot be learned, for want of training rows`,
    alone.length === 0
      ? ''
      : `; ${String(alone.length)} ${alone.length === 1 ? 'is' : 'are'} in training alone`,
  ].join('');
  const message = `${classesOf(classes.length)} of ${quoted(target)} ${has} no row in training, validation or test${shown}${also}`;
  return [rareClasses(target, classes, message, unseen.length > 0 ? 'problem' : 'warning')];
}

function rareClasses(
  target: string,
  classes: readonly Readonly<Record<string, string | number>>[],
  message: string,
  severity: AuditFinding['severity'] = 'warning',
): AuditFinding {
  return {
    code: 'rare_classes',
    severity,
    message,
    evidence: { target, classes: classes.slice(0, 20), count: classes.length, threshold: ROWS_TO_DIVIDE },
    advice:
      'No metric says how well such a class is told: gather more rows of it, put it together with another class in the file, or leave its rows out.',
  };
}

/** Rows of each class in the union of these lists, which may overlap. */
function countsIn(lists: readonly Uint32Array[], values: ArrayLike<number>, classes: number): Uint32Array {
  const seen = new Uint8Array(values.length);
  const counts = new Uint32Array(classes);
  for (const rows of lists) {
    for (const row of rows) {
      if (seen[row] === 1) continue;
      seen[row] = 1;
      const code = values[row] ?? -1;
      if (code >= 0) counts[code] = (counts[code] ?? 0) + 1;
    }
  }
  return counts;
}

function classesOf(number: number): string {
  return `${String(number)} class${number === 1 ? '' : 'es'}`;
}

function examples(classes: readonly { readonly label: string; readonly rows: number }[]): string {
  const shown = classes.slice(0, SHOWN).map(({ label, rows }) => `${quoted(label)} (${count(rows, 'row')})`);
  return `, such as ${shown.join(', ')}`;
}
