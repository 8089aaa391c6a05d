import { InvalidError, type FieldError } from '../core/errors';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json';

/** What an option of a pruner may be. */
export interface NumberOption {
  /** Null: it may be left out. */
  readonly default: number | null;
  readonly min?: number;
  /** The smallest value itself is not allowed. */
  readonly above?: number;
  /** The largest value itself is not allowed. */
  readonly below?: number;
  readonly integer?: boolean;
}

export type Options<Name extends string = string> = Readonly<Record<Name, number | null>>;

/** A name, or an object of one name with its options. @throws InvalidError `invalid_specification` */
export function readStrategy(
  requested: JsonValue,
  path: string,
): { readonly name: string; readonly options: JsonObject } {
  if (typeof requested === 'string') return { name: requested, options: {} };
  const [name, ...others] = isJsonObject(requested) ? Object.keys(requested) : [];
  const options = isJsonObject(requested) && name !== undefined ? (requested[name] ?? null) : null;
  if (name === undefined || others.length > 0 || !isJsonObject(options)) {
    throw refuse([{ path, message: 'must be a name, or an object of one name with its options' }]);
  }
  return { name, options };
}

/** Options with their defaults. @throws InvalidError `invalid_specification` with the path of each that breaks its rule */
export function readOptions<Name extends string>(
  name: string,
  given: JsonObject,
  rules: Readonly<Record<Name, NumberOption>>,
  path: string,
): Options<Name> {
  const errors = Object.entries(given).flatMap(([option, value]): FieldError[] => {
    const place = `${path}.${name}.${option}`;
    const rule = Object.hasOwn(rules, option) ? rules[option as Name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ') || 'none';
      return [{ path: place, message: `unknown option; ${name} takes ${known}` }];
    }
    return fits(value, rule)
      ? []
      : [{ path: place, message: `${JSON.stringify(value)} must be ${describe(rule)}` }];
  });
  if (errors.length > 0) throw refuse(errors);
  const defaults = Object.fromEntries(
    Object.entries<NumberOption>(rules).map(([option, rule]) => [option, rule.default]),
  );
  return { ...defaults, ...given } as Options<Name>;
}

function fits(value: JsonValue, { default: fallback, min, above, below, integer }: NumberOption): boolean {
  if (value === null) return fallback === null;
  if (typeof value !== 'number' || (integer === true && !Number.isInteger(value))) return false;
  return value >= (min ?? -Infinity) && value > (above ?? -Infinity) && value < (below ?? Infinity);
}

function describe({ default: fallback, min, above, below, integer }: NumberOption): string {
  const kind = integer === true ? 'a whole number' : 'a number';
  const bounds = [
    min === undefined ? [] : [`of at least ${String(min)}`],
    above === undefined ? [] : [`above ${String(above)}`],
    below === undefined ? [] : [`below ${String(below)}`],
  ].flat();
  const what = [kind, bounds.join(' and ')].join(' ').trim();
  return fallback === null ? `${what}, or null` : what;
}

export function refuse(errors: readonly FieldError[]): InvalidError {
  const [first] = errors;
  return new InvalidError('invalid_specification', `${first?.path ?? ''}: ${first?.message ?? ''}`, {
    errors,
  });
}
