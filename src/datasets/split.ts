import { streamOf } from '../core/random';

/** Quantile bins of a regression target for a stratified split. */
const BINS = 10;

export interface SplitRequest {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly stratify: boolean;
  readonly seed: number;
}

/** Row numbers, ascending in each part. */
export interface Split {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
  /** Rows that are in no part, because they have no target. */
  readonly withoutTarget: number;
}

/**
 * Divides the rows that have a target. Stratified: each class (each tenth of a regression target) is divided by
 * itself, and what does not divide evenly goes to training first, so that a rare class is learned before it is measured.
 * @param target class codes or values, one a row; NaN or a negative code is a row without a target
 * @param isClasses whether `target` holds class codes
 */
export function splitRows(target: ArrayLike<number>, isClasses: boolean, request: SplitRequest): Split {
  const rows = Array.from({ length: target.length }, (_, row) => row).filter((row) =>
    hasTarget(target[row], isClasses),
  );
  const strata = request.stratify ? strataOf(rows, target, isClasses) : [rows];
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  strata.forEach((stratum, i) => {
    const shuffled = streamOf(request.seed, 'split', i).shuffle([...stratum]);
    const [validation, test] = countsOf(shuffled.length, request);
    parts.validation.push(...take(shuffled, validation));
    parts.test.push(...take(shuffled, test));
    for (const row of shuffled) parts.train.push(row);
  });
  const ascending = (list: number[]): Uint32Array => Uint32Array.from(list).sort();
  return {
    train: ascending(parts.train),
    validation: ascending(parts.validation),
    test: ascending(parts.test),
    withoutTarget: target.length - rows.length,
  };
}

function take(rows: number[], count: number): number[] {
  return count === 0 ? [] : rows.splice(-count);
}

/** Rows of a stratum for validation and test; the rest is for training, which is never left without. */
function countsOf(rows: number, { validation, test }: SplitRequest): readonly [number, number] {
  let forValidation = Math.round(rows * validation);
  let forTest = Math.round(rows * test);
  while (forValidation + forTest >= rows && forValidation + forTest > 0) {
    if (forTest >= forValidation) forTest -= 1;
    else forValidation -= 1;
  }
  return [forValidation, forTest];
}

function strataOf(
  rows: readonly number[],
  target: ArrayLike<number>,
  isClasses: boolean,
): readonly (readonly number[])[] {
  if (!isClasses) {
    const ordered = rows.toSorted((a, b) => (target[a] ?? 0) - (target[b] ?? 0) || a - b);
    const size = Math.max(1, Math.ceil(ordered.length / BINS));
    return Array.from({ length: Math.ceil(ordered.length / size) }, (_, i) =>
      ordered.slice(i * size, (i + 1) * size),
    );
  }
  const classes = new Map<number, number[]>();
  for (const row of rows) {
    const code = target[row] ?? -1;
    const list = classes.get(code);
    if (list === undefined) classes.set(code, [row]);
    else list.push(row);
  }
  return [...classes].sort(([a], [b]) => a - b).map(([, list]) => list);
}

function hasTarget(value: number | undefined, isClasses: boolean): boolean {
  return value !== undefined && !Number.isNaN(value) && (!isClasses || value >= 0);
}
