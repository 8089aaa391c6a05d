import { InvalidError } from '../core/errors';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json';
import type { Sampler } from '../core/search';
import type { Space } from '../space';
import { SAMPLERS, type OptionRule, type SamplerDefinition } from './catalogue';

export {
  chooseSampler,
  mostParallel,
  reasonForSampler,
  type SamplerChoice,
  type SamplerSituation,
} from './choose';

export const samplerNames: readonly string[] = Object.keys(SAMPLERS);

/** Samplers whose proposals may take more than a moment: they belong in a thread of their own. */
export const slowSamplers: readonly string[] = ['gp'];

/** Samplers that draw, whatever has been tried: their proposals take a moment after any history. */
export const quickSamplers: readonly string[] = ['random', 'sobol'];

/** The name in a name, or in `{name: options}`. */
export function samplerNameOf(sampler: string | JsonObject): string {
  return typeof sampler === 'string' ? sampler : (Object.keys(sampler)[0] ?? '');
}

/**
 * @param requested a name, or `{name: options}`
 * @throws InvalidError `invalid_specification` for an unknown name or option, `invalid_search_space` where the
 *   sampler cannot search the space
 */
export function createSampler(requested: string | JsonObject, space: Space): Sampler<Space> {
  const { name, given } = readStrategy(requested);
  const definition: SamplerDefinition | undefined = Object.hasOwn(SAMPLERS, name)
    ? SAMPLERS[name as keyof typeof SAMPLERS]
    : undefined;
  if (name === 'auto') throw refused('.auto', 'auto takes no options; give "sampler": "auto"');
  if (definition === undefined) {
    throw refused('', `${JSON.stringify(name)} is no sampler; there are auto, ${samplerNames.join(', ')}`);
  }
  return definition.make(space, optionsOf(name, given, definition.options));
}

function optionsOf(
  name: string,
  given: JsonObject,
  rules: Readonly<Record<string, OptionRule>>,
): Readonly<Record<string, number>> {
  const known = Object.keys(rules);
  for (const option of Object.keys(given)) {
    if (known.includes(option)) continue;
    throw refused(
      `.${name}.${option}`,
      `unknown option; ${name} takes ${known.length === 0 ? 'none' : known.join(', ')}`,
    );
  }
  const entries = Object.entries(rules).map(([option, { low, high, standard }]): [string, number] => {
    const value: JsonValue | undefined = given[option];
    if (value === undefined) return [option, standard];
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) {
      return [option, value];
    }
    const range = `a whole number in [${String(low)}, ${String(high)}]`;
    throw refused(`.${name}.${option}`, `${JSON.stringify(value)} must be ${range}`);
  });
  return Object.fromEntries(entries);
}

function readStrategy(requested: string | JsonObject): { name: string; given: JsonObject } {
  if (typeof requested === 'string') return { name: requested, given: {} };
  const [name, ...others] = Object.keys(requested);
  const options = name === undefined ? null : (requested[name] ?? null);
  if (name === undefined || others.length > 0 || !isJsonObject(options)) {
    throw refused('', 'must be a name, or an object of one name with its options');
  }
  return { name, given: options };
}

function refused(place: string, message: string): InvalidError {
  const path = `search.sampler${place}`;
  return new InvalidError('invalid_specification', `${path}: ${message}`, { errors: [{ path, message }] });
}
