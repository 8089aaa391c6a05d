import { InvalidError } from '../core/errors';
import type { JsonObject, JsonValue } from '../core/json';

/** Hyperas' words and the holes they name; arguments mean what they mean in Hyperopt. */
const WORDS: Readonly<Record<string, string>> = {
  choice: '$choice',
  uniform: '$uniform',
  quniform: '$quniform',
  loguniform: '$loguniform',
  qloguniform: '$qloguniform',
  normal: '$normal',
  qnormal: '$qnormal',
  lognormal: '$lognormal',
  qlognormal: '$qlognormal',
  randint: '$randint',
  uniformint: '$uniformint',
};

const MOST_DEPTH = 64;

export type HyperasResult = { readonly hole: JsonObject } | { readonly problem: string } | null;

/**
 * Reads a string such as `{{choice([32, 64])}}` as the hole it names: null where the string is no template, the
 * problem with its position where it looks like one and does not parse. One pass from left to right.
 */
export function readHyperas(text: string): HyperasResult {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{{')) return null;
  const scanner = new Scanner(trimmed, 2);
  try {
    const word = scanner.word();
    const name = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (name === undefined) {
      scanner.fail(`${JSON.stringify(word)} is no distribution; there are ${Object.keys(WORDS).join(', ')}`);
    }
    scanner.expect('(');
    const values = scanner.values(')');
    scanner.expect('}');
    scanner.expect('}', false);
    scanner.end();
    return { hole: holeOf(name ?? '', values, scanner) };
  } catch (error) {
    if (error instanceof ScanProblem) return { problem: `${JSON.stringify(text)}: ${error.message}` };
    throw error;
  }
}

function holeOf(name: string, values: readonly JsonValue[], scanner: Scanner): JsonObject {
  if (name !== '$choice') return { [name]: values };
  const [options] = values;
  if (values.length !== 1 || !Array.isArray(options)) scanner.fail('choice takes one list of options');
  return { $choice: options as JsonValue };
}

/** Ends a scan; it never leaves this file. */
class ScanProblem extends InvalidError {
  constructor(message: string) {
    super('invalid_search_space', message);
  }
}

class Scanner {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  fail(message: string): never {
    throw new ScanProblem(`at character ${String(this.#at + 1)}: ${message}`);
  }

  word(): string {
    this.#space();
    const start = this.#at;
    while (/[A-Za-z_0-9.]/.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  expect(character: string, spaceBefore = true): void {
    if (spaceBefore) this.#space();
    if (this.#text.charAt(this.#at) !== character) this.fail(`expected ${JSON.stringify(character)}`);
    this.#at += 1;
  }

  end(): void {
    if (this.#at !== this.#text.length) this.fail('nothing may follow the closing "}}"');
  }

  /** Values up to `closing`, which is taken too; a comma before it is allowed, as in Python. */
  values(closing: string, depth = 0): JsonValue[] {
    if (depth > MOST_DEPTH) this.fail(`nested more than ${String(MOST_DEPTH)} deep`);
    const values: JsonValue[] = [];
    for (;;) {
      this.#space();
      if (this.#text.charAt(this.#at) === closing) {
        this.#at += 1;
        return values;
      }
      if (values.length > 0) {
        this.expect(',');
        this.#space();
        if (this.#text.charAt(this.#at) === closing) continue;
      }
      values.push(this.#value(depth));
    }
  }

  #value(depth: number): JsonValue {
    this.#space();
    const character = this.#text.charAt(this.#at);
    if (character === '[' || character === '(') {
      this.#at += 1;
      return this.values(character === '[' ? ']' : ')', depth + 1);
    }
    if (character === '{') return this.#dictionary(depth);
    if (character === "'" || character === '"') return this.#string(character);
    if (/[-+.0-9]/.test(character)) return this.#number();
    const word = this.word();
    if (word === 'True' || word === 'true') return true;
    if (word === 'False' || word === 'false') return false;
    if (word === 'None' || word === 'null') return null;
    return this.fail(`expected a number, a string, a list, True, False or None`);
  }

  #dictionary(depth: number): JsonObject {
    if (depth >= MOST_DEPTH) this.fail(`nested more than ${String(MOST_DEPTH)} deep`);
    this.expect('{');
    const entries: [string, JsonValue][] = [];
    for (;;) {
      this.#space();
      if (this.#text.charAt(this.#at) === '}') {
        this.#at += 1;
        return Object.fromEntries(entries);
      }
      if (entries.length > 0) this.expect(',');
      this.#space();
      const quote = this.#text.charAt(this.#at);
      if (quote === '}') continue;
      if (quote !== "'" && quote !== '"') this.fail('expected a key in quotes');
      const key = this.#string(quote);
      this.expect(':');
      entries.push([key, this.#value(depth + 1)]);
    }
  }

  #string(quote: string): string {
    this.#at += 1;
    let value = '';
    for (;;) {
      const character = this.#text.charAt(this.#at);
      if (character === '') this.fail(`expected the closing ${quote}`);
      this.#at += 1;
      if (character === quote) return value;
      if (character === '\\') {
        const escaped = this.#text.charAt(this.#at);
        this.#at += 1;
        value += { n: '\n', t: '\t', r: '\r' }[escaped] ?? escaped;
      } else {
        value += character;
      }
    }
  }

  #number(): number {
    const start = this.#at;
    while (/[-+.0-9eE]/.test(this.#text.charAt(this.#at))) this.#at += 1;
    const text = this.#text.slice(start, this.#at);
    const value = Number(text);
    if (text === '' || !Number.isFinite(value)) {
      this.#at = start;
      this.fail(`${JSON.stringify(text)} is no number`);
    }
    return value;
  }

  #space(): void {
    while (/\s/.test(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at += 1;
  }
}
