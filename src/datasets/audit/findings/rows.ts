import { fitComponents } from '../../preparation/fit-inputs';
import { deviationOf, meanOf } from '../../preparation/statistics';
import type { AuditFinding } from '../types';
import { count, percent, quoted } from './text';

const ROWS_PER_INPUT = 5;
const FEW_ROWS = 50;
const MOST_COMPONENT_COLUMNS = 200;

/** @param inputs columns that the features make, roughly @param numbers numeric columns in some of the rows */
export function findFewRows(
  rows: number,
  inputs: number,
  numbers: readonly Float64Array[],
): readonly AuditFinding[] {
  if (inputs === 0 || (rows >= FEW_ROWS && rows >= ROWS_PER_INPUT * inputs)) return [];
  const held = heldByFew(numbers);
  const also =
    held === null
      ? ''
      : `; ${String(held.components)} principal components hold ${percent(held.share)} of the variance of its numbers`;
  return [
    {
      code: 'few_rows',
      severity: rows < 2 * inputs || rows < FEW_ROWS / 2 ? 'problem' : 'warning',
      message: `${count(rows, 'row')} are few for about ${count(inputs, 'input')}${also}`,
      evidence: {
        rows,
        inputs,
        rowsPerInput: rows / inputs,
        thresholds: { rowsPerInput: ROWS_PER_INPUT, rows: FEW_ROWS },
        ...(held === null ? {} : { components: held.components, varianceShare: held.share }),
      },
      advice:
        'Small or linear networks ({"preset": "linear"}), dropout and l2 help against learning by heart; preparation.pca or features.include make fewer inputs; "kfold" measures more steadily.',
    },
  ];
}

/** The variance that a few principal components of the numbers hold. */
function heldByFew(
  numbers: readonly Float64Array[],
): { readonly components: number; readonly share: number } | null {
  const used = numbers.slice(0, MOST_COMPONENT_COLUMNS);
  const rows = used[0]?.length ?? 0;
  if (used.length < 4 || rows < 3) return null;
  const x = new Float64Array(rows * used.length);
  used.forEach((values, k) => {
    const present = values.filter((value) => !Number.isNaN(value));
    const mean = meanOf(present);
    const deviation = deviationOf(present, mean) || 1;
    values.forEach((value, i) => {
      x[i * used.length + k] = Number.isNaN(value) ? 0 : (value - mean) / deviation;
    });
  });
  const components = 3;
  const fitted = fitComponents(
    { rows, width: used.length, x, y: new Float64Array(rows), isClasses: false },
    components,
  );
  return { components, share: fitted.variance.reduce((sum, share) => sum + share, 0) };
}

export interface Entities {
  readonly name: string;
  /** Code of each row's entity, -1 where it has none. */
  readonly codes: Int32Array;
  readonly distinct: number;
  /** Columns that hardly change within an entity. */
  readonly steady: readonly string[];
}

/** The same person, device or place in several rows. @param parts of the split, if there is one; `group` the column it keeps whole */
export function findEntities(
  { name, codes, distinct, steady }: Entities,
  rows: number,
  group: string | null,
): readonly AuditFinding[] {
  const each = codes.filter((code) => code >= 0).length / distinct;
  const isKept = group === name;
  const why =
    steady.length === 0 ? '' : `; ${steady.slice(0, 3).map(quoted).join(', ')} hardly change within one`;
  return [
    {
      code: 'repeated_entities',
      severity: isKept ? 'info' : 'warning',
      message: `${quoted(name)} names ${String(distinct)} things in ${count(rows, 'row')}, ${each.toFixed(1)} rows each on average${why}`,
      evidence: { column: name, distinct, rows, rowsEach: each, steady },
      advice: isKept
        ? 'split.group keeps each of them on one side of the split.'
        : `Name it as split.group: otherwise rows of one of them are learned and measured at once, and the figures look better than they are.`,
    },
  ];
}
