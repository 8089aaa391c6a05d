import type { RandomStream } from '../../core/random';

/** A column in bins: intervals of [0, 1], or categories. */
export interface BinnedColumn {
  readonly ordered: boolean;
  readonly bins: number;
  readonly codes: Uint16Array;
}

/** The box of a leaf: for each column the bins that lead to it, and what it predicts. */
export interface Leaf {
  readonly allowed: readonly Uint8Array[];
  readonly value: number;
}

export interface TreeOptions {
  readonly fewestRows: number;
  readonly mostDepth: number;
  /** Share of the columns that are looked at for each split. */
  readonly columnShare: number;
}

interface Split {
  readonly column: number;
  /** 1: the bin goes left. */
  readonly left: Uint8Array;
}

/** The leaves of a regression tree that splits where the squared error falls most (Breiman et al., 1984). */
export function growTree(
  columns: readonly BinnedColumn[],
  losses: Float64Array,
  options: TreeOptions,
  stream: RandomStream,
): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const widest = columns.reduce((most, { bins }) => Math.max(most, bins), 0);
  const scratch: Scratch = { counts: new Float64Array(widest), sums: new Float64Array(widest) };
  const grow = (part: Int32Array, allowed: readonly Uint8Array[], depth: number): void => {
    const split =
      part.length < 2 * options.fewestRows || depth >= options.mostDepth
        ? null
        : bestSplit(columns, losses, part, options, scratch, stream);
    if (split === null) {
      leaves.push({ allowed, value: meanOf(losses, part) });
      return;
    }
    const { codes } = columns[split.column]!;
    const goesLeft = (row: number): boolean => split.left[codes[row]!] === 1;
    const within = (side: 0 | 1): readonly Uint8Array[] =>
      allowed.map((bins, c) =>
        c === split.column ? bins.map((bin, b) => (split.left[b] === side ? bin : 0)) : bins,
      );
    grow(part.filter(goesLeft), within(1), depth + 1);
    grow(
      part.filter((row) => !goesLeft(row)),
      within(0),
      depth + 1,
    );
  };
  grow(
    Int32Array.from(losses, (_, row) => row),
    columns.map(({ bins }) => new Uint8Array(bins).fill(1)),
    0,
  );
  return leaves;
}

function meanOf(losses: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (const row of rows) sum += losses[row]!;
  return sum / rows.length;
}

/** Room for the sums of one column, as wide as the widest. */
interface Scratch {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
}

function bestSplit(
  columns: readonly BinnedColumn[],
  losses: Float64Array,
  part: Int32Array,
  { fewestRows, columnShare }: TreeOptions,
  { counts, sums }: Scratch,
  stream: RandomStream,
): Split | null {
  let best: Split | null = null;
  let most = 1e-12;
  let total = 0;
  for (const row of part) total += losses[row]!;
  const base = (total * total) / part.length;
  for (let column = 0; column < columns.length; column++) {
    if (columns.length > 1 && stream.uniform() >= columnShare) continue;
    const { bins, codes, ordered } = columns[column]!;
    counts.fill(0, 0, bins);
    sums.fill(0, 0, bins);
    for (const row of part) {
      counts[codes[row]!]! += 1;
      sums[codes[row]!]! += losses[row]!;
    }
    const order = ordered ? null : orderOf(counts, sums, bins);
    const places = order?.length ?? bins;
    let count = 0;
    let sum = 0;
    for (let k = 0; k + 1 < places; k++) {
      const bin = order?.[k] ?? k;
      if (counts[bin] === 0) continue;
      count += counts[bin]!;
      sum += sums[bin]!;
      const others = part.length - count;
      if (count < fewestRows) continue;
      if (others < fewestRows) break;
      const gain = (sum * sum) / count + ((total - sum) * (total - sum)) / others - base;
      if (gain <= most) continue;
      most = gain;
      best = { column, left: order === null ? below(counts, k, bins) : of(order.slice(0, k + 1), bins) };
    }
  }
  return best;
}

/** Categories in the order of their means: the best of all subsets is a prefix (Fisher, 1958). */
function orderOf(counts: Float64Array, sums: Float64Array, bins: number): readonly number[] {
  return Array.from({ length: bins }, (_, bin) => bin)
    .filter((bin) => counts[bin]! > 0)
    .sort((a, b) => sums[a]! / counts[a]! - sums[b]! / counts[b]! || a - b);
}

/** Empty bins between two sides go half to each. */
function below(counts: Float64Array, last: number, bins: number): Uint8Array {
  let next = last + 1;
  while (next < bins && counts[next] === 0) next += 1;
  return new Uint8Array(bins).fill(1, 0, Math.ceil((last + next) / 2));
}

function of(members: readonly number[], bins: number): Uint8Array {
  const left = new Uint8Array(bins);
  for (const bin of members) left[bin] = 1;
  return left;
}
