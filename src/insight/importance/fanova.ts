import { streamOf, type RandomStream } from '../../core/random';
import { shares, type ImportanceColumn, type ImportanceTable } from './columns';
import { growTree, type BinnedColumn, type Leaf, type TreeOptions } from './tree';

const TREES = 40;
const MOST_ROWS = 1200;
const BINS = 32;
/** Leaves of few trials are smaller: of five, two leaves of three are none. */
const LEAF_ROWS = 3;
const LEAVES_AT_LEAST = 4;
const OPTIONS: Omit<TreeOptions, 'fewestRows'> = { mostDepth: 24, columnShare: 0.7 };
/** Losses further than so many interquartile ranges above the upper quartile are taken to be there. */
const FENCE = 5;

/**
 * Functional ANOVA (Hutter, Hoos and Leyton-Brown, "An efficient approach for assessing hyperparameter importance",
 * ICML 2014): the share of the loss' variance over the whole space that a hole explains by itself, by a random forest. A
 * hole that is not active takes values at random: what it explains is what it explains where it is active.
 */
export function fanova({ columns, losses }: ImportanceTable): Float64Array {
  if (columns.length === 0) return new Float64Array(0);
  const stream = streamOf('fanova');
  const fenced = fence(losses);
  const rows = Math.min(losses.length, MOST_ROWS);
  const effects = new Float64Array(columns.length);
  const fewestRows = Math.max(1, Math.min(LEAF_ROWS, Math.floor(losses.length / LEAVES_AT_LEAST)));
  for (let tree = 0; tree < TREES; tree++) {
    const drawn = Int32Array.from({ length: rows }, () => stream.integer(0, losses.length - 1));
    const binned = columns.map((column) => binColumn(column, drawn, stream));
    const drawnLosses = Float64Array.from(drawn, (row) => fenced[row]!);
    const leaves = growTree(binned, drawnLosses, { ...OPTIONS, fewestRows }, stream);
    mainEffects(leaves, binned).forEach((effect, column) => (effects[column]! += effect));
  }
  return shares(effects);
}

function binColumn(
  { categories, values }: ImportanceColumn,
  rows: Int32Array,
  stream: RandomStream,
): BinnedColumn {
  const bins = categories > 0 ? categories : BINS;
  const codes = Uint16Array.from(rows, (row) => {
    const value = values[row]!;
    if (Number.isNaN(value)) return stream.integer(0, bins - 1);
    return Math.min(bins - 1, Math.floor(categories > 0 ? value : value * bins));
  });
  return { ordered: categories === 0, bins, codes };
}

/** Variance of each column's marginal, every bin being as likely as another. */
function mainEffects(leaves: readonly Leaf[], columns: readonly BinnedColumn[]): Float64Array {
  const marginals = columns.map(({ bins }) => new Float64Array(bins));
  const parts = new Float64Array(columns.length);
  let mean = 0;
  for (const { allowed, value } of leaves) {
    let volume = 1;
    for (let column = 0; column < allowed.length; column++) {
      parts[column] = share(allowed[column]!);
      volume *= parts[column]!;
    }
    mean += value * volume;
    for (let column = 0; column < allowed.length; column++) {
      const marginal = marginals[column]!;
      const bins = allowed[column]!;
      const weight = (value * volume) / parts[column]!;
      for (let bin = 0; bin < bins.length; bin++) if (bins[bin] === 1) marginal[bin]! += weight;
    }
  }
  return Float64Array.from(marginals, (marginal) => {
    return marginal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / marginal.length;
  });
}

/** Of the bins, how many are allowed. */
function share(bins: Uint8Array): number {
  let count = 0;
  for (const bin of bins) count += bin;
  return count / bins.length;
}

function fence(losses: Float64Array): Float64Array {
  const sorted = losses.toSorted();
  const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
  const range = at(0.75) - at(0.25);
  const most = range > 0 ? at(0.75) + FENCE * range : Infinity;
  return losses.map((loss) => Math.min(loss, most));
}
