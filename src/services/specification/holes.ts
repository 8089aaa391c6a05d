import { InvalidError } from '../../core/errors';
import { isJsonObject, type JsonArray, type JsonValue } from '../../core/json';
import { possible, type Possible } from '../../space';

/** Uses of references in one document, those by way of others included: chains of them multiply. */
const MOST_FOLLOWED = 2000;

/** How the values of one part of a document are read. */
export interface Reader {
  /** What can stand in the place of `value`, one level deep. */
  read(value: JsonValue): Possible;
  /**
   * The hole that a `$ref` means; null where that cannot be told here.
   * @throws InvalidError `invalid_search_space` where references multiply without end
   */
  follow(name: string): JsonValue | null;
}

/** Of parts without holes: every value is what it is. */
export const plainReader: Reader = {
  read: (value) => ({ kind: 'literal', value }),
  follow: () => null,
};

/**
 * Of parts whose values may be holes. A `$ref` that is not followed is checked in each trial's document instead.
 * @param document a checked search space, in which references run in no circle; null: none is followed
 */
export function holeReader(document: JsonValue | null): Reader {
  const named = namedHoles(document);
  let followed = 0;
  return {
    read: possible,
    follow: (name) => {
      followed += 1;
      if (followed > MOST_FOLLOWED) {
        throw new InvalidError(
          'invalid_search_space',
          `$ref: the references of the document lead to more than ${String(MOST_FOLLOWED)} values; use fewer of them`,
        );
      }
      return named.get(name) ?? named.get(name.replace(/(\[\d+\])+$/, '')) ?? null;
    },
  };
}

/** Holes by their own name, else by the path where they stand. */
function namedHoles(document: JsonValue): ReadonlyMap<string, JsonValue> {
  const named = new Map<string, JsonValue>();
  const visit = (value: JsonValue, path: string): void => {
    const found = possible(value);
    if (found.kind === 'literal') {
      if (Array.isArray(value)) {
        (value as JsonArray).forEach((item, i) => {
          visit(item, `${path}[${String(i)}]`);
        });
      } else if (isJsonObject(value) && !Object.hasOwn(value, '$literal')) {
        for (const [key, child] of Object.entries(value)) visit(child, path === '' ? key : `${path}.${key}`);
      }
      return;
    }
    if (found.kind === 'ref' || found.kind === 'broken') return;
    const given = isJsonObject(value) ? value['name'] : undefined;
    const name = typeof given === 'string' ? given : path;
    if (!named.has(name)) named.set(name, value);
    if (found.kind === 'choice') for (const option of found.options) visit(option, path);
    else if (found.kind === 'repeat') visit(found.of, `${name}[0]`);
  };
  visit(document, '');
  return named;
}
