import type { Task } from '../../core/metrics';
import type { ImageStep } from '../images/fitted-image';

export const PREPARATION_VERSION = 3;

/**
 * Shortens long tails; `unit` is the size below which values count as small.
 * - `log`: sign(v) · ln(1 + |v / unit|)
 * - `yeo-johnson`: the transform of Yeo and Johnson (2000) with `lambda`, of v / unit
 */
export type Tail =
  | { readonly kind: 'log'; readonly unit: number }
  | { readonly kind: 'yeo-johnson'; readonly unit: number; readonly lambda: number };

/** `linear`: (v − center) / spread. `table`: linear between the points, held at the ends; `from` ascends strictly. */
export type Scale =
  | { readonly kind: 'linear'; readonly center: number; readonly spread: number }
  | { readonly kind: 'table'; readonly from: readonly number[]; readonly to: readonly number[] };

/** A number, or a boolean as 0 and 1: filled, its tail shortened, scaled; then 0 or 1 for "was missing" where asked for. */
export interface NumericStep {
  readonly kind: 'numeric';
  readonly name: string;
  readonly type: 'number' | 'boolean';
  /** Stands in for a missing value, in the column's own units. */
  readonly fill: number;
  readonly tail: Tail | null;
  readonly scale: Scale;
  readonly indicator: boolean;
}

/** What is read from a time in UTC; of a cycle it is the place in it, from 0 to before 1. */
export type DatePartName =
  | 'time' // milliseconds since 1970
  | 'year'
  | 'month' // 1 to 12
  | 'day' // 1 to 31
  | 'weekday' // Monday 0
  | 'hour' // with its fraction
  | 'yearCycle'
  | 'monthCycle'
  | 'weekCycle'
  | 'dayCycle';

/** One input column: the part scaled, or, of a cycle, the sine or cosine of 2π times the place. */
export interface DatePart {
  readonly of: DatePartName;
  readonly wave: 'sin' | 'cos' | null;
  readonly scale: Scale;
}

export interface DateStep {
  readonly kind: 'date';
  readonly name: string;
  /** Stands in for a missing date, in milliseconds since 1970. */
  readonly fill: number;
  readonly parts: readonly DatePart[];
  readonly indicator: boolean;
}

/**
 * A category: one 0/1 column per level in order, one more for `other` (rare and unknown levels) and one more for
 * `missing` where the training rows had any. A level without a column leaves all of them 0.
 */
export interface OneHotStep {
  readonly kind: 'one-hot';
  readonly name: string;
  readonly levels: readonly string[];
  readonly other: boolean;
  readonly missing: boolean;
  /** The level that stands in for a missing value; null: none does. */
  readonly fill: string | null;
}

/** A category as numbers: its place among the levels, or what the target is on average where it has the level. */
export interface MappedStep {
  readonly kind: 'mapped';
  readonly name: string;
  /** Names of the input columns it makes. */
  readonly features: readonly string[];
  readonly levels: readonly string[];
  /** [levels, features] */
  readonly values: readonly (readonly number[])[];
  /** For a level that is not in the list. */
  readonly other: readonly number[];
  readonly missing: readonly number[];
}

/**
 * A category as a row of a table that the network learns: row 0 is for levels that are not in the list, then each level in
 * order, then missing values where the training rows had any. It is an `int32` input of its own, [rows, 1].
 */
export interface EmbeddedStep {
  readonly kind: 'embedded';
  readonly name: string;
  readonly levels: readonly string[];
  readonly missing: boolean;
  /** The level that stands in for a missing value; null: none does. */
  readonly fill: string | null;
  /** Numbers that the network makes of a level. */
  readonly size: number;
}

export type ColumnStep = NumericStep | DateStep | OneHotStep | MappedStep | EmbeddedStep;

/** A product of columns that the steps have made, standardised. The same place twice is its square. */
export interface DerivedColumn {
  readonly name: string;
  readonly factors: readonly number[];
  readonly center: number;
  readonly spread: number;
}

