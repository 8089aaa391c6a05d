import type { FieldError } from '../core/errors';
import type { JsonValue } from '../core/json';
import type { RandomStream } from '../core/random';
import type { Params } from '../core/trial';
import type { Hole } from './node';
import { Space } from './space';

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

/** Number of points of the space; null when there is no end of them. */
export function countPoints(space: Space): bigint | null {
  return space.count();
}

/** The point of rank `index` in [0, countPoints): each distinct point has exactly one. */
export function pointAt(space: Space, index: bigint): Params {
  return space.pointAt(index);
}

function spaceOf(document: JsonValue | Space): Space {
  return document instanceof Space ? document : new Space(document);
}
