import * as tfl from '@tensorflow/tfjs-layers';
import { InvalidError } from '../core/errors';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json';
import { LAYERS } from '../core/layers';
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
    const [name = '', ...others] = Object.keys(described);
    const path = `model.layers[${String(i)}]`;
    const given = described[name] ?? {};
    const make = Object.hasOwn(LAYERS, name)
      ? (tfl.layers as unknown as Record<string, LayerMaker>)[name]
      : undefined;
    if (make === undefined || others.length > 0 || !isJsonObject(given)) {
      throw new InvalidError(
        'invalid_model',
        `${path}: ${JSON.stringify(described)} is no layer; write {"dense": {"units": 64}}`,
        {
          errors: [{ path, message: 'is no layer' }],
        },
      );
    }
    try {
      const settings = settingsOf(name, given, deriveSeed(seed, 'init', i), `${name}_${String(i)}`);
      return make(settings).apply(tensor) as tfl.SymbolicTensor;
    } catch (error) {
      if (error instanceof InvalidError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const message = `${name} cannot stand here: ${reason}`;
      throw new InvalidError('invalid_model', `${path}: ${message}`, { errors: [{ path, message }] });
    }
  }, input);
}

function settingsOf(layer: string, given: JsonObject, seed: number, name: string): Arguments {
  const rules = LAYERS[layer]?.arguments ?? {};
  const settings: Arguments = { name };
  for (const [argument, rule] of Object.entries(rules)) {
    const value = given[argument];
    if (rule === 'initializer') {
      // Left to itself, TensorFlow.js would draw from a stream of its own.
      const initializer = initializerOf(value ?? defaultInitializer(argument), deriveSeed(seed, argument));
      if (initializer !== null) settings[argument] = initializer;
    } else if (rule === 'regularizer') {
      const regularizer = regularizerOf(value ?? null);
      if (regularizer !== null) settings[argument] = regularizer;
    } else if (value !== undefined && value !== null) {
      settings[argument] = value;
    }
  }
  return settings;
}

function defaultInitializer(argument: string): string | null {
  return argument === 'kernelInitializer' ? 'glorotUniform' : null;
}

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
