import { streamOf } from '../../core/random';
import type { PreparationConfig } from '../../core/specification';
import type { EmbeddedStep, MappedStep, OneHotStep } from './fitted';
import { fitScale } from './fit-numbers';
import { deviationOf, meanOf } from './statistics';

/** Levels beyond so many most frequent ones are put together: each makes a column. */
const MOST_COLUMNS = 50;
/** Of the encodings that do not make a column of a level. */
const MOST_LEVELS = 10_000;
/** Where the study leaves it open, levels with a smaller share of the training rows are rare … */
const RARE_SHARE = 0.01;
/** … and, of columns that are embedded, only those of fewer than so many: of five rows something can be learned. */
const EMBEDDED_ROWS = 5;
/** Of a level in one row nothing can. */
const LEAST_EMBEDDED_ROWS = 2;
/** Encodings of training rows come from the other parts. */
const ENCODING_FOLDS = 5;
/** Rows of the average that a level's own average is mixed with (m-estimate; Micci-Barreca 2001). */
const PRIOR_ROWS = 10;

export interface LevelColumn {
  readonly name: string;
  /** Code of each row of the table, -1 where it is missing. */
  readonly values: Int32Array;
  readonly levels: readonly string[];
}

/** What the target encoding learns from. */
export interface EncodedTarget {
  /** Class codes, or values; of every row of the table. */
  readonly values: ArrayLike<number>;
  /** Null of a regression. */
  readonly labels: readonly string[] | null;
  readonly seed: number;
}

export interface FittedLevels {
  readonly step: OneHotStep | MappedStep | EmbeddedStep;
  /** What training rows get instead of what the step gives, [rows, columns]; null: the same. */
  readonly training: Float64Array | null;
}

/** @returns null where the training rows have one level only, or none that an embedding could learn from */
export function fitLevels(
  column: LevelColumn,
  rows: Uint32Array,
  { categorical: asked, rareLevels, missing, scale }: PreparationConfig,
  target: EncodedTarget,
): FittedLevels | null {
  const counted = countLevels(column, rows);
  if (counted.counts.length + Number(counted.missing > 0) < 2) return null;
  const many = counted.counts.length > MOST_COLUMNS;
  const categorical = asked === 'auto' ? (many ? 'embedding' : 'one-hot') : asked;
  const most = categorical === 'one-hot' ? MOST_COLUMNS : MOST_LEVELS;
  const kept = frequentOf(counted.counts.slice(0, most), rows.length, rareLevels, categorical);
  const isAnyRare = kept.length < counted.counts.length;
  // Without an indicator a missing value is the most frequent level.
  const fill = missing.indicator ? null : (counted.counts[0]?.[0] ?? null);
  if (categorical === 'one-hot') {
    const step: OneHotStep = {
      kind: 'one-hot',
      name: column.name,
      levels: kept.map((code) => column.levels[code] ?? ''),
      other: isAnyRare,
      missing: fill === null && counted.missing > 0,
      fill: fill === null ? null : (column.levels[fill] ?? null),
    };
    return { step, training: null };
  }
  if (categorical === 'embedding') {
    const levels = kept.map((code) => column.levels[code] ?? '');
    const step = embeddedStep(column, levels, fill, counted.missing > 0);
    return levels.length + Number(step.missing) === 0 ? null : { step, training: null };
  }
  if (categorical === 'ordinal')
    return { step: ordinalStep(column, rows, kept, fill, scale), training: null };
  return targetStep(column, rows, kept, fill, target);
}

/** Codes of the levels that are not rare, ascending. @param counts most frequent first */
function frequentOf(
  counts: readonly (readonly [number, number])[],
  rows: number,
  rareLevels: PreparationConfig['rareLevels'],
  categorical: PreparationConfig['categorical'],
): readonly number[] {
  const from = (least: number): readonly number[] =>
    counts.flatMap(([code, count]) => (count >= least ? [code] : [])).sort((a, b) => a - b);
  if (rareLevels !== 'auto') return from(rareLevels * rows);
  if (categorical !== 'embedding') return from(RARE_SHARE * rows);
  const kept = from(Math.min(EMBEDDED_ROWS, Math.max(LEAST_EMBEDDED_ROWS, RARE_SHARE * rows)));
  // Many levels that are all rare may tell more than no column.
  return kept.length > 0 ? kept : from(LEAST_EMBEDDED_ROWS);
}

function embeddedStep(
  { name, levels: all }: LevelColumn,
  levels: readonly string[],
  fill: number | null,
  anyMissing: boolean,
): EmbeddedStep {
  const missing = fill === null && anyMissing;
  return {
    kind: 'embedded',
    name,
    levels,
    missing,
    fill: fill === null ? null : (all[fill] ?? null),
    size: sizeOf(levels.length + 1 + Number(missing)),
  };
}

/** The fourth root of the rows of the table (Google Developers Blog, Introducing TensorFlow Feature Columns, 2017). */
function sizeOf(rows: number): number {
  return Math.ceil(rows ** 0.25);
}

