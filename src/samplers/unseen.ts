import type { RandomStream } from '../core/random';
import type { Params } from '../core/trial';
import { countPoints, paramsKey, pointAt, sample, type Space } from '../space';
import { sameCode, type Code, type Encoding } from './encoding';

/** How often a point that was tried already is drawn again. */
const MOST_DRAWS = 100;
/** Up to so many points a space is looked through for those that are left. */
const MOST_LISTED = 10_000n;

export function wasTried(code: Code, tried: readonly Code[]): boolean {
  return tried.some((other) => sameCode(code, other));
}

/** A random point that was not tried yet; one that was where nothing else is found. */
export function drawUnseen(encoding: Encoding, tried: readonly Code[], stream: RandomStream): Params {
  const { space } = encoding;
  let point = sample(space, stream);
  for (let draws = 1; draws < MOST_DRAWS && wasTried(encoding.encode(point), tried); draws++) {
    point = sample(space, stream);
  }
  if (!wasTried(encoding.encode(point), tried)) return point;
  const keys = new Set(tried.map((code) => paramsKey(encoding.decode((axis) => code[axis] ?? NaN))));
  return leftOver(space, keys, stream) ?? point;
}

/** One of the points that are left, each as likely as the other; null when there is none or too many to look through. */
export function leftOver(space: Space, tried: ReadonlySet<string>, stream: RandomStream): Params | null {
  const count = countPoints(space);
  if (count === null || count > MOST_LISTED || BigInt(tried.size) >= count) return null;
  const left: Params[] = [];
  for (let rank = 0n; rank < count; rank++) {
    const point = pointAt(space, rank);
    if (!tried.has(paramsKey(point))) left.push(point);
  }
  return left[stream.integer(0, left.length - 1)] ?? null;
}