/** Principal components: (x − mean) · componentᵀ, in the order of their variance. */
export interface Components {
  readonly mean: readonly number[];
  /** [components, columns] */
  readonly components: readonly (readonly number[])[];
  /** Share of the training rows' variance that each holds. */
  readonly variance: readonly number[];
}

export interface ClassTarget {
  readonly kind: 'classes';
  readonly name: string;
  readonly labels: readonly string[];
  /** The labels' own type. */
  readonly type: 'numeric' | 'categorical' | 'boolean';
  /** Share of each class in the training rows. */
  readonly priors: readonly number[];
}

/** value = tail⁻¹(output × deviation + mean), held within `bounds` where a tail is undone. */
export interface ValueTarget {
  readonly kind: 'value';
  readonly name: string;
  readonly tail: Tail | null;
  readonly mean: number;
  readonly deviation: number;
  /** Of the value, in its own units: the range of the training rows, and as much again on both sides. */
  readonly bounds: readonly [number, number];
  /** Mean of the prepared target in the training rows: 0 where it is standardised. */
  readonly preparedMean: number;
}

export type FittedTarget = ClassTarget | ValueTarget;

/** What one input of the network is made of. */
export interface FittedInput {
  /** `input`; where there are several, `input_0`, `input_1` … in the network's order. */
  readonly name: string;
  /** `int32` of the one column of an embedded step. */
  readonly dtype: 'float32' | 'int32';
  /** Each makes one or more columns, side by side in this order. */
  readonly columns: readonly ColumnStep[];
  /** Columns made of those, after them. */
  readonly derived: readonly DerivedColumn[];
  /** Places of the columns that are used, in order; null: all. */
  readonly kept: readonly number[] | null;
  readonly pca: Components | null;
  /** Names of the input's columns, in order; their number is the input's width. */
  readonly features: readonly string[];
  /** Of images; then `columns` and `features` are empty. */
  readonly image?: ImageStep;
}

/** `preprocessing.json`: everything that was learned from the training rows, and nothing else. */
export interface FittedPreparation {
  readonly format: 'tuneloom-preprocessing';
  readonly version: typeof PREPARATION_VERSION;
  readonly task: Task;
  /** In the network's order. */
  readonly inputs: readonly [FittedInput, ...FittedInput[]];
  readonly target: FittedTarget;
  /** Columns of the table that the model does not look at, its target among them: a row may have them. */
  readonly unused: readonly string[];
}

/** Names of the input columns that a raw column makes. */
export function featureNamesOf(step: ColumnStep): readonly string[] {
  const { name } = step;
  switch (step.kind) {
    case 'numeric':
      return step.indicator ? [name, `${name} (missing)`] : [name];
    case 'date':
      return [
        ...step.parts.map(({ of, wave }) => `${name} (${wave === null ? of : `${of} ${wave}`})`),
        ...(step.indicator ? [`${name} (missing)`] : []),
      ];
    case 'one-hot':
      return [
        ...step.levels.map((level) => `${name}=${level}`),
        ...(step.other ? [`${name} (other)`] : []),
        ...(step.missing ? [`${name} (missing)`] : []),
      ];
    case 'mapped':
      return step.features;
    case 'embedded':
      return [name];
  }
}

/** The step of an input that is an embedded category; null of numbers. */
export function embeddedIn({ columns }: FittedInput): EmbeddedStep | null {
  const [step] = columns;
  return step?.kind === 'embedded' ? step : null;
}

/** The numbers that reach a network's first layer: the prepared columns, and how many stand for an embedded category. */
export function numbersOf({
  inputs,
}: FittedPreparation): readonly { readonly name: string; readonly size: number }[] {
  return inputs.flatMap((input) =>
    input.features.map((name) => ({ name, size: embeddedIn(input)?.size ?? 1 })),
  );
}

/** A single float32 input, [rows, features] or of an image, whose numbers are taken as they are: no column has a step. */
export function bareInput(features: readonly string[], image?: ImageStep): FittedInput {
  const bare = { name: 'input', dtype: 'float32' as const, columns: [], derived: [], kept: null, pca: null };
  return { ...bare, features, ...(image === undefined ? {} : { image }) };
}
