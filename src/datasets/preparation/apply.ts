import { InvalidError } from '../../core/errors';
import type { RowObject } from '../../core/dataset';
import type { TableColumn } from '../table';
import type { ColumnStep, FittedInput, FittedPreparation } from './fitted';
import {
  applySteps,
  prepare,
  PreparationError,
  upgraded,
  type OlderPreparation,
  type Prepared,
  type Reader,
} from './preprocess';

const MOST_ERRORS = 100;

/**
 * Prepares rows of the table for one input.
 * @param out [rows, width]
 * @param fixed what training rows get instead of what a step gives, by the step's place
 */
export function applyToTable(
  input: FittedInput,
  columns: ReadonlyMap<string, TableColumn>,
  rows: Uint32Array,
  out: Float32Array,
  fixed?: ReadonlyMap<number, Float64Array>,
): void {
  applySteps(input, rows.length, readersOf(input.columns, columns, rows), out, fixed);
}

/** How each step reads the given rows of the table. */
export function readersOf(
  steps: readonly ColumnStep[],
  columns: ReadonlyMap<string, TableColumn>,
  rows: Uint32Array,
): readonly Reader[] {
  return steps.map(({ name }): Reader => {
    const column = columns.get(name);
    if (column === undefined) throw new InvalidError('column_gone', `the table has no column ${name}`);
    if (column.kind === 'codes') {
      const { values, levels } = column;
      return (i: number) => levels[values[rows[i] ?? 0] ?? -1] ?? null;
    }
    const { values } = column;
    return (i: number) => values[rows[i] ?? 0] ?? NaN;
  });
}

/**
 * Prepares rows as `predict` and the dataset's rows have them. A column that is left out or null is missing.
 * @throws InvalidError `invalid_rows` with the path of every cell that does not fit, `rows[3].age`
 */
export function applyPreparation(fitted: FittedPreparation, rows: readonly RowObject[]): Prepared {
  try {
    return prepare(fitted, rows);
  } catch (error) {
    if (!(error instanceof PreparationError)) throw error;
    throw new InvalidError('invalid_rows', error.message, { errors: error.errors.slice(0, MOST_ERRORS) });
  }
}

/** Of models of before too. @throws InvalidError `invalid_preprocessing` */
export function parsePreparation(text: string): FittedPreparation {
  const parsed = JSON.parse(text) as FittedPreparation | OlderPreparation;
  try {
    return upgraded(parsed);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InvalidError('invalid_preprocessing', `${error.message}; train the model again`);
  }
}
