import { streamOf } from '../../core/random';

/** What a division by groups works on. */
export interface GroupedRows {
  readonly rows: Uint32Array;
  /** Group of each row of the table; −1: the row is a group of its own. */
  readonly groups: Int32Array;
  /** Stratum of each row of the table; equal for all where nothing is stratified. */
  readonly strata: Int32Array;
  readonly strataCount: number;
}

interface Group {
  readonly rows: number[];
  /** Rows of each stratum it has. */
  readonly counts: Map<number, number>;
}

/**
 * Gives whole groups to blocks so that each block has its share of the rows and, as well as can be, of every
 * stratum: the largest group first, each to the block where the squared deviation from the shares grows least
 * (the rule of scikit-learn's StratifiedGroupKFold, for blocks of unequal share).
 * @param shares of the blocks, above 0, sum 1
 * @param block written: the block of each row
 */
export function divideGroups(
  { rows, groups, strata, strataCount }: GroupedRows,
  shares: readonly number[],
  seed: number,
  block: Int16Array,
): void {
  const list = groupsOf(rows, groups, strata);
  streamOf(seed, 'split', 'groups').shuffle(list);
  list.sort((a, b) => b.rows.length - a.rows.length);
  const totals = new Float64Array(strataCount);
  for (const row of rows) totals[strata[row] ?? 0] = (totals[strata[row] ?? 0] ?? 0) + 1;
  const given = shares.map(() => new Float64Array(strataCount));
  const sizes = new Float64Array(shares.length);
  const members = shares.map((): Group[] => []);
  for (const group of list) {
    const costs = shares.map((share, i) => {
      const filled = given[i] ?? totals;
      let cost = growth(sizes[i] ?? 0, group.rows.length, rows.length, share);
      for (const [stratum, count] of group.counts) {
        cost += growth(filled[stratum] ?? 0, count, totals[stratum] ?? 1, share);
      }
      return cost;
    });
    const best = costs.indexOf(Math.min(...costs));
    members[best]?.push(group);
    sizes[best] = (sizes[best] ?? 0) + group.rows.length;
    const filled = given[best];
    for (const [stratum, count] of group.counts) if (filled) filled[stratum] = (filled[stratum] ?? 0) + count;
  }
  fillEmpty(members);
  members.forEach((held, i) => {
    for (const group of held) for (const row of group.rows) block[row] = i;
  });
}

/** How much nearer to, or further from, its share `more` rows bring a block. */
function growth(has: number, more: number, total: number, share: number): number {
  return ((has + more) / total - share) ** 2 - (has / total - share) ** 2;
}

/** A block without a group gets the smallest one of the block that has the most. */
function fillEmpty(members: readonly Group[][]): void {
  for (const held of members) {
    if (held.length > 0) continue;
    const richest = [...members].sort((a, b) => b.length - a.length)[0];
    const smallest = richest !== undefined && richest.length > 1 ? richest.pop() : undefined;
    if (smallest !== undefined) held.push(smallest);
  }
}

function groupsOf(rows: Uint32Array, groups: Int32Array, strata: Int32Array): Group[] {
  const known = new Map<number, Group>();
  const list: Group[] = [];
  for (const row of rows) {
    const code = groups[row] ?? -1;
    let group = code < 0 ? undefined : known.get(code);
    if (group === undefined) {
      group = { rows: [], counts: new Map() };
      list.push(group);
      if (code >= 0) known.set(code, group);
    }
    const stratum = strata[row] ?? 0;
    group.rows.push(row);
    group.counts.set(stratum, (group.counts.get(stratum) ?? 0) + 1);
  }
  return list;
}
