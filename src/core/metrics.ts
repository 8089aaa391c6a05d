export type Task = 'binary' | 'multiclass' | 'regression';
export type Part = 'train' | 'validation' | 'test';

/** Metrics of one part. An undefined metric (one class only) is null, never NaN. */
export type Metrics = Readonly<Record<string, number | null>>;

export const REGRESSION_METRICS = ['loss', 'mse', 'rmse', 'mae', 'r2'] as const;
export const MULTICLASS_METRICS = ['loss', 'logLoss', 'accuracy', 'balancedAccuracy', 'f1'] as const;
export const BINARY_METRICS = [...MULTICLASS_METRICS, 'rocAuc'] as const;

export function metricsOf(task: Task): readonly string[] {
  if (task === 'regression') return REGRESSION_METRICS;
  return task === 'binary' ? BINARY_METRICS : MULTICLASS_METRICS;
}

export type Direction = 'minimize' | 'maximize';

export interface Objective {
  /** `validation.<metric>`, `model.parameters` or `trial.durationMs`; of ask and tell: any name. */
  readonly metric: string;
  readonly direction: Direction;
}

/** A bound that trials should keep; `min` and `max` themselves are allowed. Null: no bound on that side. */
export interface Constraint {
  readonly metric: string;
  readonly min: number | null;
  readonly max: number | null;
}

/** True when `a` is strictly better than `b`; null is worse than any number. */
export function isBetter(a: number | null, b: number | null, direction: Direction): boolean {
  if (a === null) return false;
  if (b === null) return true;
  return direction === 'minimize' ? a < b : a > b;
}
