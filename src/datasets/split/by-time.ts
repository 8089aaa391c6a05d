import { InvalidError } from '../../core/errors';

/**
 * Cuts rows in the order of their time into blocks of these shares, the earliest block first. Rows of equal time stay
 * together: each cut is moved to the nearest change of time.
 * @param shares of the blocks, sum 1
 * @param block written: the block of each row
 * @throws InvalidError `too_few_rows` where there are fewer times than blocks
 */
export function divideTimes(
  rows: Uint32Array,
  times: Float64Array,
  shares: readonly number[],
  block: Int16Array,
): void {
  const ordered = Uint32Array.from(rows).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const changes: number[] = [];
  for (let i = 1; i < ordered.length; i++) {
    if (times[ordered[i] ?? 0] !== times[ordered[i - 1] ?? 0]) changes.push(i);
  }
  const needed = shares.length - 1;
  if (changes.length < needed) {
    throw new InvalidError(
      'too_few_rows',
      `the split by time needs ${String(needed + 1)} different times; the rows have ${String(changes.length + 1)}`,
    );
  }
  let first = 0;
  let from = 0;
  let share = 0;
  for (let i = 0; i < shares.length; i++) {
    share += shares[i] ?? 0;
    let end = ordered.length;
    if (i < needed) {
      // As many changes must be left as there are cuts to come.
      const place = nearest(changes, first, changes.length - (needed - 1 - i), share * ordered.length);
      end = changes[place] ?? end;
      first = place + 1;
    }
    for (let k = from; k < end; k++) block[ordered[k] ?? 0] = i;
    from = end;
  }
}

/** Place of the value nearest to `wanted` in ascending `values`, from `first` to before `end`. */
function nearest(values: readonly number[], first: number, end: number, wanted: number): number {
  let best = first;
  for (let i = first; i < end; i++) {
    if (Math.abs((values[i] ?? 0) - wanted) < Math.abs((values[best] ?? 0) - wanted)) best = i;
    if ((values[i] ?? 0) > wanted) break;
  }
  return best;
}
