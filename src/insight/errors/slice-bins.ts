import { quantile } from '../bootstrap';
import type { Condition, FeatureColumn } from './columns';

/** The finest bins of a number when it is looked at alone, and beside another feature. */
const FINE_BINS = 20;
const COARSE_BINS = 4;
const MOST_LEVELS = 30;

/** A column cut into bins; `codes[row]` is −1 for a row that is in none (a rare level). */
export interface BinnedColumn {
  readonly codes: Int32Array;
  readonly bins: number;
  /** Bins that can be put together are consecutive numbers below this; the others stand alone. */
  readonly ordered: number;
  /** What it means to lie in bins [from, to). */
  condition(from: number, to: number): Condition;
}

export function fineBins(column: FeatureColumn): BinnedColumn {
  return column.kind === 'numbers' ? numberBins(column, FINE_BINS) : levelBins(column);
}

export function coarseBins(column: FeatureColumn): BinnedColumn {
  return column.kind === 'numbers' ? numberBins(column, COARSE_BINS) : levelBins(column);
}

/** Quantile bins; a number with few distinct values has one bin for each. Missing values are a bin of their own. */
function numberBins(
  { name, values }: Extract<FeatureColumn, { kind: 'numbers' }>,
  most: number,
): BinnedColumn {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = [...new Set(present)];
  const wanted =
    distinct.length <= most
      ? distinct.slice(1)
      : Array.from({ length: most - 1 }, (_, i) => quantile(present, (i + 1) / most));
  const edges = [...new Set(wanted)].filter((edge) => edge > (present[0] ?? Infinity));
  const ordered = edges.length + 1;
  const codes = Int32Array.from(values, (value) => (Number.isNaN(value) ? ordered : placeOf(edges, value)));
  return {
    codes,
    bins: ordered + 1,
    ordered,
    condition: (from, to) =>
      from >= ordered
        ? { feature: name, missing: true }
        : { feature: name, low: edges[from - 1] ?? null, high: edges[to - 1] ?? null },
  };
}

function levelBins(column: Extract<FeatureColumn, { kind: 'codes' }>): BinnedColumn {
  const { name, values, levels } = column;
  const counts = levels.map(() => 0);
  for (const code of values) if (code >= 0) counts[code] = (counts[code] ?? 0) + 1;
  const kept = counts
    .map((count, code) => ({ count, code }))
    .sort((a, b) => b.count - a.count || a.code - b.code)
    .slice(0, MOST_LEVELS)
    .map(({ code }) => code);
  const places = new Map(kept.map((code, place) => [code, place]));
  return {
    codes: values.map((code) => (code < 0 ? kept.length : (places.get(code) ?? -1))),
    bins: kept.length + 1,
    ordered: 0,
    condition: (from) =>
      from >= kept.length
        ? { feature: name, missing: true }
        : { feature: name, level: levels[kept[from] ?? 0] ?? '' },
  };
}

/** How many edges lie at or below `value`. */
function placeOf(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
