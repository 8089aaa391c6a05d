import * as tfl from '@tensorflow/tfjs-layers';
import { InvalidError } from '../core/errors';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../core/json';
import { CONSTRAINTS, LAYERS, type ArgumentRule } from '../core/layers';
import { deriveSeed } from '../core/random';

type Arguments = Record<string, unknown>;
type LayerMaker = (settings: Arguments) => tfl.layers.Layer;

/** Stacks the layers of `{"layers": […]}` on an input. @throws InvalidError `invalid_model` with the layer's path */
export function bodyOfLayers(
  layers: readonly JsonObject[],
  input: tfl.SymbolicTensor,
  seed: number,
): tfl.SymbolicTensor {
  return layers.reduce<tfl.SymbolicTensor>((tensor, described, i) => {
    const path = `model.layers[${String(i)}]`;
    const [name = ''] = Object.keys(described);
    try {
      const layer = layerOf(described, deriveSeed(seed, 'init', i), `${name}_${String(i)}`, path);
      return layer.apply(tensor) as tfl.SymbolicTensor;
    } catch (error) {
      if (error instanceof InvalidError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw fail(path, `${name} cannot stand here: ${reason}`);
    }
  }, input);
}

function layerOf(described: JsonValue, seed: number, name: string, path: string): tfl.layers.Layer {
  const [kind = '', ...others] = isJsonObject(described) ? Object.keys(described) : [];
  const given = isJsonObject(described) ? (described[kind] ?? {}) : null;
  const make = Object.hasOwn(LAYERS, kind)
    ? (tfl.layers as unknown as Record<string, LayerMaker>)[kind]
    : undefined;
  if (make === undefined || others.length > 0 || !isJsonObject(given)) {
    const quoted = JSON.stringify(described);
    throw fail(path, 'is no layer', `${quoted} is no layer; write {"dense": {"units": 64}}`);
  }
  return make(settingsOf(kind, given, seed, name, path));
}

function fail(path: string, message: string, whole = message): InvalidError {
  return new InvalidError('invalid_model', `${path}: ${whole}`, { errors: [{ path, message }] });
}

function settingsOf(layer: string, given: JsonObject, seed: number, name: string, path: string): Arguments {
  const settings: Arguments = { name };
  for (const [argument, rule] of Object.entries(LAYERS[layer]?.arguments ?? {})) {
    const value = given[argument] ?? null;
    const made = madeOf(rule, argument, value, {
      seed,
      name: `${name}_${argument}`,
      path: `${path}.${layer}.${argument}`,
    });
    if (made !== null) settings[argument] = made;
  }
  return settings;
}

interface Context {
  readonly seed: number;
  /** Of a layer that the argument holds. */
  readonly name: string;
  readonly path: string;
}

/** What TensorFlow.js takes for an argument; null leaves it to TensorFlow.js. */
function madeOf(
  rule: ArgumentRule,
  argument: string,
  value: JsonValue,
  { seed, name, path }: Context,
): unknown {
  switch (rule) {
    case 'initializer':
      // Left to itself, TensorFlow.js would draw from a stream of its own.
      return initializerOf(value ?? DEFAULT_INITIALIZERS[argument] ?? null, deriveSeed(seed, argument));
    case 'regularizer':
      return regularizerOf(value);
    case 'constraint':
      return constraintOf(value);
    case 'layer':
      return value === null ? null : layerOf(value, deriveSeed(seed, 'inner'), name, path);
    case 'sizes':
    case 'shape':
    case 'noiseShape':
      // TensorFlow.js keeps the list, and writes into some.
      return Array.isArray(value) ? [...(value as JsonArray)] : value;
    default:
      return value;
  }
}

/** Those that draw numbers; the others are TensorFlow.js's own. */
const DEFAULT_INITIALIZERS: Readonly<Record<string, string>> = {
  kernelInitializer: 'glorotUniform',
  depthwiseInitializer: 'glorotUniform',
  pointwiseInitializer: 'glorotUniform',
  recurrentInitializer: 'orthogonal',
  embeddingsInitializer: 'randomUniform',
};

function initializerOf(value: JsonValue, seed: number): unknown {
  if (typeof value !== 'string') return null;
  const makers = tfl.initializers as unknown as Record<string, (settings: Arguments) => unknown>;
  const ranges: Record<string, Arguments> = {
    randomUniform: { minval: -0.05, maxval: 0.05 },
    randomNormal: { mean: 0, stddev: 0.05 },
    truncatedNormal: { mean: 0, stddev: 0.05 },
  };
  return makers[value]?.({ ...ranges[value], seed }) ?? null;
}

function regularizerOf(value: JsonValue): unknown {
  if (!isJsonObject(value)) return null;
  const { l1 = 0, l2 = 0 } = value as { l1?: number; l2?: number };
  return l1 === 0 && l2 === 0 ? null : tfl.regularizers.l1l2({ l1, l2 });
}

/** `"nonNeg"`, or `{"maxNorm": {"maxValue": 2, "axis": 0}}`. */
function constraintOf(value: JsonValue): unknown {
  const [name = '', given = {}] = isJsonObject(value)
    ? (Object.entries(value)[0] ?? [])
    : [typeof value === 'string' ? value : ''];
  const makers = tfl.constraints as unknown as Record<string, (settings: JsonValue) => unknown>;
  return Object.hasOwn(CONSTRAINTS, name) ? (makers[name]?.(given) ?? null) : null;
}
