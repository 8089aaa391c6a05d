import { isJsonObject, type JsonArray, type JsonValue } from '../../core/json';
import { ACTIVATIONS, INITIALIZERS, LAYERS, PADDINGS, type ArgumentRule } from '../../core/layers';
import { possible } from '../../space';
import { checkFields, flag, holed, nearest, nullable, number, word, type Findings, type Rule } from './rules';

const MOST_UNITS = 65_536;

const size = number({ min: 1, max: MOST_UNITS, integer: true });

const sizes: Rule = holed(
  (value, path, findings) => {
    if (Array.isArray(value)) {
      (value as JsonArray).forEach((item, i) => {
        size(item, `${path}[${String(i)}]`, findings);
      });
    } else {
      size(value, path, findings);
    }
  },
  (low, high, integer) =>
    integer && low >= 1 && high <= MOST_UNITS ? null : 'must be a whole number of at least 1',
);

const shape: Rule = holed((value, path, findings) => {
  if (!Array.isArray(value)) findings.wrong(path, `${JSON.stringify(value)} must be a list of sizes`);
  else sizes(value, path, findings);
});

const regularizer: Rule = nullable(
  holed((value, path, findings) => {
    if (!isJsonObject(value))
      findings.wrong(path, `${JSON.stringify(value)} must be an object such as {"l2": 0.001}`);
    else checkFields(value, { l1: number({ min: 0 }), l2: number({ min: 0 }) }, path, findings);
  }),
);

const ARGUMENT_RULES: Readonly<Record<ArgumentRule, Rule>> = {
  size,
  sizes,
  shape,
  regularizer,
  flag,
  rate: number({ min: 0, below: 1 }),
  number: number({}),
  axis: number({ integer: true }),
  activation: word(ACTIVATIONS),
  initializer: word(INITIALIZERS),
  padding: word(PADDINGS),
};

/** `{layers}` or `{topology}`, with holes; presets have been expanded before. */
export const model: Rule = holed((value, path, findings) => {
  const [key, ...others] = isJsonObject(value) ? Object.keys(value) : [];
  if (
    !isJsonObject(value) ||
    key === undefined ||
    others.length > 0 ||
    (key !== 'layers' && key !== 'topology')
  ) {
    findings.wrong(path, 'must be one of {"preset": "dense"}, {"layers": […]} and {"topology": {…}}');
    return;
  }
  const inner = value[key] ?? null;
  if (key === 'layers') {
    layers(inner, `${path}.layers`, findings);
  } else if (!isJsonObject(inner)) {
    findings.wrong(`${path}.topology`, 'must be what model.toJSON() gives');
  }
});

function layers(value: JsonValue, path: string, findings: Findings): void {
  const found = possible(value);
  if (found.kind === 'choice') {
    for (const option of found.options) layers(option, path, findings);
  } else if (found.kind === 'repeat') {
    layer(found.of, `${path}[0]`, findings);
  } else if (found.kind === 'literal' && Array.isArray(found.value)) {
    (found.value as JsonArray).forEach((item, i) => {
      layer(item, `${path}[${String(i)}]`, findings);
    });
  } else if (found.kind === 'literal' || found.kind === 'range') {
    findings.wrong(path, `${JSON.stringify(value)} must be a list of layers`);
  }
}

/** One layer, or a list of them that is put in its place. */
function layer(value: JsonValue, path: string, findings: Findings): void {
  const found = possible(value);
  if (found.kind === 'choice') {
    for (const option of found.options) layer(option, path, findings);
  } else if (found.kind === 'repeat') {
    layer(found.of, path, findings);
  } else if (found.kind === 'literal') {
    if (Array.isArray(found.value)) layers(found.value, path, findings);
    else plainLayer(found.value, path, findings);
  } else if (found.kind === 'range') {
    findings.wrong(path, 'must be a layer such as {"dense": {"units": 64}}');
  }
}

function plainLayer(value: JsonValue, path: string, findings: Findings): void {
  const [name, ...others] = isJsonObject(value) ? Object.keys(value) : [];
  if (!isJsonObject(value) || name === undefined || others.length > 0) {
    findings.wrong(path, `${JSON.stringify(value)} must be a layer such as {"dense": {"units": 64}}`);
    return;
  }
  const rule = Object.hasOwn(LAYERS, name) ? LAYERS[name] : undefined;
  if (rule === undefined) {
    const names = Object.keys(LAYERS);
    findings.wrong(
      path,
      `${JSON.stringify(name)} is no layer of this version${nearest(name, names)}; there are ${names.join(', ')}`,
    );
    return;
  }
  const given = value[name] ?? {};
  if (!isJsonObject(given)) {
    findings.wrong(`${path}.${name}`, 'must be an object of arguments');
    return;
  }
  const rules = Object.entries(rule.arguments).map(
    ([argument, kind]) => [argument, ARGUMENT_RULES[kind]] as const,
  );
  checkFields(given, Object.fromEntries(rules), `${path}.${name}`, findings);
  for (const argument of rule.required) {
    if (!Object.hasOwn(given, argument)) findings.wrong(`${path}.${name}.${argument}`, 'is required');
  }
}
