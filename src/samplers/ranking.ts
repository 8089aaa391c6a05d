import { compareObservations, type Observation } from './observations';

/**
 * Best first. One objective: by value; several: by non-dominated front, within a front the lonelier first (Deb et al.,
 * "A fast and elitist multiobjective genetic algorithm: NSGA-II", 2002). Feasible trials come before all others.
 */
export function rankObservations(observations: readonly Observation[]): readonly Observation[] {
  const objectives = observations.find(({ losses }) => losses !== null)?.losses?.length ?? 1;
  if (objectives === 1) return observations.toSorted(compareObservations);
  const feasible = observations.filter(({ violation, losses }) => violation === 0 && losses !== null);
  const rest = observations.filter(({ violation, losses }) => violation !== 0 || losses === null);
  const losses = feasible.map((observation) => observation.losses ?? []);
  const ordered = frontsOf(losses).flatMap((front) => {
    const crowding = crowdingOf(front.map((i) => losses[i] ?? []));
    return front
      .map((index, place) => ({ index, distance: crowding[place] ?? 0 }))
      .sort((a, b) => b.distance - a.distance || a.index - b.index)
      .flatMap(({ index }) => feasible[index] ?? []);
  });
  return [...ordered, ...rest.toSorted(compareObservations)];
}

/** True when `a` is nowhere worse than `b` and somewhere better. */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) return false;
    if (a[i]! < b[i]!) better = true;
  }
  return better;
}

/** Indices by non-dominated front, the best front first. */
export function frontsOf(losses: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const dominated = losses.map((): number[] => []);
  const above = new Int32Array(losses.length);
  for (let i = 0; i < losses.length; i++) {
    for (let j = i + 1; j < losses.length; j++) {
      if (dominates(losses[i]!, losses[j]!)) {
        dominated[i]!.push(j);
        above[j]! += 1;
      } else if (dominates(losses[j]!, losses[i]!)) {
        dominated[j]!.push(i);
        above[i]! += 1;
      }
    }
  }
  const fronts: number[][] = [];
  let front = losses.flatMap((_, i) => (above[i] === 0 ? [i] : []));
  while (front.length > 0) {
    fronts.push(front);
    const next: number[] = [];
    for (const i of front) for (const j of dominated[i]!) if (--above[j]! === 0) next.push(j);
    front = next.sort((a, b) => a - b);
  }
  return fronts;
}

/** Crowding distance of each member of a front: how far its neighbours lie, Infinity at the ends. */
export function crowdingOf(front: readonly (readonly number[])[]): Float64Array {
  const distances = new Float64Array(front.length);
  const objectives = front[0]?.length ?? 0;
  for (let objective = 0; objective < objectives; objective++) {
    const at = (i: number): number => front[i]?.[objective] ?? 0;
    const order = front.map((_, i) => i).sort((a, b) => at(a) - at(b) || a - b);
    const first = order[0] ?? 0;
    const last = order.at(-1) ?? 0;
    const span = at(last) - at(first);
    if (span === 0) continue;
    distances[first] = Infinity;
    distances[last] = Infinity;
    for (let k = 1; k + 1 < order.length; k++) {
      distances[order[k]!]! += (at(order[k + 1]!) - at(order[k - 1]!)) / span;
    }
  }
  return distances;
}