/** Codes that occur in the rows with their counts, most frequent first. */
function countLevels(
  { values }: LevelColumn,
  rows: Uint32Array,
): { readonly counts: readonly (readonly [number, number])[]; readonly missing: number } {
  const counts = new Map<number, number>();
  let missing = 0;
  for (const row of rows) {
    const code = values[row] ?? -1;
    if (code < 0) missing += 1;
    else counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return { counts: [...counts].sort(([a, m], [b, n]) => n - m || a - b), missing };
}

/** The place of a level, numbers by size and texts by code unit, scaled like a number; others stand in the middle. */
function ordinalStep(
  { name, values, levels }: LevelColumn,
  rows: Uint32Array,
  kept: readonly number[],
  fill: number | null,
  scale: PreparationConfig['scale'],
): MappedStep {
  const isNumeric = kept.every((code) => Number.isFinite(Number(levels[code])));
  const ordered = isNumeric ? kept.toSorted((a, b) => Number(levels[a]) - Number(levels[b])) : kept;
  const places = new Map(ordered.map((code, i) => [code, i]));
  const middle = (ordered.length - 1) / 2;
  const placeOf = (code: number): number => places.get(code < 0 ? (fill ?? -1) : code) ?? middle;
  const all = Float64Array.from(rows, (row) => placeOf(values[row] ?? -1)).sort();
  const fitted = fitScale(all, 0, 0, scale === 'quantile' ? 'standard' : scale);
  const { center, spread } = fitted?.kind === 'linear' ? fitted : { center: middle, spread: 1 };
  const numberOf = (place: number): number => (place - center) / spread;
  const indicator = fill === null && rows.some((row) => (values[row] ?? -1) < 0);
  const vector = (place: number, isMissing: boolean): number[] => [
    numberOf(place),
    ...(indicator ? [Number(isMissing)] : []),
  ];
  return {
    kind: 'mapped',
    name,
    features: indicator ? [name, `${name} (missing)`] : [name],
    levels: ordered.map((code) => levels[code] ?? ''),
    values: ordered.map((_, i) => vector(i, false)),
    other: vector(middle, false),
    missing: vector(placeOf(-1), true),
  };
}

/**
 * The target's average where a row has the level, mixed with the average of all rows, in standard deviations from that
 * average. Training rows are divided in five, and each gets what the other four parts say: no encoding sees its own row.
 */
function targetStep(
  column: LevelColumn,
  rows: Uint32Array,
  kept: readonly number[],
  fill: number | null,
  target: EncodedTarget,
): FittedLevels {
  const { name, levels, values } = column;
  const classes = target.labels === null || target.labels.length === 2 ? 1 : target.labels.length;
  // The place behind the kept levels is for all others, the one behind it for missing values.
  const places = new Map(kept.map((code, i) => [code, i]));
  const placeOfCode = (code: number): number => {
    const known = places.get(code < 0 ? (fill ?? -1) : code);
    return known ?? (code < 0 ? kept.length + 1 : kept.length);
  };
  const placeOf = (row: number): number => placeOfCode(values[row] ?? -1);
  const encode = (from: Uint32Array): readonly (readonly number[])[] => {
    const vectors = Array.from({ length: kept.length + 2 }, (): number[] => []);
    for (let k = 0; k < classes; k++) {
      const learned = averages(from, kept.length + 2, placeOf, (row) => numberOf(target, classes, k, row));
      learned.forEach((value, place) => vectors[place]?.push(value));
    }
    return vectors;
  };
  const vectors = encode(rows);
  const missing = vectors[placeOfCode(-1)] ?? [];
  const training = new Float64Array(rows.length * classes);
  const order = streamOf(target.seed, 'target encoding', name).shuffle(Uint32Array.from(rows, (_, i) => i));
  const folds = Math.min(ENCODING_FOLDS, rows.length);
  for (let fold = 0; fold < folds; fold++) {
    const others = Uint32Array.from(
      order.filter((_, i) => i % folds !== fold),
      (i) => rows[i] ?? 0,
    );
    const learned = encode(others);
    order.forEach((i, at) => {
      if (at % folds === fold) training.set(learned[placeOf(rows[i] ?? 0)] ?? [], i * classes);
    });
  }
  const labels = target.labels ?? [];
  const step: MappedStep = {
    kind: 'mapped',
    name,
    features: classes === 1 ? [`${name} (target)`] : labels.map((label) => `${name} (${label})`),
    levels: kept.map((code) => levels[code] ?? ''),
    values: vectors.slice(0, kept.length),
    other: vectors[kept.length] ?? [],
    missing,
  };
  return { step, training };
}

/** What is averaged: the value, or whether the row has the class (the second one of two). */
function numberOf({ values, labels }: EncodedTarget, classes: number, k: number, row: number): number {
  const value = values[row] ?? 0;
  if (labels === null) return value;
  return Number(value === (classes === 1 ? 1 : k));
}

function averages(
  rows: Uint32Array,
  places: number,
  placeOf: (row: number) => number,
  valueOf: (row: number) => number,
): Float64Array {
  const all = Float64Array.from(rows, valueOf);
  const mean = meanOf(all);
  const deviation = deviationOf(all, mean) || 1;
  const sums = new Float64Array(places);
  const counts = new Float64Array(places);
  rows.forEach((row, i) => {
    const place = placeOf(row);
    sums[place] = (sums[place] ?? 0) + ((all[i] ?? 0) - mean) / deviation;
    counts[place] = (counts[place] ?? 0) + 1;
  });
  return sums.map((sum, place) => sum / ((counts[place] ?? 0) + PRIOR_ROWS));
}
