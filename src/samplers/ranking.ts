import { frontsOf as frontNumbersOf } from '../core/dominance';
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

/** Indices by non-dominated front, the best front first. */
function frontsOf(losses: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const directions = (losses[0] ?? []).map(() => 'minimize' as const);
  const fronts: number[][] = [];
  frontNumbersOf(losses, directions).forEach((front, i) => {
    (fronts[front] ??= []).push(i);
  });
  return fronts;
}

/** Crowding distance of each member of a front: how far its neighbours lie, Infinity at the ends. */
function crowdingOf(front: readonly (readonly number[])[]): Float64Array {
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
