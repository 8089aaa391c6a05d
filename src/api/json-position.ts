/** What may come next in a JSON text. */
type Expected =
  | 'value'
  | 'value or ]'
  | 'key or }'
  | 'key'
  | ':'
  | ', or the end of the list'
  | ', or the end of the object'
  | 'nothing more';

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  // eslint-disable-next-line no-control-regex -- JSON forbids control characters in strings
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where a text stops being JSON and what belongs there: `line 2, column 7: expected a value`. Called for texts that
 * JSON.parse has refused; it does not say where itself.
 */
export function jsonErrorAt(text: string): string {
  const open: ('[' | '{')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const afterValue = (): Expected =>
    open.length === 0
      ? 'nothing more'
      : open.at(-1) === '['
        ? ', or the end of the list'
        : ', or the end of the object';
  for (;;) {
    at += lengthAt(SPACE, text, at);
    const character = text.charAt(at);
    const scalar = lengthAt(SCALAR, text, at);
    const takesValue: boolean = expected === 'value' || expected === 'value or ]';
    const takesKey: boolean = expected === 'key' || expected === 'key or }';
    if (takesValue && (character === '[' || character === '{')) {
      open.push(character);
      expected = character === '[' ? 'value or ]' : 'key or }';
      at += 1;
    } else if (scalar > 0 && (takesValue || (takesKey && character === '"'))) {
      expected = takesValue ? afterValue() : ':';
      at += scalar;
    } else if (character === ':' && expected === ':') {
      expected = 'value';
      at += 1;
    } else if (character === ',' && expected.startsWith(',')) {
      expected = open.at(-1) === '[' ? 'value' : 'key';
      at += 1;
    } else if (character !== '' && character === closing(expected)) {
      open.pop();
      expected = afterValue();
      at += 1;
    } else {
      return `${placeOf(text, at)}: expected ${expected}`;
    }
  }
}

function closing(expected: Expected): string | null {
  if (expected === 'value or ]' || expected === ', or the end of the list') return ']';
  return expected === 'key or }' || expected === ', or the end of the object' ? '}' : null;
}

function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function placeOf(text: string, at: number): string {
  if (at >= text.length) return 'at its end';
  const before = text.slice(0, at).split('\n');
  return `line ${String(before.length)}, column ${String((before.at(-1) ?? '').length + 1)}`;
}
