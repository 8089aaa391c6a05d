import type { FieldError } from '../../core/errors';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json';
import { possible } from '../../space';

/** Collects what is wrong with a document; a field that is not built yet is told apart from one that is wrong. */
export class Findings {
  readonly errors: FieldError[] = [];
  notBuilt = false;

  wrong(path: string, message: string): void {
    this.errors.push({ path, message });
  }

  unsupported(path: string, message: string): void {
    this.notBuilt = true;
    this.errors.push({ path, message });
  }
}

/** Checks one value, holes and all: every value that it can take has to be legal. */
export type Rule = (value: JsonValue, path: string, findings: Findings) => void;

/** Lets a rule for plain values see every value that a hole can take. */
export function holed(
  rule: Rule,
  range?: (low: number, high: number, integer: boolean) => string | null,
): Rule {
  const check: Rule = (value, path, findings) => {
    const found = possible(value);
    switch (found.kind) {
      case 'literal':
        rule(found.value, path, findings);
        return;
      case 'choice':
        for (const option of found.options) check(option, path, findings);
        return;
      case 'range': {
        const problem = range === undefined ? 'takes no number' : range(found.low, found.high, found.integer);
        if (problem !== null) findings.wrong(path, `${JSON.stringify(value)} ${problem}`);
        return;
      }
      case 'repeat':
        findings.wrong(path, 'takes no list');
        return;
      // The space itself refuses what does not parse and references to nothing; a hole that is referred to is
      // checked where it stands.
      case 'ref':
      case 'broken':
    }
  };
  return check;
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
  const problemOf = (value: number, integer: boolean): boolean =>
    !Number.isFinite(value) ||
    (limits.integer === true && !integer) ||
    value < (limits.min ?? -Infinity) ||
    value > (limits.max ?? Infinity) ||
    value <= (limits.above ?? -Infinity) ||
    value >= (limits.below ?? Infinity);
  const rule = `must be ${describe(limits)}`;
  return holed(
    (value, path, findings) => {
      if (typeof value !== 'number' || problemOf(value, Number.isInteger(value))) {
        findings.wrong(path, `${JSON.stringify(value)} ${rule}`);
      }
    },
    (low, high, integer) => (problemOf(low, integer) || problemOf(high, integer) ? rule : null),
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
  return holed((value, path, findings) => {
    if (typeof value === 'string' && words.includes(value)) return;
    const quoted = JSON.stringify(value);
    if (typeof value === 'string' && notBuilt.includes(value)) {
      findings.unsupported(
        path,
        `${quoted} is not built yet; there ${words.length === 1 ? 'is' : 'are'} ${words.join(', ')}`,
      );
    } else {
      findings.wrong(path, `${quoted} must be one of ${words.join(', ')}`);
    }
  });
}

export const flag: Rule = holed((value, path, findings) => {
  if (typeof value !== 'boolean') findings.wrong(path, `${JSON.stringify(value)} must be true or false`);
});

/** Only this value is built; any other belongs to a later version. */
export function only(expected: JsonValue, what: string): Rule {
  return holed(
    (value, path, findings) => {
      if (JSON.stringify(value) !== JSON.stringify(expected)) {
        findings.unsupported(
          path,
          `${what} is not built yet; leave the field out, or give ${JSON.stringify(expected)}`,
        );
      }
    },
    () => `: ${what} is not built yet`,
  );
}

export function nullable(rule: Rule): Rule {
  const check: Rule = (value, path, findings) => {
    const found = possible(value);
    if (found.kind === 'literal' && found.value === null) return;
    if (found.kind === 'choice') for (const option of found.options) check(option, path, findings);
    else rule(value, path, findings);
  };
  return check;
}

/** An object of these fields; others are refused with their path, and a near name is suggested. */
export function fields(rules: Readonly<Record<string, Rule>>): Rule {
  return holed((value, path, findings) => {
    if (!isJsonObject(value)) {
      findings.wrong(path, `${JSON.stringify(value)} must be an object`);
      return;
    }
    checkFields(value, rules, path, findings);
  });
}

export function checkFields(
  value: JsonObject,
  rules: Readonly<Record<string, Rule>>,
  path: string,
  findings: Findings,
): void {
  for (const [key, child] of Object.entries(value)) {
    const childPath = path === '' ? key : `${path}.${key}`;
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) findings.wrong(childPath, `unknown field${nearest(key, Object.keys(rules))}`);
    else rule(child, childPath, findings);
  }
}

/** `; did you mean …?` where a known name is two letters away or fewer. */
export function nearest(name: string, known: readonly string[]): string {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance, candidate }) => distance <= Math.min(2, candidate.length - 1))
    .sort((a, b) => a.distance - b.distance);
  return best === undefined ? '' : `; did you mean ${best.candidate}?`;
}

/** Damerau–Levenshtein distance with adjacent swaps; names are short. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + same,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Infinity;
}
