import { InvalidError, NotSupportedError, type FieldError } from '../core/errors';
import { isJsonObject, type JsonObject } from '../core/json';
import type { Pruner } from '../core/search';
import { MedianPruner } from './median';
import { NonePruner } from './none';

type Options = Readonly<Record<string, number>>;

interface Maker {
  /** Options with their defaults; each is a whole number of at least 1. */
  readonly options: Options;
  make(options: Options): Pruner;
}

const MAKERS: Readonly<Record<string, Maker>> = {
  none: { options: {}, make: () => new NonePruner() },
  median: {
    options: { startupTrials: 5, minEpochs: 4, interval: 1 },
    make: ({ startupTrials = 5, minEpochs = 4, interval = 1 }) =>
      new MedianPruner({ startupTrials, minEpochs, interval }),
  },
};

/** Names of the contract that this version does not have. */
const NOT_BUILT = ['percentile', 'threshold', 'patient', 'asha', 'hyperband'];

export const prunerNames: readonly string[] = Object.keys(MAKERS);

/** The best pruner that is built. */
export function resolvePruner(requested: string | JsonObject): string | JsonObject {
  return requested === 'auto' ? 'median' : requested;
}

/**
 * @param requested a name or `{name: options}`
 * @throws InvalidError `invalid_specification` for an unknown name or option; NotSupportedError for a name that this
 *   version does not have
 */
export function createPruner(requested: string | JsonObject): Pruner {
  const [name = '', ...others] = typeof requested === 'string' ? [requested] : Object.keys(requested);
  const options = typeof requested === 'string' ? {} : (requested[name] ?? null);
  const maker = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
  const built = prunerNames.join(', ');
  if (NOT_BUILT.includes(name)) {
    throw new NotSupportedError('search.pruner', `pruner ${name} is not built yet; there are ${built}`);
  }
  if (others.length > 0 || !isJsonObject(options)) {
    throw refuse([
      { path: 'search.pruner', message: 'must be a name, or an object of one name with its options' },
    ]);
  }
  if (maker === undefined) {
    throw refuse([
      { path: 'search.pruner', message: `${JSON.stringify(name)} is no pruner; there are ${built}` },
    ]);
  }
  const errors = Object.entries(options).flatMap(([option, value]): FieldError[] => {
    const path = `search.pruner.${name}.${option}`;
    if (!Object.hasOwn(maker.options, option)) {
      const known = Object.keys(maker.options).join(', ') || 'none';
      return [{ path, message: `unknown option; ${name} takes ${known}` }];
    }
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= 1;
    return fits ? [] : [{ path, message: `${JSON.stringify(value)} must be a whole number of at least 1` }];
  });
  if (errors.length > 0) throw refuse(errors);
  return maker.make({ ...maker.options, ...(options as Options) });
}

function refuse(errors: readonly FieldError[]): InvalidError {
  const [first] = errors;
  return new InvalidError('invalid_specification', `${first?.path ?? ''}: ${first?.message ?? ''}`, {
    errors,
  });
}
