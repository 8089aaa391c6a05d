/** A raw column of the rows that were predicted. */
export type FeatureColumn =
  /** NaN: missing. */
  | { readonly kind: 'numbers'; readonly name: string; readonly values: Float64Array }
  /** Index into `levels`; −1: missing. */
  | {
      readonly kind: 'codes';
      readonly name: string;
      readonly values: Int32Array;
      readonly levels: readonly string[];
    };

/** `[low, high)`, null for an open end; or a level; or that the value is missing. */
export type Condition =
  | { readonly feature: string; readonly low: number | null; readonly high: number | null }
  | { readonly feature: string; readonly level: string }
  | { readonly feature: string; readonly missing: true };

export function matches(condition: Condition, column: FeatureColumn, row: number): boolean {
  const value = column.values[row] ?? NaN;
  if ('missing' in condition) return column.kind === 'codes' ? value < 0 : Number.isNaN(value);
  if ('level' in condition) return column.kind === 'codes' && column.levels[value] === condition.level;
  if (Number.isNaN(value)) return false;
  return value >= (condition.low ?? -Infinity) && value < (condition.high ?? Infinity);
}

/** `island is Dream`, `mass from 3 400 to below 3 900`, `sex is missing`. */
export function describeCondition(condition: Condition): string {
  const { feature } = condition;
  if ('missing' in condition) return `${feature} is missing`;
  if ('level' in condition) return `${feature} is ${condition.level}`;
  const { low, high } = condition;
  if (low === null) return `${feature} below ${short(high)}`;
  return high === null
    ? `${feature} at least ${short(low)}`
    : `${feature} from ${short(low)} to below ${short(high)}`;
}

function short(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(5)));
}
