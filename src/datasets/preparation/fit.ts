import type { ColumnProfile } from '../../core/dataset';
import { InvalidError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import type { MissingConfig, PreparationConfig } from '../../core/specification';
import type { TableColumn } from '../table';
import {
  featureNamesOf,
  PREPARATION_VERSION,
  widthOf,
  type CategoricalStep,
  type ColumnStep,
  type FittedPreparation,
  type FittedTarget,
  type NumericStep,
} from './fitted';

/** Levels beyond so many most frequent ones are put together. */
const MOST_LEVELS = 50;
/** A column whose values differ by less than this share of their size is constant to float32. */
const LEAST_SPREAD = 1e-7;
const BOOLEAN_LEVELS = ['false', 'true'];

export interface RawColumn {
  readonly profile: ColumnProfile;
  readonly column: TableColumn;
}

/** Learns the preparation from the training rows; no other row is looked at. */
export function fitPreparation(
  features: readonly RawColumn[],
  target: RawColumn,
  trainRows: Uint32Array,
  job: DataJob,
  config: PreparationConfig,
  tableColumns: readonly string[],
): FittedPreparation {
  const columns = features
    .map((feature) => fitColumn(feature, trainRows, config))
    .filter((step) => widthOf(step) > 0);
  if (columns.length === 0) {
    throw new InvalidError(
      'no_features',
      'no column of the table tells the training rows apart; there is nothing to learn from',
    );
  }
  return {
    format: 'tuneloom-preprocessing',
    version: PREPARATION_VERSION,
    task: job.task,
    columns,
    features: columns.flatMap(featureNamesOf),
    target: fitTarget(target, trainRows, job, config),
    unused: tableColumns.filter((name) => !columns.some((step) => step.name === name)),
  };
}

function fitColumn({ profile, column }: RawColumn, rows: Uint32Array, config: PreparationConfig): ColumnStep {
  if (column.kind === 'codes') return fitLevels(profile.name, column, rows, config.rareLevels, false);
  if (profile.type === 'boolean') {
    const codes = Int32Array.from(column.values, (value) => (Number.isNaN(value) ? -1 : value));
    return fitLevels(profile.name, { kind: 'codes', values: codes, levels: BOOLEAN_LEVELS }, rows, 0, true);
  }
  return fitNumbers(profile.name, column.values, rows, config.missing, config.scale);
}

function fitNumbers(
  name: string,
  values: Float64Array,
  rows: Uint32Array,
  missing: MissingConfig,
  scale: PreparationConfig['scale'],
): NumericStep {
  const present: number[] = [];
  for (const row of rows) {
    const value = values[row] ?? NaN;
    if (!Number.isNaN(value)) present.push(value);
  }
  const fill = present.length === 0 ? 0 : fillOf(Float64Array.from(present).sort(), missing.method);
  const indicator = missing.indicator && present.length < rows.length && present.length > 0;
  if (scale === 'none') return { name, kind: 'numeric', fill, mean: 0, deviation: 1, indicator };
  const missingCount = rows.length - present.length;
  const mean = meanOf(present, fill, missingCount);
  const variance = meanOf(
    present.map((value) => (value - mean) ** 2),
    (fill - mean) ** 2,
    missingCount,
  );
  const deviation = Math.sqrt(variance);
  const isConstant =
    !Number.isFinite(deviation) || deviation <= LEAST_SPREAD * Math.abs(mean) || deviation === 0;
  return { name, kind: 'numeric', fill, mean, deviation: isConstant ? 1 : deviation, indicator };
}

/** Mean of `values` and of `fill` as often as it stands in. Divided first, so that huge values do not overflow. */
function meanOf(values: readonly number[], fill: number, fills: number): number {
  const count = values.length + fills;
  if (count === 0) return 0;
  return values.reduce((sum, value) => sum + value / count, (fill / count) * fills);
}

function fillOf(sorted: Float64Array, method: MissingConfig['method']): number {
  if (method === 'mean') return sorted.reduce((sum, value) => sum + value / sorted.length, 0);
  if (method === 'median') {
    const middle = sorted.length >> 1;
    const upper = sorted[middle] ?? 0;
    return sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? 0) / 2 + upper / 2;
  }
  let best = sorted[0] ?? 0;
  let bestCount = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
    if (end - start > bestCount) {
      best = sorted[start] ?? 0;
      bestCount = end - start;
    }
    start = end;
  }
  return best;
}

function fitLevels(
  name: string,
  {
    values,
    levels,
  }: { readonly kind: 'codes'; readonly values: Int32Array; readonly levels: readonly string[] },
  rows: Uint32Array,
  rareLevels: number,
  boolean: boolean,
): CategoricalStep {
  const counts = new Map<number, number>();
  let missing = 0;
  for (const row of rows) {
    const code = values[row] ?? -1;
    if (code < 0) missing += 1;
    else counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const byFrequency = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  const kept = byFrequency.filter(([, count], i) => i < MOST_LEVELS && count >= rareLevels * rows.length);
  return {
    name,
    kind: 'one-hot',
    levels: kept.map(([code]) => levels[code] ?? '').sort(),
    other: kept.length < byFrequency.length,
    missing: missing > 0,
    boolean,
  };
}

function fitTarget(
  { profile, column }: RawColumn,
  rows: Uint32Array,
  job: DataJob,
  config: PreparationConfig,
): FittedTarget {
  const { name } = profile;
  if (job.labels !== null) {
    const codes = classCodes({ profile, column }, job.labels);
    const counts = new Array<number>(job.labels.length).fill(0);
    for (const row of rows) counts[codes[row] ?? 0] = (counts[codes[row] ?? 0] ?? 0) + 1;
    const type = profile.type === 'numeric' || profile.type === 'boolean' ? profile.type : 'categorical';
    return {
      kind: 'classes',
      name,
      labels: job.labels,
      type,
      priors: counts.map((count) => count / rows.length),
    };
  }
  const values = (column as Extract<TableColumn, { kind: 'numbers' }>).values;
  const present = Array.from(rows, (row) => values[row] ?? 0);
  const mean = meanOf(present, 0, 0);
  if (config.targetTransform === 'none')
    return { kind: 'value', name, mean: 0, deviation: 1, preparedMean: mean };
  const deviation = Math.sqrt(
    meanOf(
      present.map((value) => (value - mean) ** 2),
      0,
      0,
    ),
  );
  return {
    kind: 'value',
    name,
    mean,
    deviation: deviation > 0 && Number.isFinite(deviation) ? deviation : 1,
    preparedMean: 0,
  };
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
