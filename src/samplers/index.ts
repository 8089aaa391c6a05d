import { InvalidError, NotSupportedError } from '../core/errors';
import { isJsonObject, type JsonObject } from '../core/json';
import type { Sampler } from '../core/search';
import { countPoints, type Space } from '../space';
import { GridSampler } from './grid';
import { RandomSampler } from './random';

const MAKERS: Readonly<Record<string, (space: Space) => Sampler<Space>>> = {
  random: () => new RandomSampler(),
  grid: (space) => new GridSampler(space),
};

/** Names of the contract that this version does not have. */
const NOT_BUILT = ['sobol', 'tpe', 'gp', 'cmaes', 'nsga2'];

export const samplerNames: readonly string[] = Object.keys(MAKERS);

/**
 * The best sampler that is built: every point of a space that the budget can exhaust, else random draws.
 * @param requested a name, `{name: options}`, or `auto`
 */
export function resolveSampler(
  requested: string | JsonObject,
  space: Space,
  trials: number,
): string | JsonObject {
  if (requested !== 'auto') return requested;
  const count = space.holes.length === 0 ? null : countPoints(space);
  return count !== null && count <= BigInt(trials) ? 'grid' : 'random';
}

/**
 * @throws InvalidError `invalid_specification` for an unknown name or option, `invalid_search_space` where the
 *   sampler cannot search the space; NotSupportedError for a name that this version does not have
 */
export function createSampler(requested: string | JsonObject, space: Space): Sampler<Space> {
  const { name, options } = readStrategy(requested, 'search.sampler');
  const make = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
  if (make === undefined) {
    const built = samplerNames.join(', ');
    if (NOT_BUILT.includes(name)) {
      throw new NotSupportedError('search.sampler', `sampler ${name} is not built yet; there are ${built}`);
    }
    const message = `${JSON.stringify(name)} is no sampler; there are ${built}`;
    throw new InvalidError('invalid_specification', `search.sampler: ${message}`, {
      errors: [{ path: 'search.sampler', message }],
    });
  }
  const [option] = Object.keys(options);
  if (option !== undefined) {
    const path = `search.sampler.${name}.${option}`;
    throw new InvalidError('invalid_specification', `${path}: unknown option; ${name} takes none`, {
      errors: [{ path, message: `unknown option; ${name} takes none` }],
    });
  }
  return make(space);
}

function readStrategy(requested: string | JsonObject, path: string): { name: string; options: JsonObject } {
  if (typeof requested === 'string') return { name: requested, options: {} };
  const [name, ...others] = Object.keys(requested);
  const options = name === undefined ? null : (requested[name] ?? null);
  if (name === undefined || others.length > 0 || !isJsonObject(options)) {
    const message = 'must be a name, or an object of one name with its options';
    throw new InvalidError('invalid_specification', `${path}: ${message}`, { errors: [{ path, message }] });
  }
  return { name, options };
}
