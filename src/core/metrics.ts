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
  /** `validation.<metric>` */
  readonly metric: string;
  readonly direction: Direction;
}

/** True when `a` is strictly better than `b`; null is worse than any number. */
export function isBetter(a: number | null, b: number | null, direction: Direction): boolean {
  if (a === null) return false;
  if (b === null) return true;
  return direction === 'minimize' ? a < b : a > b;
}
