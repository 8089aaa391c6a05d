import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { NetworkMeasurements } from '../../core/checks';
import { inputShape, readRows, type PreparedPart, type PreparedTable } from '../../datasets';
import type { Network } from '../network';
import type { Weights } from '../checkpoint';

const RELU_CLASSES = ['ReLU'];
const RELU_NAMES = ['relu', 'relu6'];
/** Rows whose predictions are kept. */
const WATCHED = 8;

/** What a network says of the same rows as its training goes on. */
export function watchPredictions(
  network: Network,
  data: PreparedTable,
  part: PreparedPart,
  snapshots: readonly { readonly epoch: number; readonly weights: Weights }[],
): NetworkMeasurements['predictions'] {
  const all = snapshots.map(({ weights }) => {
    applyWeights(network, weights);
    return outputsOf(network.exported, data, part);
  });
  const [first, last] = [all[0] ?? [], all.at(-1) ?? []];
  const outputs = first[0]?.length ?? 0;
  const columns = Array.from({ length: outputs }, (_, k) => last.map((row) => row[k] ?? 0));
  const moved = last.map((row, i) =>
    Math.max(...row.map((value, k) => Math.abs(value - (first[i]?.[k] ?? 0)))),
  );
  return {
    epochs: snapshots.map(({ epoch }) => epoch),
    values: all.map((rows) => rows.slice(0, WATCHED)),
    spread: Math.max(0, ...columns.map(deviationOf)),
    moved: Math.max(0, ...moved),
  };
}

/** Units of ReLU layers that give nothing for any of the rows. */
export function deadUnits(
  { raw }: Network,
  data: PreparedTable,
  part: PreparedPart,
): NetworkMeasurements['activations'] {
  const layers = raw.layers.filter((layer) => {
    const { activation } = layer.getConfig() as { activation?: unknown };
    const isRelu = typeof activation === 'string' && RELU_NAMES.includes(activation);
    return (isRelu || RELU_CLASSES.includes(layer.getClassName())) && !Array.isArray(layer.output);
  });
  if (layers.length === 0) return [];
  const inside = tfl.model({
    inputs: raw.inputs,
    outputs: layers.map((layer) => layer.output as tfl.SymbolicTensor),
  });
  return tf.tidy(() => {
    const given = inside.predict(inputOf(data, part), { batchSize: part.rows });
    const tensors = Array.isArray(given) ? given : [given];
    return tensors.map((tensor, i) => {
      const units = tensor.shape.at(-1) ?? 1;
      const most = tf.max(tf.reshape(tensor, [-1, units]), 0).dataSync();
      const dead = most.filter((value) => value <= 0).length;
      return { layer: layers[i]?.name ?? '', units, dead };
    });
  });
}

export function applyWeights(network: Network, weights: Weights): Network {
  tf.tidy(() => {
    network.raw.weights.forEach((weight, i) => {
      const values = weights[i];
      if (values !== undefined) weight.write(tf.tensor(values, weight.shape as number[]));
    });
  });
  return network;
}

function outputsOf(network: tfl.LayersModel, data: PreparedTable, part: PreparedPart): number[][] {
  return tf.tidy(() => {
    const output = network.predict(inputOf(data, part), { batchSize: part.rows }) as tf.Tensor2D;
    return output.arraySync();
  });
}

function inputOf(data: PreparedTable, part: PreparedPart): tf.Tensor {
  return tf.tensor(readRows(part.x, data.width, 0, part.rows), [part.rows, ...inputShape(data)]);
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
