import type { FieldError } from '../core/errors';
import {
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonPrimitive,
  type JsonValue,
} from '../core/json';
import { readNumeric } from './distributions';
import { readHyperas } from './hyperas';
import { MOST_COPIES } from './limits';
import type { ChoiceOption, Condition, Hole, Node } from './node';
import type { Numeric } from './numeric';
import { possible } from './raw-hole';
import { isAlwaysActive } from './activity';
import { childPath, isKnownWord, isPrimitive, primitiveKey, wordOf } from './words';

const MOST_NAME = 200;

/** Where a value stands: for naming, for messages, and for the condition under which it is there. */
interface Place {
  /** Path in the filled document. */
  readonly path: string;
  /** Default name of a hole that stands here. */
  readonly name: string;
  /** Indices of the copies around it, outermost first: `[0][2]`. */
  readonly copies: readonly string[];
  /** The conditions around it, outermost first. */
  readonly conditions: readonly Condition[];
}

export interface Parsed {
  readonly root: Node;
  /** Holes in document order, one per name. */
  readonly holes: ReadonlyMap<string, Hole>;
  readonly errors: readonly FieldError[];
}

export function parse(document: JsonValue): Parsed {
  const parser = new Parser();
  const root = parser.read(document, { path: '', name: '', copies: [], conditions: [] });
  return { root: parser.resolve(root), holes: parser.holes, errors: parser.errors };
}

class Parser {
  readonly holes = new Map<string, Hole>();
  readonly errors: FieldError[] = [];
  /** What each name was defined as, to compare a second definition with. */
  readonly #definitions = new Map<string, string>();
  /** Every place of each hole, as the conditions around it. */
  readonly #places = new Map<string, (readonly Condition[])[]>();
  readonly #references = new Map<Node, { readonly place: Place; readonly text: string }>();

  read(value: JsonValue, place: Place): Node {
    if (typeof value === 'string') return this.#string(value, place);
    if (isPrimitive(value)) return { kind: 'literal', value };
    if (Array.isArray(value)) return this.#list(value as JsonArray, place);
    if (!isJsonObject(value)) return { kind: 'literal', value };
    const word = wordOf(value);
    return word === null ? this.#object(value, place) : this.#hole(word, value, place);
  }

  /** Every `$ref` with the name that it means, now that all names are known. */
  resolve(node: Node): Node {
    switch (node.kind) {
      case 'literal':
      case 'numeric':
        return node;
      case 'object':
        return { ...node, entries: node.entries.map(([key, child]) => [key, this.resolve(child)] as const) };
      case 'list':
        return { ...node, items: node.items.map((child) => this.resolve(child)) };
      case 'choice':
        return {
          ...node,
          options: node.options.map((option) => ({ ...option, node: this.resolve(option.node) })),
        };
      case 'repeat':
        return { ...node, copies: node.copies.map((copy) => ({ ...copy, node: this.resolve(copy.node) })) };
      case 'ref':
        return this.#resolveReference(node);
    }
  }

