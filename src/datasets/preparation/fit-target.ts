import type { ColumnProfile } from '../../core/dataset';
import type { PreparationConfig } from '../../core/specification';
import type { TableColumn } from '../table';
import type { FittedTarget } from './fitted';
import { tailOf } from './fit-numbers';
import { shortened } from './preprocess';
import { deviationOf, meanOf } from './statistics';

const BOOLEAN_LEVELS = ['false', 'true'];

export interface RawColumn {
  readonly profile: ColumnProfile;
  readonly column: TableColumn;
}

/** @param labels null of a regression @param values class codes or values */
export function fitTarget(
  { profile }: Pick<RawColumn, 'profile'>,
  labels: readonly string[] | null,
  values: ArrayLike<number>,
  rows: Uint32Array,
  transform: PreparationConfig['targetTransform'],
): FittedTarget {
  const { name } = profile;
  if (labels !== null) {
    const counts = new Array<number>(labels.length).fill(0);
    for (const row of rows) counts[values[row] ?? 0] = (counts[values[row] ?? 0] ?? 0) + 1;
    const type = profile.type === 'numeric' || profile.type === 'boolean' ? profile.type : 'categorical';
    return { kind: 'classes', name, labels, type, priors: counts.map((count) => count / rows.length) };
  }
  const sorted = Float64Array.from(rows, (row) => values[row] ?? 0).sort();
  const [low = 0, high = 0] = [sorted[0], sorted.at(-1)];
  const bounds = [
    Math.max(-Number.MAX_VALUE, low - (high - low)),
    Math.min(Number.MAX_VALUE, high + (high - low)),
  ] as const;
  const tail = transform === 'none' || transform === 'standard' ? null : tailOf(sorted, transform);
  const short = tail === null ? sorted : sorted.map((value) => shortened(value, tail));
  const mean = meanOf(short);
  if (transform === 'none')
    return { kind: 'value', name, tail, mean: 0, deviation: 1, bounds, preparedMean: mean };
  const deviation = deviationOf(short, mean) || 1;
  return { kind: 'value', name, tail, mean, deviation, bounds, preparedMean: 0 };
}

/** The target as a network is to give it. */
export function preparedTarget(target: FittedTarget, value: number): number {
  if (target.kind === 'classes') return value;
  return (shortened(value, target.tail) - target.mean) / target.deviation;
}

/** Index of each row's label; -1 for a row without one. */
export function classCodes({ profile, column }: RawColumn, labels: readonly string[]): Int32Array {
  const index = new Map(labels.map((label, i) => [label, i]));
  if (column.kind === 'codes') {
    const codes = column.levels.map((level) => index.get(level) ?? -1);
    return Int32Array.from(column.values, (code) => codes[code] ?? -1);
  }
  const isBoolean = profile.type === 'boolean';
  return Int32Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return -1;
    return index.get(isBoolean ? (BOOLEAN_LEVELS[value] ?? '') : String(value + 0)) ?? -1;
  });
}
