import { primitiveKey } from './words';
import type { Condition, Hole } from './node';

/** What is known to hold: one chosen option, or one number of copies, per hole. */
type Known = ReadonlyMap<string, string | number>;

/**
 * True when a hole that stands under any of `places` is active wherever `around` holds: in one of them, or in one
 * of them for each way the choices between can go.
 */
export function isAlwaysActive(
  places: readonly (readonly Condition[])[],
  around: readonly Condition[],
  holes: ReadonlyMap<string, Hole>,
): boolean {
  const known = new Map<string, string | number>();
  const least = new Map<string, number>();
  for (const condition of around) {
    if ('option' in condition) known.set(condition.hole, primitiveKey(condition.option));
    else least.set(condition.hole, Math.max(condition.atLeast, least.get(condition.hole) ?? 0));
  }
  const left = places.map((place) =>
    place.filter((c) => !('atLeast' in c) || c.atLeast > lowest(c.hole, least, holes)),
  );
  return covers(left, known, least, holes);
}

function covers(
  places: readonly (readonly Condition[])[],
  known: Known,
  least: ReadonlyMap<string, number>,
  holes: ReadonlyMap<string, Hole>,
): boolean {
  const open = places.flatMap((place) => {
    const conditions = place.filter((condition) => holds(condition, known) !== true);
    return conditions.some((condition) => holds(condition, known) === false) ? [] : [conditions];
  });
  if (open.some((conditions) => conditions.length === 0)) return true;
  const next = open[0]?.[0];
  const hole = next === undefined ? undefined : holes.get(next.hole);
  if (next === undefined || hole === undefined) return false;
  return ways(hole, least).every((way) => covers(open, new Map(known).set(hole.name, way), least, holes));
}

/** Undefined while nothing is known of the condition's hole. */
function holds(condition: Condition, known: Known): boolean | undefined {
  const value = known.get(condition.hole);
  if (value === undefined) return undefined;
  return 'option' in condition
    ? value === primitiveKey(condition.option)
    : Number(value) >= condition.atLeast;
}

function ways(hole: Hole, least: ReadonlyMap<string, number>): readonly (string | number)[] {
  if (hole.options !== undefined) return hole.options.map((option) => primitiveKey(option));
  const low = Math.max(hole.low ?? 0, least.get(hole.name) ?? 0);
  return Array.from({ length: (hole.high ?? 0) - low + 1 }, (_, i) => low + i);
}

function lowest(hole: string, least: ReadonlyMap<string, number>, holes: ReadonlyMap<string, Hole>): number {
  return Math.max(holes.get(hole)?.low ?? 0, least.get(hole) ?? 0);
}
