import type { Task } from '../../core/metrics';

export const PREPARATION_VERSION = 1;

/** A numeric column: the imputed value, then (value − mean) / deviation, then 0 or 1 for "was missing" where asked for. */
export interface NumericStep {
  readonly name: string;
  readonly kind: 'numeric';
  /** Stands in for a missing value, in the column's own units. */
  readonly fill: number;
  readonly mean: number;
  /** > 0 */
  readonly deviation: number;
  readonly indicator: boolean;
}

/**
 * A category or boolean: one 0/1 column per level in order, one more for `other` (rare and unknown levels) and one
 * more for `missing` where the training rows had any.
 */
export interface CategoricalStep {
  readonly name: string;
  readonly kind: 'one-hot';
  readonly levels: readonly string[];
  readonly other: boolean;
  readonly missing: boolean;
  readonly boolean: boolean;
}

export type ColumnStep = NumericStep | CategoricalStep;

export type FittedTarget =
  | {
      readonly kind: 'classes';
      readonly name: string;
      readonly labels: readonly string[];
      /** The labels' own type. */
      readonly type: 'numeric' | 'categorical' | 'boolean';
      /** Share of each class in the training rows. */
      readonly priors: readonly number[];
    }
  | {
      readonly kind: 'value';
      readonly name: string;
      /** value = output × deviation + mean */
      readonly mean: number;
      readonly deviation: number;
      /** Mean of the prepared target in the training rows: 0 where it is standardised. */
      readonly preparedMean: number;
    };

/** `preprocessing.json`: everything that was learned from the training rows, and nothing else. */
export interface FittedPreparation {
  readonly format: 'tuneloom-preprocessing';
  readonly version: typeof PREPARATION_VERSION;
  readonly task: Task;
  readonly columns: readonly ColumnStep[];
  /** Names of the input's columns, in order; their number is the input's width. */
  readonly features: readonly string[];
  readonly target: FittedTarget;
  /** Columns of the table that the model does not look at, its target among them: a row may have them. */
  readonly unused: readonly string[];
}

/** How many input columns a raw column makes. */
export function widthOf(step: ColumnStep): number {
  if (step.kind === 'numeric') return step.indicator ? 2 : 1;
  return step.levels.length + Number(step.other) + Number(step.missing);
}

export function featureNamesOf(step: ColumnStep): readonly string[] {
  if (step.kind === 'numeric') return step.indicator ? [step.name, `${step.name} (missing)`] : [step.name];
  return [
    ...step.levels.map((level) => `${step.name}=${level}`),
    ...(step.other ? [`${step.name} (other)`] : []),
    ...(step.missing ? [`${step.name} (missing)`] : []),
  ];
}
