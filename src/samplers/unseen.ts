import type { RandomStream } from '../core/random';
import type { ObservedTrial } from '../core/search';
import { isFinished, type Params } from '../core/trial';
import { countPoints, paramsKey, pointAt, sample, type Space } from '../space';
import { sameCode, type Code, type Encoding } from './encoding';

/** How often a point that was tried already is drawn again. */
const MOST_DRAWS = 100;
/** Up to so many points a space is looked through for those that are left. */
const MOST_LISTED = 10_000n;

export function wasTried(code: Code, tried: readonly Code[]): boolean {
  return tried.some((other) => sameCode(code, other));
}

/** Which points a history has; of a history that has only grown since, only the new trials are looked at. */
export class TriedPoints {
  readonly #keys = new Set<string>();
  /** How many finished trials at its front are in the set, and the last of them. */
  #count = 0;
  #last: ObservedTrial | undefined;

  /** Whether a finished trial of the last history has the point. */
  isFinished(point: Params): boolean {
    return this.#keys.has(paramsKey(point));
  }

  /** @returns whether a point is in the history */
  of(history: readonly ObservedTrial[]): (point: Params) => boolean {
    if (this.#count > 0 && history[this.#count - 1] !== this.#last) {
      this.#keys.clear();
      this.#count = 0;
    }
    for (; isFinished(history[this.#count]?.state ?? 'running'); this.#count++) {
      this.#last = history[this.#count];
      this.#keys.add(paramsKey(this.#last?.params ?? {}));
    }
    const count = this.#count;
    return (point) => {
      const key = paramsKey(point);
      if (this.#keys.has(key)) return true;
      for (let i = count; i < history.length; i++) {
        if (paramsKey(history[i]?.params ?? {}) === key) return true;
      }
      return false;
    };
  }
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
  return leftOver(space, (other) => keys.has(paramsKey(other)), stream) ?? point;
}

/** A random point that was not tried yet, each hole from its own distribution; one that was where nothing else is found. */
export function drawUntried(space: Space, tried: (point: Params) => boolean, stream: RandomStream): Params {
  let point = sample(space, stream);
  for (let draws = 1; draws < MOST_DRAWS && tried(point); draws++) point = sample(space, stream);
  if (!tried(point)) return point;
  return leftOver(space, tried, stream) ?? point;
}

/** One of the points that are left, each as likely as the other; null when there is none or too many to look through. */
export function leftOver(
  space: Space,
  tried: (point: Params) => boolean,
  stream: RandomStream,
): Params | null {
  const count = countPoints(space);
  if (count === null || count > MOST_LISTED) return null;
  const left: Params[] = [];
  for (let rank = 0n; rank < count; rank++) {
    const point = pointAt(space, rank);
    if (!tried(point)) left.push(point);
  }
  return left.length === 0 ? null : (left[stream.integer(0, left.length - 1)] ?? null);
}
