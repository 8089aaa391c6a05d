import type { AuditFinding } from '../types';
import { distinctIn, missingIn, type AuditColumn, type LevelColumn } from '../values';
import { count, percent, quoted } from './text';

const MANY_MISSING = 0.05;
const MOSTLY_MISSING = 0.5;
/** One value in so large a share of the rows leaves nearly nothing to learn from. */
const NEAR_CONSTANT = 0.99;
const LEAST_ROWS = 50;
const MANY_LEVELS = 50;
const ROWS_PER_LEVEL = 5;
/** Texts beyond this length on average are prose. */
const PROSE = 60;
const ID_NAME =
  /(^|[_\s.-])(id|ids|key|uuid|guid|code|nr|no|number|index|idx|rowid|row)$|^(id|index|unnamed: ?0|column_1)$|[a-z](Id|ID|Key|Index)$/i;

export interface ColumnOptions {
  /** The audit's target: what is said of features does not apply to it. */
  readonly isTarget: boolean;
  /** Studies do not use it by themselves. */
  readonly isLeftOut: boolean;
  /** How many rows of the table one of the column stands for. */
  readonly spacing: number;
}

/** What one column alone shows. */
export function findColumn(column: AuditColumn, options: ColumnOptions): readonly AuditFinding[] {
  const rows = column.values.length;
  const constant = constantColumn(column);
  if (constant !== null) {
    const missing = options.isTarget || distinctIn(column) === 0 ? null : missingValues(column);
    return missing === null ? [constant] : [missing, constant];
  }
  const found = options.isTarget
    ? [nearConstant(column, rows)]
    : [
        missingValues(column),
        nearConstant(column, rows),
        identifier(column, rows, options) ?? highCardinality(column, rows),
      ];
  return found.filter((finding) => finding !== null);
}

function missingValues(column: AuditColumn): AuditFinding | null {
  const missing = missingIn(column);
  if (missing === 0) return null;
  const rows = column.values.length;
  const share = missing / rows;
  const { name } = column.profile;
  const severity = share >= MOSTLY_MISSING ? 'problem' : share >= MANY_MISSING ? 'warning' : 'info';
  return {
    code: 'missing_values',
    severity,
    message: `${quoted(name)} has no value in ${count(missing, 'row')} of ${String(rows)} (${percent(share)})`,
    evidence: { column: name, missing, rows, share },
    advice:
      severity === 'problem'
        ? 'Ask why it is missing; leave it out with features.exclude, or keep preparation.missing.indicator true, so that the network sees where it is.'
        : 'They are filled in from the training rows: preparation.missing chooses how (median, mean, most-frequent), and its indicator adds a column that says where.',
  };
}

function constantColumn(column: AuditColumn): AuditFinding | null {
  const distinct = distinctIn(column);
  if (distinct > 1) return null;
  const { name } = column.profile;
  const missing = missingIn(column);
  const rows = column.values.length;
  const value = column.kind === 'numbers' ? column.sorted[0] : column.levels[column.counts[0]?.[0] ?? -1];
  // Where it is known in some rows and not in others, that alone may tell something.
  const isKnownInPart = distinct === 1 && missing > 0;
  const says = distinct === 0 ? 'has no value at all' : `has one value only, ${JSON.stringify(value)}`;
  const also = isKnownInPart ? `, and none in ${count(missing, 'row')}` : '';
  return {
    code: 'constant_column',
    severity: 'warning',
    message: `${quoted(name)} ${says}${also}`,
    evidence: { column: name, distinct, missing, rows, value: value ?? null },
    advice: isKnownInPart
      ? 'Only where it is missing may tell something: preparation.missing.indicator keeps that. Where an empty cell means "no", write that in the file; where it means nothing, leave the column out with features.exclude.'
      : 'It tells nothing: leave it out with features.exclude, or look whether the file is complete.',
  };
}

function nearConstant(column: AuditColumn, rows: number): AuditFinding | null {
  const present = rows - missingIn(column);
  const most =
    column.kind === 'numbers'
      ? column.most
      : { value: column.levels[column.counts[0]?.[0] ?? -1] ?? '', count: column.counts[0]?.[1] ?? 0 };
  const share = most.count / present;
  if (rows < LEAST_ROWS || share < NEAR_CONSTANT) return null;
  const { name } = column.profile;
  const others = present - most.count;
  return {
    code: 'near_constant_column',
    severity: 'info',
    message: `${quoted(name)} is ${JSON.stringify(most.value)} in ${percent(share)} of its rows; ${count(others, 'row')} have another value`,
    evidence: { column: name, value: most.value, share, others, threshold: NEAR_CONSTANT },
    advice:
      'A network learns little from so few rows: leave it out with features.exclude unless those rows matter.',
  };
}

/** A value of its own in every row: names, running numbers, keys. */
function identifier(
  column: AuditColumn,
  rows: number,
  { isLeftOut, spacing }: ColumnOptions,
): AuditFinding | null {
  const distinct = distinctIn(column);
  const { name } = column.profile;
  if (rows < 20 || distinct < rows || missingIn(column) > 0) return null;
  let why: string;
  if (column.kind === 'numbers') {
    if (column.profile.type !== 'numeric' || !column.sorted.every(Number.isInteger)) return null;
    const range = (column.sorted.at(-1) ?? 0) - (column.sorted[0] ?? 0);
    const runs = range <= 2 * spacing * (rows - 1);
    if (!runs && !ID_NAME.test(name)) return null;
    why = runs ? 'whole numbers that run on from row to row' : 'whole numbers, none of them twice';
  } else {
    if (meanLength(column) > PROSE) return null;
    why = 'texts, none of them twice';
  }
  return {
    code: 'identifier_column',
    severity: 'warning',
    message: `${quoted(name)} names the rows: ${count(distinct, 'value')} in ${count(rows, 'row')}, ${why}`,
    evidence: { column: name, distinct, rows },
    advice: isLeftOut
      ? 'It is left out unless features.include names it.'
      : 'A network would learn the rows by heart: leave it out with features.exclude.',
  };
}

function highCardinality(column: AuditColumn, rows: number): AuditFinding | null {
  if (column.kind !== 'levels') return null;
  const distinct = column.counts.length;
  const { name } = column.profile;
  const present = rows - missingIn(column);
  if (distinct <= MANY_LEVELS || meanLength(column) > PROSE) return null;
  const rowsPerLevel = present / distinct;
  return {
    code: 'high_cardinality',
    severity: rowsPerLevel < ROWS_PER_LEVEL ? 'warning' : 'info',
    message: `${quoted(name)} has ${String(distinct)} levels, ${rowsPerLevel.toFixed(1)} rows each on average`,
    evidence: { column: name, distinct, rowsPerLevel, threshold: MANY_LEVELS },
    advice:
      'preparation.categorical "embedding", the default above 50 levels, learns a few numbers of a level, "target" makes one; "one-hot" keeps the 50 most frequent; preparation.rareLevels puts rare ones together.',
  };
}

/** Characters of a level on average over the rows. */
export function meanLength(column: LevelColumn): number {
  let [total, rows] = [0, 0];
  for (const [code, times] of column.counts) {
    total += (column.levels[code] ?? '').length * times;
    rows += times;
  }
  return rows === 0 ? 0 : total / rows;
}

export function looksLikeId(name: string): boolean {
  return ID_NAME.test(name);
}
