import type { FieldError } from '../core/errors';
import type { JsonPrimitive, JsonValue } from '../core/json';
import type { RandomStream } from '../core/random';
import type { Params } from '../core/trial';
import type { Axis } from './axis';
import type { Hole } from './node';
import { Space } from './space';

export type { Axis } from './axis';
export type { Condition, Hole } from './node';
export { paramsKey } from './params';
export { possible, type Possible } from './raw-hole';
export type { Space } from './space';

/** @throws InvalidError `invalid_search_space` with the path and the rule of everything that is wrong */
export function parseSpace(document: JsonValue): Space {
  return new Space(document);
}

/** The holes of a document, in its order. */
export function holes(document: JsonValue | Space): readonly Hole[] {
  return spaceOf(document).holes;
}

/** The document of a point; a document without holes is returned as it is. @throws InvalidError `invalid_params` */
export function fill(document: JsonValue | Space, params: Params): JsonValue {
  return spaceOf(document).fill(params);
}

export function isInside(document: JsonValue | Space, params: Params): boolean {
  return checkParams(document, params).length === 0;
}

/** Every rule that the point breaks, by hole name. */
export function checkParams(document: JsonValue | Space, params: Params): readonly FieldError[] {
  return spaceOf(document).check(params);
}

/** A point that has `given` and is drawn elsewhere. @throws InvalidError `invalid_params` */
export function completeParams(space: Space, given: Params, stream: RandomStream): Params {
  return space.complete(given, stream);
}

/** A point drawn from the holes' own distributions, independently. */
export function sample(space: Space, stream: RandomStream): Params {
  return space.sample(stream);
}

/** The space's coordinates, one per hole, in the order of {@link holes}. */
export function axes(space: Space): readonly Axis[] {
  return space.axes();
}

/** The point whose active holes take what `choose` says, asked once for each in the order of the document. */
export function assemble(space: Space, choose: (name: string) => JsonPrimitive): Params {
  return space.assemble(choose);
}

/** Number of points of the space; null when there is no end of them, or they are too many to count. */
export function countPoints(space: Space): bigint | null {
  return space.count();
}

/** Number of points of the space if each hole with no end of values had one; null when they are too many to count. */
export function countPointsOfOthers(space: Space): bigint | null {
  return space.countOfOthers();
}

/** The point of rank `index` in [0, countPoints): each distinct point has exactly one. */
export function pointAt(space: Space, index: bigint): Params {
  return space.pointAt(index);
}

function spaceOf(document: JsonValue | Space): Space {
  return document instanceof Space ? document : new Space(document);
}
