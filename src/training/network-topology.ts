import * as tfl from '@tensorflow/tfjs-layers';
import { InvalidError } from '../core/errors';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../core/json';
import { deriveSeed } from '../core/random';
import { setBias, type OutputShape } from './output-shape';
import { seedInitializers } from './seed-initializers';

const PROBABILITIES = ['softmax', 'sigmoid'];

/**
 * A `model.toJSON()` topology as a network without its last softmax or sigmoid, which training and export add in
 * their own way. Its input must have the shape of the prepared data, or leave sizes open with null.
 * @throws InvalidError `invalid_model`
 */
export async function bodyOfTopology(
  topology: JsonObject,
  shape: readonly number[],
  output: OutputShape,
  seed: number,
): Promise<tfl.LayersModel> {
  const model = await load(prepare(modelConfigOf(topology), shape, seed, { next: 0 }));
  seedInitializers(model, seed);
  const found = model.inputs[0]?.shape ?? [];
  const fits = found.length === shape.length + 1 && shape.every((size, i) => found[i + 1] === size);
  if (model.inputs.length !== 1 || !fits) {
    throw fail(
      `the input has the shape ${JSON.stringify(found)}; the prepared data has ${JSON.stringify([null, ...shape])}`,
    );
  }
  const raw = withoutProbabilities(model);
  const last = raw.outputs[0]?.shape ?? [];
  if (raw.outputs.length !== 1 || last.length !== 2 || last[1] !== output.units) {
    throw fail(
      `the output has the shape ${JSON.stringify(last)}; this task needs ${JSON.stringify([null, output.units])}`,
    );
  }
  const head = raw.layers.at(-1);
  if (head !== undefined && head.getClassName() === 'Dense') setBias(head, output.bias);
  return raw;
}

async function load(config: JsonObject): Promise<tfl.LayersModel> {
  try {
    // Runs no code of the topology's making: only registered layer classes are built.
    return await tfl.models.modelFromJSON({ modelTopology: { ...config } as never });
  } catch (error) {
    if (error instanceof InvalidError) throw error;
    throw fail(error instanceof Error ? error.message : String(error));
  }
}

/** A layer whose softmax or sigmoid is taken off: its own input, or the same layer with a linear activation. */
function withoutProbabilities(model: tfl.LayersModel): tfl.LayersModel {
  const last = model.layers.at(-1);
  const kind = last?.getClassName() ?? '';
  const activation = (last?.getConfig() as { activation?: string }).activation ?? '';
  if (last === undefined) return model;
  const isActivation = kind === 'Softmax' || (kind === 'Activation' && PROBABILITIES.includes(activation));
  if (!isActivation) return model;
  return tfl.model({ inputs: model.inputs, outputs: last.input, name: model.name });
}

/** Fills the open sizes, gives every random initialiser a seed of the trial's, and makes the last layer linear. */
function prepare(
  config: JsonObject,
  shape: readonly number[],
  seed: number,
  counter: { next: number },
): JsonObject {
  const layers = layersOf(config);
  const last = layers.at(-1);
  const visit = (value: JsonValue, key: string): JsonValue => {
    if (Array.isArray(value)) {
      if (key === 'batch_input_shape' || key === 'batchInputShape') {
        const given = value as JsonArray;
        if (given.length !== shape.length + 1) return given;
        return [null, ...shape.map((size, i) => given[i + 1] ?? size)];
      }
      return (value as JsonArray).map((child) => visit(child, ''));
    }
    if (!isJsonObject(value)) return value;
    const entries = Object.entries(value).map(([name, child]): [string, JsonValue] => {
      if (name === 'seed') return [name, deriveSeed(seed, 'init', counter.next++)];
      const isHead = value === (last as JsonObject | undefined)?.['config'] && name === 'activation';
      return [name, isHead && PROBABILITIES.includes(child as string) ? 'linear' : visit(child, name)];
    });
    return Object.fromEntries(entries);
  };
  return visit(config, '') as JsonObject;
}

function modelConfigOf(topology: JsonObject): JsonObject {
  const inner = topology['modelTopology'] ?? topology['model_config'] ?? topology;
  if (!isJsonObject(inner)) throw fail('must be what model.toJSON() gives');
  const config = inner['model_config'] ?? inner;
  if (!isJsonObject(config) || typeof config['class_name'] !== 'string') {
    throw fail('must be what model.toJSON() gives, with "class_name" and "config"');
  }
  return config;
}

function layersOf(config: JsonObject): JsonArray {
  const inner = config['config'];
  const layers = isJsonObject(inner) ? inner['layers'] : inner;
  if (!Array.isArray(layers) || layers.length === 0) throw fail('"config" must have a list of "layers"');
  return layers as JsonArray;
}

function fail(message: string): InvalidError {
  const path = 'model.topology';
  return new InvalidError('invalid_model', `${path}: ${message}`, { errors: [{ path, message }] });
}
