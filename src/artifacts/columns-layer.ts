import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { isJsonObject, type JsonArray, type JsonObject } from '../core/json';
import type { TensorDescription } from '../core/model';

/** Columns of the prepared rows that are one input of a network's own when it is exported. */
export interface InputColumns {
  /** Of the exported input. */
  readonly name: string;
  /** Place of the first column. */
  readonly from: number;
  readonly count: number;
  readonly dtype: 'float32' | 'int32';
}

const CLASS = 'PreparedColumns';

/**
 * Takes some columns out of the prepared rows, [rows, columns]. Networks train on one tensor that holds all columns; what
 * is exported has an input in the place of each of these layers ({@link withOwnInputs}), so that it is built-in layers alone.
 */
class PreparedColumns extends tfl.layers.Layer {
  static className = CLASS;
  readonly #columns: InputColumns;

  constructor(columns: InputColumns) {
    super({ name: columns.name, trainable: false });
    this.#columns = columns;
  }

  override computeOutputShape(shape: tfl.Shape): tfl.Shape {
    return [shape[0] ?? null, this.#columns.count];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const prepared = Array.isArray(inputs) ? inputs[0] : inputs;
    const { from, count } = this.#columns;
    return tf.tidy(() => tf.slice(prepared as tf.Tensor2D, [0, from], [prepared?.shape[0] ?? 0, count]));
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { from, count, dtype } = this.#columns;
    return { ...super.getConfig(), from, count, dtype };
  }
}

/** Columns of prepared rows, as a tensor of the network. */
export function columnsOf(prepared: tfl.SymbolicTensor, columns: InputColumns): tfl.SymbolicTensor {
  return new PreparedColumns(columns).apply(prepared) as tfl.SymbolicTensor;
}

export interface Topology {
  readonly topology: JsonObject;
  /** Null where the network's own inputs stand. */
  readonly inputs: readonly TensorDescription[] | null;
}

/** A saved topology whose {@link PreparedColumns} are inputs, in place of the one that they took theirs from. */
export function withOwnInputs(topology: JsonObject): Topology {
  const { config } = topology;
  const layers = isJsonObject(config) ? (config['layers'] as JsonArray | undefined) : undefined;
  if (!isJsonObject(config) || !Array.isArray(layers)) return { topology, inputs: null };
  const described = layers as readonly JsonObject[];
  const columns = described.filter(isColumns).sort((a, b) => settingsOf(a).from - settingsOf(b).from);
  if (columns.length === 0) return { topology, inputs: null };
  const taken = new Set(columns.map(sourceOf));
  const own = {
    ...config,
    layers: described
      .filter(({ name }) => !taken.has(name as string))
      .map((layer) => (isColumns(layer) ? inputLayer(layer) : layer)),
    input_layers: columns.map(({ name }) => [name as string, 0, 0]),
  };
  const inputs = columns.map((layer) => {
    const { name, count, dtype } = settingsOf(layer);
    return { name, shape: [null, count], dtype };
  });
  return { topology: { ...topology, config: own }, inputs };
}

function isColumns(layer: JsonObject): boolean {
  return layer['class_name'] === CLASS;
}

/** `inbound_nodes` are `[[[name, node, tensor, …]]]`. */
function sourceOf({ inbound_nodes: nodes }: JsonObject): string {
  return String((nodes as unknown as readonly (readonly (readonly unknown[])[])[])[0]?.[0]?.[0]);
}

function settingsOf({ config }: JsonObject): InputColumns {
  return config as unknown as InputColumns;
}

function inputLayer(layer: JsonObject): JsonObject {
  const { count, dtype, name } = settingsOf(layer);
  return {
    name,
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, count], dtype, sparse: false, name },
    inbound_nodes: [],
  };
}
