import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../core/json';
import {
  ACTIVATIONS,
  CONSTRAINTS,
  INITIALIZERS,
  INTERPOLATIONS,
  LAYERS,
  MERGE_MODES,
  PADDINGS,
  type ArgumentRule,
} from '../../core/layers';
import { nearest, quote } from './findings';
import { fields, flag, holed, nullable, number, word, type Rule } from './rules';

const MOST_SIZE = 65_536;

const size = number({ min: 1, max: MOST_SIZE, integer: true });

/** A list whose elements are sizes; a `$repeat` in it is spliced. */
const sizeList: Rule = holed(
  (value, path, check) => {
    if (Array.isArray(value)) {
      (value as JsonArray).forEach((item, i) => {
        holed(size, { range: rangeOfSizes, repeat: size })(item, `${path}[${String(i)}]`, check);
      });
    } else {
      check.findings.wrong(path, `${quote(value)} must be a list of sizes`);
    }
  },
  { repeat: size },
);

const sizes: Rule = holed(
  (value, path, check) => {
    if (Array.isArray(value)) sizeList(value, path, check);
    else size(value, path, check);
  },
  { range: rangeOfSizes, repeat: size },
);

function rangeOfSizes(low: number, high: number, integer: boolean): string | null {
  const fits = integer && low >= 1 && high <= MOST_SIZE;
  return fits ? null : `must be a whole number at least 1 and at most ${String(MOST_SIZE)}`;
}

const regularizer: Rule = nullable(fields({ l1: number({ min: 0 }), l2: number({ min: 0 }) }));

/** A list whose elements follow a rule, of this many where that is given. */
function listOf(rule: Rule, what: string, length?: number): Rule {
  return holed((value, path, check) => {
    const fits = Array.isArray(value) && (length === undefined || value.length === length);
    if (!fits) check.findings.wrong(path, `${quote(value)} must be ${what}`);
    else {
      (value as JsonArray).forEach((item, i) => {
        rule(item, `${path}[${String(i)}]`, check);
      });
    }
  });
}

function listOr(list: Rule, one: Rule): Rule {
  return holed(
    (value, path, check) => {
      if (Array.isArray(value)) list(value, path, check);
      else one(value, path, check);
    },
    {
      range: (low, high, integer) =>
        integer && low >= 0 && high <= MOST_SIZE ? null : 'must be a whole number',
    },
  );
}

const margin = number({ min: 0, max: MOST_SIZE, integer: true });
const noiseShape = nullable(listOf(nullable(size), 'a list of null and sizes, the batch first'));
const margins = listOr(
  listOf(
    listOr(listOf(margin, 'two whole numbers', 2), margin),
    'two margins: those of rows and those of columns',
    2,
  ),
  margin,
);

const constraintAxis = listOr(listOf(margin, 'a list of axes'), margin);

/** `"nonNeg"`, or `{"maxNorm": {"maxValue": 2, "axis": 0}}`. */
const constraint: Rule = nullable(
  holed((value, path, check) => {
    const [name = '', ...others] = isJsonObject(value)
      ? Object.keys(value)
      : [typeof value === 'string' ? value : ''];
    const numbers = Object.hasOwn(CONSTRAINTS, name) ? CONSTRAINTS[name] : undefined;
    if (numbers === undefined || others.length > 0) {
      const names = Object.keys(CONSTRAINTS).join(', ');
      check.findings.wrong(path, `${quote(value)} must be one of ${names}, or {"maxNorm": {"maxValue": 2}}`);
    } else if (isJsonObject(value)) {
      const ofNumber = (key: string): Rule => (key === 'axis' ? constraintAxis : number({ min: 0 }));
      fields(Object.fromEntries(numbers.map((key) => [key, ofNumber(key)])))(
        value[name] ?? null,
        `${path}.${name}`,
        check,
      );
    }
  }),
);

const ARGUMENT_RULES: Readonly<Record<ArgumentRule, Rule>> = {
  size,
  sizes,
  shape: sizeList,
  regularizer,
  flag,
  rate: number({ min: 0, below: 1 }),
  number: number({}),
  amount: number({ min: 0 }),
  axis: number({ integer: true }),
  activation: word(ACTIVATIONS),
  initializer: word(INITIALIZERS),
  padding: word(PADDINGS),
  interpolation: word(INTERPOLATIONS),
  mergeMode: word(MERGE_MODES),
  noiseShape,
  margins,
  constraint,
  layer: (value, path, check) => {
    plainLayer(value, path, check);
  },
};

