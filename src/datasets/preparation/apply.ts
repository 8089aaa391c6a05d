import { InvalidError, type FieldError } from '../../core/errors';
import type { RowObject } from '../../core/dataset';
import type { TableColumn } from '../table';
import {
  PREPARATION_VERSION,
  widthOf,
  type CategoricalStep,
  type ColumnStep,
  type FittedPreparation,
} from './fitted';

/** Prepared values lie within this: what lies further out tells no more, and float32 arithmetic stays finite. */
const MOST = 1e6;

/** What a row has in one column: a number (NaN: missing) for a numeric step, a level (null: missing) for a category. */
type Numbers = (row: number) => number;
type Levels = (row: number) => string | null;

/** Writes one raw column's part of the input, for `count` rows; the one place where a fitted step is applied. */
function applyStep(
  step: ColumnStep,
  count: number,
  read: Numbers | Levels,
  out: Float32Array,
  offset: number,
  width: number,
): void {
  if (step.kind === 'numeric') {
    const numbers = read as Numbers;
    for (let i = 0; i < count; i++) {
      const value = numbers(i);
      const isMissing = Number.isNaN(value);
      const scaled = ((isMissing ? step.fill : value) - step.mean) / step.deviation;
      out[i * width + offset] = Math.min(MOST, Math.max(-MOST, scaled));
      if (step.indicator) out[i * width + offset + 1] = isMissing ? 1 : 0;
    }
    return;
  }
  const levels = read as Levels;
  const places = new Map(step.levels.map((level, i) => [level, i]));
  for (let i = 0; i < count; i++) {
    const place = placeOf(step, places, levels(i));
    if (place !== null) out[i * width + offset + place] = 1;
  }
}

/** Where the 1 of a level stands; null where no column was learned for it: then all stay 0. */
function placeOf(
  step: CategoricalStep,
  places: ReadonlyMap<string, number>,
  level: string | null,
): number | null {
  if (level === null) return step.missing ? step.levels.length + Number(step.other) : null;
  return places.get(level) ?? (step.other ? step.levels.length : null);
}

/** Prepares rows of the table. @param out [rows, width], zeroed */
export function applyToTable(
  fitted: FittedPreparation,
  columns: ReadonlyMap<string, TableColumn>,
  rows: Uint32Array,
  out: Float32Array,
): void {
  const width = fitted.features.length;
  let offset = 0;
  for (const step of fitted.columns) {
    const column = columns.get(step.name);
    if (column === undefined) throw new InvalidError('column_gone', `the table has no column ${step.name}`);
    applyStep(step, rows.length, readerOf(step, column, rows), out, offset, width);
    offset += widthOf(step);
  }
}

function readerOf(step: ColumnStep, column: TableColumn, rows: Uint32Array): Numbers | Levels {
  if (column.kind === 'codes') return (i: number) => column.levels[column.values[rows[i] ?? 0] ?? -1] ?? null;
  if (step.kind === 'numeric') return (i: number) => column.values[rows[i] ?? 0] ?? NaN;
  return (i: number) => {
    const value = column.values[rows[i] ?? 0] ?? NaN;
    return Number.isNaN(value) ? null : value === 1 ? 'true' : 'false';
  };
}

/**
 * Prepares rows as `predict` and the dataset's rows have them. A column that is left out or null is missing.
 * @returns [rows, width] in row-major order
 * @throws InvalidError `invalid_rows` with the path of every cell that does not fit, `rows[3].age`
 */
export function applyPreparation(fitted: FittedPreparation, rows: readonly RowObject[]): Float32Array {
  const errors: FieldError[] = [];
  const known = new Set([...fitted.columns.map(({ name }) => name), ...fitted.unused]);
  rows.forEach((row, i) => {
    for (const name of Object.keys(row)) {
      if (!known.has(name)) {
        errors.push({ path: `rows[${String(i)}].${name}`, message: 'the model has no such column' });
      }
    }
  });
  const width = fitted.features.length;
  const out = new Float32Array(rows.length * width);
  let offset = 0;
  for (const step of fitted.columns) {
    const cells = rows.map((row, i) => {
      const raw = Object.hasOwn(row, step.name) ? row[step.name] : null;
      const { value, problem } = step.kind === 'numeric' ? numberOf(raw) : levelOf(raw, step);
      if (problem !== null) errors.push({ path: `rows[${String(i)}].${step.name}`, message: problem });
      return value;
    });
    applyStep(step, rows.length, ((i: number) => cells[i]) as Numbers | Levels, out, offset, width);
    offset += widthOf(step);
  }
  if (errors.length > 0) {
    const [first] = errors;
    throw new InvalidError('invalid_rows', `${first?.path ?? ''}: ${first?.message ?? ''}`, {
      errors: errors.slice(0, 100),
    });
  }
  return out;
}

interface Cell<T> {
  readonly value: T;
  readonly problem: string | null;
}

function numberOf(raw: unknown): Cell<number> {
  if (raw === null || raw === undefined || raw === '') return { value: NaN, problem: null };
  if (typeof raw === 'number' && Number.isFinite(raw)) return { value: raw, problem: null };
  if (typeof raw === 'string' && raw.trim() !== '' && Number.isFinite(Number(raw)))
    return { value: Number(raw), problem: null };
  return { value: NaN, problem: `${JSON.stringify(raw)} must be a number, or null where it is missing` };
}

function levelOf(raw: unknown, step: CategoricalStep): Cell<string | null> {
  if (raw === null || raw === undefined || raw === '') return { value: null, problem: null };
  if (typeof raw === 'object')
    return { value: null, problem: 'must be a text, a number, true, false or null' };
  const text = (typeof raw === 'string' ? raw : JSON.stringify(raw)).trim();
  if (!step.boolean) return { value: text, problem: null };
  const word = text.toLowerCase();
  if (['true', 'yes', 't', 'y', '1'].includes(word)) return { value: 'true', problem: null };
  if (['false', 'no', 'f', 'n', '0'].includes(word)) return { value: 'false', problem: null };
  return {
    value: null,
    problem: `${JSON.stringify(raw)} must be true or false, or null where it is missing`,
  };
}

/** @throws InvalidError `invalid_preprocessing` */
export function parsePreparation(text: string): FittedPreparation {
  const parsed = JSON.parse(text) as FittedPreparation;
  const version: number = parsed.version;
  if (version !== PREPARATION_VERSION) {
    throw new InvalidError(
      'invalid_preprocessing',
      `preprocessing.json has version ${String(version)}, this program reads ${String(PREPARATION_VERSION)}`,
    );
  }
  return parsed;
}
