import { shares, type ImportanceColumn, type ImportanceTable } from './columns';

/** The share of trials that count as good. */
const GOOD = 0.1;
const FEWEST_GOOD = 5;
const BINS = 64;

/**
 * PED-ANOVA (Watanabe, Bansal and Hutter, IJCAI 2023): how far the distribution of a hole among the good trials is from
 * its distribution among all of them, by Pearson's divergence. A hole that is not always active is compared among the
 * trials where it is, and counts by the share of good trials where it is.
 */
export function pedAnova({ columns, losses }: ImportanceTable): Float64Array {
  const order = Array.from(losses, (_, i) => i).sort((a, b) => losses[a]! - losses[b]! || a - b);
  const count = Math.min(order.length, Math.max(FEWEST_GOOD, Math.ceil(GOOD * order.length)));
  // Trials as good as the last of the good are good too: all of them where all are equal.
  const border = losses[order[count - 1] ?? 0] ?? 0;
  const good = order.filter((i) => losses[i]! <= border);
  if (good.length === order.length) return shares(new Float64Array(columns.length));
  return shares(Float64Array.from(columns, (column) => divergence(column, good, order)));
}

function divergence(column: ImportanceColumn, good: readonly number[], all: readonly number[]): number {
  const active = (trials: readonly number[]): readonly number[] => {
    return trials.flatMap((i) => (Number.isNaN(column.values[i]!) ? [] : [column.values[i]!]));
  };
  const goodValues = active(good);
  const allValues = active(all);
  if (goodValues.length < 2) return 0;
  const among = distribution(goodValues, column.categories);
  const overall = distribution(allValues, column.categories);
  const pearson = among.reduce((sum, p, bin) => sum + (p - overall[bin]!) ** 2 / overall[bin]!, 0);
  return pearson * (goodValues.length / good.length);
}

/** Probabilities of categories, or of bins of [0, 1] by a kernel estimate (Scott's bandwidth); all positive. */
function distribution(values: readonly number[], categories: number): Float64Array {
  const bins = categories > 0 ? categories : BINS;
  const counts = new Float64Array(bins);
  for (const value of values) {
    counts[Math.min(bins - 1, Math.floor(categories > 0 ? value : value * bins))]! += 1;
  }
  const density = categories > 0 ? counts : smooth(counts, bandwidthOf(values));
  // One trial's worth of the uniform distribution keeps every bin possible.
  return density.map((weight) => (weight + 1 / bins) / (values.length + 1));
}

/** In bins. */
function bandwidthOf(values: readonly number[]): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
  return Math.max(1, BINS * 1.06 * Math.sqrt(variance) * n ** -0.2);
}

/** What leaves [0, 1] on one side is given back to the kernel it came from. */
function smooth(counts: Float64Array, bandwidth: number): Float64Array {
  const smoothed = new Float64Array(counts.length);
  counts.forEach((count, centre) => {
    if (count === 0) return;
    const kernel = smoothed.map((_, bin) => Math.exp(-0.5 * ((bin - centre) / bandwidth) ** 2));
    const total = kernel.reduce((sum, weight) => sum + weight, 0);
    for (let bin = 0; bin < counts.length; bin++) smoothed[bin]! += (count * kernel[bin]!) / total;
  });
  return smoothed;
}