const LAYER_RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries(LAYERS).map(([name, { arguments: kinds, required }]) => {
    const rules = Object.entries(kinds).map(([key, kind]) => [key, ARGUMENT_RULES[kind]] as const);
    return [name, fields(Object.fromEntries(rules), required)];
  }),
);

/** `{layers}` or `{topology}`, with holes; presets have been expanded before. */
export const model: Rule = holed((value, path, check) => {
  const [key, ...others] = isJsonObject(value) ? Object.keys(value) : [];
  const inner = isJsonObject(value) && key !== undefined ? (value[key] ?? null) : null;
  if (key === 'layers' && others.length === 0) layers(inner, `${path}.layers`, check);
  else if (key === 'topology' && others.length === 0) topology(inner, `${path}.topology`, check);
  else {
    const message = `${quote(value)} must be one of {"preset": "dense"}, {"layers": […]} and {"topology": {…}}`;
    check.findings.wrong(path, message);
  }
});

const layers: Rule = holed(
  (value, path, check) => {
    if (!Array.isArray(value)) {
      check.findings.wrong(path, `${quote(value)} must be a list of layers`);
      return;
    }
    (value as JsonArray).forEach((item, i) => {
      layer(item, `${path}[${String(i)}]`, check);
    });
  },
  {
    repeat: (of, path, check) => {
      layer(of, `${path}[0]`, check);
    },
  },
);

/** One layer, or a list of them that is put in its place. */
function layer(value: JsonValue, path: string, check: Parameters<Rule>[2]): void {
  holed(
    (plain, at) => {
      if (Array.isArray(plain)) layers(plain, at, check);
      else plainLayer(plain, at, check);
    },
    { repeat: layer },
  )(value, path, check);
}

const plainLayer: Rule = holed((value, path, check) => {
  const { findings } = check;
  const [name, ...others] = isJsonObject(value) ? Object.keys(value) : [];
  if (!isJsonObject(value) || name === undefined || others.length > 0) {
    findings.wrong(path, `${quote(value)} must be a layer such as {"dense": {"units": 64}}`);
    return;
  }
  const rule = LAYER_RULES.get(name);
  if (rule === undefined) {
    const names = [...LAYER_RULES.keys()];
    const near = nearest(name, names);
    findings.wrong(path, `${quote(name)} is no layer of this version${near}; there are ${names.join(', ')}`);
    return;
  }
  rule(value[name] ?? {}, `${path}.${name}`, check);
});

/** The outer form of `model.toJSON()`; what its layers mean is settled when the network is built. */
const topology: Rule = holed((value, path, { findings, reader }) => {
  const text = typeof value === 'string' ? ': give the object, not its text' : '';
  const wrong = (at: string, rule: string): void => {
    findings.wrong(at, `must be what model.toJSON() gives${rule}`);
  };
  if (!isJsonObject(value)) {
    wrong(path, text);
    return;
  }
  const { outer, config } = unwrap(value, path);
  if (config === null || typeof config['class_name'] !== 'string') {
    wrong(outer, ', with "class_name" and "config"');
    return;
  }
  const inner = reader.read(config['config'] ?? null);
  if (inner.kind !== 'literal') return;
  const list = isJsonObject(inner.value) ? (inner.value['layers'] ?? null) : inner.value;
  const found = reader.read(list);
  if (found.kind === 'literal' && (!Array.isArray(found.value) || found.value.length === 0)) {
    wrong(`${outer}.config.layers`, ': a list of at least one layer');
  }
});

/** Saved models wrap the network's own configuration. */
function unwrap(value: JsonObject, path: string): { outer: string; config: JsonObject | null } {
  for (const key of ['modelTopology', 'model_config']) {
    const inner = value[key];
    if (inner !== undefined) {
      return isJsonObject(inner)
        ? unwrap(inner, `${path}.${key}`)
        : { outer: `${path}.${key}`, config: null };
    }
  }
  return { outer: path, config: value };
}
