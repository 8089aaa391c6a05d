import { timeOf } from '../../preparation/preprocess';
import type { AuditFinding } from '../types';
import { missingIn, type AuditColumn, type LevelColumn, type NumberColumn } from '../values';
import { count, percent, quoted } from './text';

/** Share of the values that must look like a date, or like a number. */
const MOSTLY_DATES = 0.9;
const MANY_NUMBERS = 0.5;
const SHOWN = 5;
const NUMBER = /^[+-]?(\d+([.,]\d+)?|[.,]\d+)([eE][+-]?\d+)?\s?%?$/;
const MONTH = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*';
const DATES = [
  /^\d{1,2}([./-])\d{1,2}\1(\d{4}|\d{2})([ T,].*)?$/,
  /^\d{4}([./-])\d{1,2}\1\d{1,2}([ T].*)?$/,
  new RegExp(String.raw`^\d{1,2}\.?[ -]${MONTH}\.?[ -,]*\d{2,4}`, 'i'),
  new RegExp(String.raw`^${MONTH}\.? \d{1,2}(st|nd|rd|th)?,? \d{4}`, 'i'),
  /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? .*\d{4}/i,
];

/** What the texts of a column look like. */
export function findTexts(column: AuditColumn): readonly AuditFinding[] {
  const finding =
    column.kind === 'numbers' ? datesAsNumbers(column) : (datesAsText(column) ?? mixedTypes(column));
  return finding === null ? [] : [finding];
}

function datesAsText(column: LevelColumn): AuditFinding | null {
  const { share, examples, others } = shareOf(column, (level) =>
    DATES.some((pattern) => pattern.test(level)),
  );
  const { name, type } = column.profile;
  if (type === 'boolean' || share < MOSTLY_DATES) return null;
  const but = others.length === 0 ? '' : `; other values are ${others.map(quoted).join(', ')}`;
  return {
    code: 'dates_as_text',
    severity: 'warning',
    message: `${quoted(name)} looks like dates written as text, such as ${quoted(examples[0] ?? '')}${but}`,
    evidence: { column: name, share, examples, others, threshold: MOSTLY_DATES },
    advice:
      'Write them as 2026-01-31 or 2026-01-31T12:00:00Z in every row: then preparation.dates makes time and cycles of them. As text each date is a level of its own.',
  };
}

/** 20260131 as a number. */
function datesAsNumbers({ profile: { name, type }, sorted }: NumberColumn): AuditFinding | null {
  if (type !== 'numeric' || sorted.length === 0) return null;
  const isDate = (value: number): boolean => {
    const text = String(value);
    return (
      /^(19|20)\d{6}$/.test(text) &&
      !Number.isNaN(timeOf(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`))
    );
  };
  if (!isDate(sorted[0] ?? 0) || !sorted.every(isDate)) return null;
  const examples = [...new Set([sorted[0] ?? 0, sorted.at(-1) ?? 0])];
  return {
    code: 'dates_as_text',
    severity: 'warning',
    message: `${quoted(name)} looks like dates written as numbers, such as ${String(examples[0])}`,
    evidence: { column: name, share: 1, examples },
    advice:
      'Write them as 2026-01-31: then preparation.dates makes time and cycles of them. As numbers, months have 100 days.',
  };
}

function mixedTypes(column: LevelColumn): AuditFinding | null {
  const { name, type } = column.profile;
  if (type === 'boolean') return null;
  const { share, examples, others, otherRows } = shareOf(column, (level) => NUMBER.test(level));
  // Codes such as 01, 02 are no numbers, and ingest has kept them as they are.
  const isCodes = examples.some((level) => /^0\d/.test(level));
  if (share < MANY_NUMBERS || share === 1 || isCodes) return null;
  return {
    code: 'mixed_types',
    severity: 'warning',
    message: `${quoted(name)} mixes numbers and texts: ${percent(share)} are numbers such as ${examples[0] ?? ''}, ${count(otherRows, 'row')} are texts such as ${quoted(others[0] ?? '')}`,
    evidence: { column: name, numbers: share, texts: otherRows, examples, others, threshold: MANY_NUMBERS },
    advice:
      'If the texts mean "missing", leave those cells empty (NA, N/A, null, NaN and ? are read as missing): the column then is numeric. As it stands each number is a level of its own.',
  };
}

/** Share of the rows with a value whose level passes the test, and levels that do and do not, the most frequent first. */
function shareOf(
  column: LevelColumn,
  test: (level: string) => boolean,
): {
  readonly share: number;
  readonly examples: string[];
  readonly others: string[];
  readonly otherRows: number;
} {
  const present = column.values.length - missingIn(column);
  const examples: string[] = [];
  const others: string[] = [];
  let rows = 0;
  for (const [code, times] of column.counts) {
    const level = column.levels[code] ?? '';
    const passes = test(level);
    if (passes) rows += times;
    const list = passes ? examples : others;
    if (list.length < SHOWN) list.push(level.slice(0, 60));
  }
  return { share: present === 0 ? 0 : rows / present, examples, others, otherRows: present - rows };
}
