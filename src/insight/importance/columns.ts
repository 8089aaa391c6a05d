/** A hole over a list of trials. */
export interface ImportanceColumn {
  readonly name: string;
  /** Number of options; 0 for a number. */
  readonly categories: number;
  /** One per trial: the place in [0, 1] or the index of the option; NaN where the hole is not active. */
  readonly values: Float64Array;
}

export interface ImportanceTable {
  readonly columns: readonly ImportanceColumn[];
  /** One per trial, to be minimised; finite. */
  readonly losses: Float64Array;
}

export type ImportanceMethod = 'fanova' | 'ped-anova';

/** Shares that sum to 1; equal ones where nothing explains anything. */
export function shares(raw: Float64Array): Float64Array {
  const positive = raw.map((value) => (value > 0 ? value : 0));
  const total = positive.reduce((sum, value) => sum + value, 0);
  return total > 0 ? positive.map((value) => value / total) : raw.map(() => 1 / raw.length);
}
