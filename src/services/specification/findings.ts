import { InvalidError, NotSupportedError, TuneloomError, type FieldError } from '../../core/errors';
import type { JsonValue } from '../../core/json';

/** Characters of a value that a message repeats. */
const MOST_QUOTED = 100;

type FindingKind = 'wrong' | 'notBuilt' | 'space';

/**
 * Collects what is wrong with a document, so that a client learns all of it at once. A field that is not built yet,
 * and a hole that is none, are told apart from a value that breaks a rule.
 */
export class Findings {
  readonly errors: FieldError[] = [];
  readonly #kinds = new Set<FindingKind>();

  wrong(path: string, message: string): void {
    this.#add('wrong', { path, message });
  }

  unsupported(path: string, message: string): void {
    this.#add('notBuilt', { path, message });
  }

  /** Runs a step that throws what is wrong; null when it did. */
  attempt<T>(step: () => T): T | null {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof TuneloomError) || error.kind !== 'invalid') throw error;
      const kind = KIND_OF_CODE.get(error.code) ?? 'wrong';
      // A limit of the whole document belongs to no field of it.
      const errors = error.errors.length > 0 ? error.errors : [{ path: '', message: error.message }];
      for (const { path, message } of errors) {
        this.#add(kind, {
          path,
          message: message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message,
        });
      }
      return null;
    }
  }

  /** @throws InvalidError, or NotSupportedError, when there was anything */
  refuse(): void {
    const [first, ...others] = this.errors;
    if (first === undefined) return;
    const place = first.path === '' ? '' : `${first.path}: `;
    const message = `${place}${first.message}${others.length > 0 ? ` (and ${String(others.length)} more)` : ''}`;
    const [kind] = this.#kinds.size === 1 ? this.#kinds : [];
    if (kind === 'notBuilt' && others.length === 0) throw new NotSupportedError(first.path, message);
    throw new InvalidError(codeOf(kind), message, { errors: this.errors });
  }

  #add(kind: FindingKind, error: FieldError): void {
    this.#kinds.add(kind);
    this.errors.push(error);
  }
}

const KIND_OF_CODE: ReadonlyMap<string, FindingKind> = new Map([
  ['not_supported', 'notBuilt'],
  ['invalid_search_space', 'space'],
]);

function codeOf(kind: FindingKind | undefined): string {
  if (kind === 'notBuilt') return 'not_supported';
  return kind === 'space' ? 'invalid_search_space' : 'invalid_specification';
}

/** A value as a message repeats it. */
export function quote(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length <= MOST_QUOTED ? text : `${text.slice(0, MOST_QUOTED)}…`;
}

/** `; did you mean …?` where a known name is two letters away or fewer. */
export function nearest(name: string, known: readonly string[]): string {
  const [best] = known
    .map((candidate) => ({
      candidate,
      distance: editDistance(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ distance, candidate }) => distance <= Math.min(2, candidate.length - 1))
    .sort((a, b) => a.distance - b.distance);
  return best === undefined ? '' : `; did you mean ${best.candidate}?`;
}

/** Damerau–Levenshtein distance with adjacent swaps; infinite where the lengths alone are too far apart. */
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
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Infinity;
}
