import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json';
import { nearest, quote, type Findings } from './findings';
import { plainReader, type Reader } from './holes';

/** What a rule works with: where it reports to, and how it reads values. */
export interface Check {
  readonly findings: Findings;
  readonly reader: Reader;
}

/** Checks one value; where holes may stand, every value that it can take has to be legal. */
export type Rule = (value: JsonValue, path: string, check: Check) => void;

/** What is wrong with a range of numbers, or null. */
type RangeRule = (low: number, high: number, integer: boolean) => string | null;

export interface HoleRules {
  readonly range?: RangeRule;
  /** Where every range is refused, and not as a wrong value. */
  readonly refuse?: Rule;
  /** For what a `$repeat` repeats, where a list may stand. */
  readonly repeat?: Rule;
}

/** Lets a rule for plain values see every value that a hole can take. */
export function holed(rule: Rule, holes: HoleRules = {}): Rule {
  const visit: Rule = (value, path, check) => {
    const found = check.reader.read(value);
    switch (found.kind) {
      case 'literal':
        rule(found.value, path, check);
        return;
      case 'choice':
        for (const option of found.options) visit(option, path, check);
        return;
      case 'range': {
        if (holes.refuse !== undefined) {
          holes.refuse(value, path, check);
          return;
        }
        const problem =
          holes.range === undefined
            ? 'is a number, which cannot stand here'
            : holes.range(found.low, found.high, found.integer);
        if (problem !== null) check.findings.wrong(path, `${quote(value)} ${problem}`);
        return;
      }
      case 'repeat':
        if (holes.repeat === undefined) {
          check.findings.wrong(path, `${quote(value)} is a list, which cannot stand here`);
        } else if (found.high > 0) {
          holes.repeat(found.of, path, check);
        }
        return;
      case 'ref': {
        const hole = check.reader.follow(found.name);
        if (hole !== null) visit(hole, path, check);
        return;
      }
      // The space itself refuses what does not parse.
      case 'broken':
    }
  };
  return visit;
}

/** The same rule where no hole may stand. */
export function plain(rule: Rule): Rule {
  return (value, path, { findings }) => {
    rule(value, path, { findings, reader: plainReader });
  };
}

export interface NumberRule {
  readonly min?: number;
  readonly max?: number;
  /** The smallest value itself is not allowed. */
  readonly above?: number;
  /** The largest value itself is not allowed. */
  readonly below?: number;
  readonly integer?: boolean;
}

export function number(limits: NumberRule): Rule {
  const breaks = (value: number, integer: boolean): boolean =>
    !Number.isFinite(value) ||
    (limits.integer === true && !integer) ||
    value < (limits.min ?? -Infinity) ||
    value > (limits.max ?? Infinity) ||
    value <= (limits.above ?? -Infinity) ||
    value >= (limits.below ?? Infinity);
  const rule = `must be ${describe(limits)}`;
  return holed(
    (value, path, { findings }) => {
      if (typeof value !== 'number' || breaks(value, Number.isInteger(value))) {
        findings.wrong(path, `${quote(value)} ${rule}`);
      }
    },
    { range: (low, high, integer) => (breaks(low, integer) || breaks(high, integer) ? rule : null) },
  );
}

function describe({ min, max, above, below, integer }: NumberRule): string {
  const bounds = [
    above === undefined ? null : `above ${String(above)}`,
    min === undefined ? null : `at least ${String(min)}`,
    below === undefined ? null : `below ${String(below)}`,
    max === undefined ? null : `at most ${String(max)}`,
  ].filter((bound) => bound !== null);
  return [integer === true ? 'a whole number' : 'a number', bounds.join(' and ')].join(' ').trim();
}

/** One of the words; those of `notBuilt` belong to the contract and not to this version. */
export function word(words: readonly string[], notBuilt: readonly string[] = []): Rule {
  return holed((value, path, { findings }) => {
    if (typeof value === 'string' && words.includes(value)) return;
    if (typeof value === 'string' && notBuilt.includes(value)) {
      const are = words.length === 1 ? 'is' : 'are';
      findings.unsupported(path, `${quote(value)} is not built yet; there ${are} ${words.join(', ')}`);
      return;
    }
    const near = typeof value === 'string' ? nearest(value, words) : '';
    findings.wrong(path, `${quote(value)} must be one of ${words.join(', ')}${near}`);
  });
}

export const flag: Rule = holed((value, path, { findings }) => {
  if (typeof value !== 'boolean') findings.wrong(path, `${quote(value)} must be true or false`);
});

export function nullable(rule: Rule): Rule {
  return unless(null, rule);
}

/** What the rule allows, or this one value, `neutral`. */
export function unless(neutral: JsonValue, rule: Rule): Rule {
  const visit: Rule = (value, path, check) => {
    const found = check.reader.read(value);
    if (found.kind === 'literal' && found.value === neutral) return;
    if (found.kind === 'choice') {
      for (const option of found.options) visit(option, path, check);
    } else if (found.kind === 'ref') {
      const hole = check.reader.follow(found.name);
      if (hole !== null) visit(hole, path, check);
    } else {
      rule(value, path, check);
    }
  };
  return visit;
}

/** An object of these fields; others are refused with their path, and a near name is suggested. */
export function fields(rules: Readonly<Record<string, Rule>>, required: readonly string[] = []): Rule {
  return holed((value, path, check) => {
    if (!isJsonObject(value)) {
      check.findings.wrong(path, `${quote(value)} must be an object`);
      return;
    }
    checkFields(value, rules, path, check);
    for (const name of required) {
      if (!Object.hasOwn(value, name)) check.findings.wrong(`${path}.${name}`, 'is required');
    }
  });
}

export function checkFields(
  value: JsonObject,
  rules: Readonly<Record<string, Rule>>,
  path: string,
  check: Check,
): void {
  for (const [key, child] of Object.entries(value)) {
    const childPath = path === '' ? key : `${path}.${key}`;
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) {
      check.findings.wrong(childPath, `unknown field${nearest(key, Object.keys(rules))}`);
    } else {
      rule(child, childPath, check);
    }
  }
}
