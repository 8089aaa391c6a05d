import type { Direction } from './metrics';

/** True when `a` is nowhere worse than `b` and somewhere better. */
export function dominates(
  a: readonly number[],
  b: readonly number[],
  directions: readonly Direction[],
): boolean {
  let better = false;
  for (const [i, direction] of directions.entries()) {
    const difference = loss(a, i, direction) - loss(b, i, direction);
    if (difference > 0) return false;
    if (difference < 0) better = true;
  }
  return better;
}

/**
 * The front of each point: 0 where no other dominates it, 1 where only points of front 0 do, and so on (Deb et al.,
 * "A fast and elitist multiobjective genetic algorithm: NSGA-II", 2002), found by inserting points in lexicographic
 * order (Zhang et al., "An efficient approach to nondominated sorting", 2015). Equal points share a front.
 */
export function frontsOf(
  points: readonly (readonly number[])[],
  directions: readonly Direction[],
): readonly number[] {
  const order = points.map((_, i) => i).sort((i, j) => compare(points[i], points[j], directions));
  const fronts: number[][] = [];
  const result = new Array<number>(points.length).fill(0);
  for (const index of order) {
    const point = points[index] ?? [];
    // A later point never dominates an earlier one. A front without a dominator is followed by none with one.
    let low = 0;
    let high = fronts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const dominated = (fronts[middle] ?? []).some((other) =>
        dominates(points[other] ?? [], point, directions),
      );
      if (dominated) low = middle + 1;
      else high = middle;
    }
    const front = fronts[low];
    if (front === undefined) fronts.push([index]);
    else front.push(index);
    result[index] = low;
  }
  return result;
}

function compare(
  a: readonly number[] = [],
  b: readonly number[] = [],
  directions: readonly Direction[],
): number {
  for (const [i, direction] of directions.entries()) {
    const difference = loss(a, i, direction) - loss(b, i, direction);
    if (difference !== 0) return difference;
  }
  return 0;
}

function loss(point: readonly number[], i: number, direction: Direction): number {
  const value = point[i] ?? Infinity;
  return direction === 'minimize' ? value : -value;
}