  #resolveReference(node: Extract<Node, { kind: 'ref' }>): Node {
    const reference = this.#references.get(node);
    if (reference === undefined) return node;
    const { place, text } = reference;
    // Inside a copy the hole of the same copy comes first, then those of the copies around it.
    for (let depth = place.copies.length; depth >= 0; depth--) {
      const name = `${text}${place.copies.slice(0, depth).join('')}`;
      if (this.holes.has(name)) {
        this.#checkReference(place, name);
        return { kind: 'ref', name };
      }
    }
    this.#refuse(place, `$ref ${JSON.stringify(text)}: there is no hole of that name`);
    return node;
  }

  #checkReference(place: Place, name: string): void {
    const quoted = `$ref ${JSON.stringify(name)}`;
    const isInside = place.conditions.some((condition) => condition.hole === name && 'option' in condition);
    if (isInside) this.#refuse(place, `${quoted}: stands inside the hole that it names`);
    if (!isAlwaysActive(this.#places.get(name) ?? [], place.conditions, this.holes)) {
      this.#refuse(place, `${quoted}: that hole is not active wherever this $ref is`);
    }
  }

  #string(value: string, place: Place): Node {
    const hyperas = readHyperas(value);
    if (hyperas === null) return { kind: 'literal', value };
    if ('problem' in hyperas) {
      this.#refuse(place, hyperas.problem);
      return { kind: 'literal', value };
    }
    return this.read(hyperas.hole, place);
  }

  #list(value: JsonArray, place: Place): Node {
    const items = value.map((item, i) => this.read(item, at(place, i)));
    return isUntouched(items, value) ? { kind: 'literal', value } : { kind: 'list', items };
  }

  #object(value: JsonObject, place: Place): Node {
    const keys = Object.keys(value);
    const entries = keys.map((key) => [key, this.read(value[key] ?? null, at(place, key))] as const);
    const same = isUntouched(
      entries.map(([, node]) => node),
      keys.map((key) => value[key] ?? null),
    );
    return same ? { kind: 'literal', value } : { kind: 'object', entries };
  }

  #hole(word: string, value: JsonObject, place: Place): Node {
    const unknown = Object.keys(value).find((key) => key.startsWith('$') && !isKnownWord(key));
    if (unknown !== undefined) {
      const what = `${JSON.stringify(unknown)} is no word of the search-space language; write {"$literal": …} for data`;
      this.#refuse(place, what);
      return { kind: 'literal', value };
    }
    if (word === '$literal') {
      this.#refuseExtra(value, place, word, []);
      return { kind: 'literal', value: value['$literal'] ?? null };
    }
    if (word === '$ref') return this.#ref(value, place);
    const name = this.#nameOf(value, place);
    if (word === '$choice') return this.#choice(value, name, place);
    if (word === '$repeat') return this.#repeat(value, name, place);
    return this.#numeric(word, value, name, place);
  }

  #ref(value: JsonObject, place: Place): Node {
    this.#refuseExtra(value, place, '$ref', []);
    const text = value['$ref'];
    if (typeof text !== 'string') {
      this.#refuse(place, `$ref ${JSON.stringify(text)}: must be the name of a hole`);
      return { kind: 'literal', value };
    }
    const node: Node = { kind: 'ref', name: text };
    this.#references.set(node, { place, text });
    return node;
  }

  #numeric(word: string, value: JsonObject, name: string, place: Place): Node {
    const { numeric, problems } = readNumeric(word, value);
    for (const problem of problems) this.#refuse(place, problem);
    if (numeric === null) return { kind: 'literal', value };
    this.#define(name, place, describe(numeric));
    return { kind: 'numeric', name, numeric };
  }

  #choice(value: JsonObject, name: string, place: Place): Node {
    this.#refuseExtra(value, place, '$choice', ['name', 'labels']);
    const options = value['$choice'];
    if (!Array.isArray(options) || options.length === 0) {
      this.#refuse(place, `$choice ${JSON.stringify(options)}: must be a list of at least one option`);
      return { kind: 'literal', value };
    }
    const values = this.#labels(options as JsonArray, value['labels'], place);
    this.#define(name, place, { kind: 'choice', options: values });
    const nodes = (options as JsonArray).map((option, i): ChoiceOption => {
      const label = values[i] ?? null;
      const conditions = [...place.conditions, { hole: name, option: label }];
      // A hole that is itself an option stands where its choice stands; the label tells their names apart.
      const inner = possible(option).kind === 'literal' ? place.name : childPath(place.name, String(label));
      const node = this.read(option, { ...place, name: inner, conditions });
      return { value: label, node, names: namesIn(node, new Set()) };
    });
    return { kind: 'choice', name, options: nodes };
  }

  #labels(options: JsonArray, labels: JsonValue | undefined, place: Place): readonly JsonPrimitive[] {
    const given = labels === undefined ? null : (labels as readonly JsonValue[]);
    if (
      given !== null &&
      !(Array.isArray(given) && given.length === options.length && given.every((l) => typeof l === 'string'))
    ) {
      this.#refuse(
        place,
        `labels ${JSON.stringify(labels)}: must be a list of ${String(options.length)} texts, one for each option`,
      );
      return options.map((_, i) => `#${String(i)}`);
    }
    const values = options.map((option, i): JsonPrimitive => {
      // A Hyperas string is a hole, and has no value of its own.
      if (isPrimitive(option) && readHyperas(String(option)) === null) return option;
      if (given !== null) return given[i] as string;
      const keys = isJsonObject(option) ? Object.keys(option) : [];
      return keys.length === 1 && keys[0] !== undefined ? keys[0] : `#${String(i)}`;
    });
    const seen = new Set<string>();
    for (const label of values) {
      const key = primitiveKey(label);
      if (seen.has(key)) {
        const twice = `$choice: two options are called ${JSON.stringify(label)}; give each its own with "labels": ["…", …]`;
        this.#refuse(place, twice);
      }
      seen.add(key);
    }
    return values;
  }

  #repeat(value: JsonObject, name: string, place: Place): Node {
    this.#refuseExtra(value, place, '$repeat', ['of', 'name']);
    const bounds = value['$repeat'];
    const [low, high] = Array.isArray(bounds) ? (bounds as JsonArray) : [];
    const quoted = `$repeat ${JSON.stringify(bounds)}`;
    if (!Array.isArray(bounds) || bounds.length !== 2 || !isCount(low) || !isCount(high)) {
      this.#refuse(place, `${quoted}: must be [low, high], two whole numbers of copies`);
    } else if (low > high) {
      this.#refuse(place, `${quoted}: low must not exceed high`);
    } else if (high > MOST_COPIES) {
      this.#refuse(place, `${quoted}: at most ${String(MOST_COPIES)} copies`);
    } else if (!Object.hasOwn(value, 'of')) {
      this.#refuse(place, `${quoted}: "of" is missing: what to repeat`);
    } else {
      this.#define(name, place, { kind: 'repeat', low, high });
      const copies = Array.from({ length: high }, (_, i) => {
        const node = this.read(value['of'] ?? null, this.#copyPlace(place, name, i));
        return { node, names: namesIn(node, new Set()) };
      });
      return { kind: 'repeat', name, low, high, copies };
    }
    return { kind: 'literal', value };
  }

  #copyPlace(place: Place, name: string, copy: number): Place {
    const index = `[${String(copy)}]`;
    return {
      path: place.path.endsWith(']') ? spliced(place.path, copy) : `${place.path}${index}`,
      name: `${name}${index}`,
      copies: [...place.copies, index],
      conditions: [...place.conditions, { hole: name, atLeast: copy + 1 }],
    };
  }

  #nameOf(value: JsonObject, place: Place): string {
    const given = value['name'];
    if (given === undefined) return place.name;
    if (typeof given !== 'string' || given === '' || given.length > MOST_NAME) {
      this.#refuse(
        place,
        `name ${JSON.stringify(given)}: must be a text of 1 to ${String(MOST_NAME)} characters`,
      );
      return place.name;
    }
    return `${given}${place.copies.join('')}`;
  }

  #define(name: string, place: Place, shape: Omit<Hole, 'name' | 'path' | 'condition'>): void {
    // What an option or a copy holds may differ from place to place: the parameter and its values are the same.
    const definition = JSON.stringify(shape);
    const before = this.#definitions.get(name);
    if (before === undefined) {
      this.#definitions.set(name, definition);
      this.holes.set(name, { name, path: place.path, ...shape, condition: place.conditions.at(-1) ?? null });
      this.#places.set(name, [place.conditions]);
      return;
    }
    if (before !== definition) {
      const at = this.holes.get(name)?.path ?? '';
      this.#refuse(
        place,
        `${JSON.stringify(name)} is defined differently at ${at}; holes of one name are one parameter and must be alike`,
      );
    }
    const hole = this.holes.get(name);
    // One place where it is always active makes it always active.
    this.#places.get(name)?.push(place.conditions);
    if (hole !== undefined && place.conditions.length === 0)
      this.holes.set(name, { ...hole, condition: null });
  }

  #refuseExtra(value: JsonObject, place: Place, word: string, allowed: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (key === word || allowed.includes(key)) continue;
      const takes = allowed.length === 0 ? 'nothing else' : allowed.join(', ');
      this.#refuse(place, `unknown field ${JSON.stringify(key)} beside ${word}; it takes ${takes}`);
    }
  }

  #refuse(place: Place, message: string): void {
    this.errors.push({ path: place.path, message });
  }
}

