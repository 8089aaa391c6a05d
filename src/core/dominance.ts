import type { Direction } from './metrics';

/**
 * The front of each point: 0 where no other dominates it, 1 where only points of front 0 do, and so on (Deb et al.,
 * "A fast and elitist multiobjective genetic algorithm: NSGA-II", 2002), found by inserting points in lexicographic
 * order (Zhang et al., "An efficient approach to nondominated sorting", 2015). Equal points share a front.
 */
export function frontsOf(
  points: readonly (readonly number[])[],
  directions: readonly Direction[],
): readonly number[] {
  const losses = points.map((point) => directions.map((direction, i) => loss(point, i, direction)));
  const order = points.map((_, i) => i).sort((i, j) => compare(losses[i]!, losses[j]!));
  const fronts: number[][] = [];
  const result = new Array<number>(points.length).fill(0);
  // With two objectives the second falls along a front: the last of its points is dominated last.
  const looked = directions.length <= 2 ? 1 : Infinity;
  for (const index of order) {
    const point = losses[index]!;
    // A later point never dominates an earlier one. A front without a dominator is followed by none with one.
    let low = 0;
    let high = fronts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const front = fronts[middle]!;
      let dominated = false;
      for (let i = front.length - 1; i >= Math.max(0, front.length - looked) && !dominated; i--) {
        dominated = dominates(losses[front[i]!]!, point);
      }
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

/** Nowhere worse and somewhere better. */
function dominates(a: readonly number[], b: readonly number[]): boolean {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) return false;
    if (a[i]! < b[i]!) better = true;
  }
  return better;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    // Two infinite losses are equal, and their difference is none.
    if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  }
  return 0;
}

function loss(point: readonly number[], i: number, direction: Direction): number {
  const value = point[i] ?? Infinity;
  return direction === 'minimize' ? value : -value;
}