function at(place: Place, key: string | number): Place {
  return {
    ...place,
    path: childPath(place.path, key),
    name: childPath(place.name, key),
  };
}

/** The copies of a `$repeat` in a list stand in that list: copy 2 of the one at `layers[1]` is `layers[3]`. */
function spliced(path: string, copy: number): string {
  const open = path.lastIndexOf('[');
  const index = Number(path.slice(open + 1, -1));
  return Number.isInteger(index)
    ? `${path.slice(0, open)}[${String(index + copy)}]`
    : `${path}[${String(copy)}]`;
}

function describe(numeric: Numeric): Omit<Hole, 'name' | 'path' | 'condition'> {
  const { kind, low, high, log, step, mean, deviation } = numeric;
  if (kind === 'normal' || kind === 'lognormal')
    return { kind, mean, deviation, ...(step === null ? {} : { step }) };
  return { kind, low, high, log, ...(step === null || (kind === 'int' && step === 1) ? {} : { step }) };
}

/** True when nothing inside had a hole: the subtree is then kept as it stands. */
function isUntouched(nodes: readonly Node[], values: readonly JsonValue[]): boolean {
  return nodes.every((node, i) => node.kind === 'literal' && node.value === values[i]);
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

/** Names of all holes in a subtree. */
function namesIn(node: Node, names: Set<string>): Set<string> {
  switch (node.kind) {
    case 'literal':
    case 'ref':
      return names;
    case 'object':
      for (const [, child] of node.entries) namesIn(child, names);
      return names;
    case 'list':
      for (const child of node.items) namesIn(child, names);
      return names;
    case 'numeric':
      return names.add(node.name);
    case 'choice':
      names.add(node.name);
      for (const option of node.options) namesIn(option.node, names);
      return names;
    case 'repeat':
      names.add(node.name);
      for (const copy of node.copies) namesIn(copy.node, names);
      return names;
  }
}
