import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Metrics } from '../core/metrics';
import { giveLifeSign } from '../core/life-sign';
import type { LossName } from '../core/specification';
import {
  inputRows,
  inputShapes,
  readRows,
  valueOf,
  type PreparedPart,
  type PreparedTable,
} from '../datasets';
import { never, taskCancelled, type Cancelled } from './cancelled';
import { classificationMetrics, regressionMetrics } from './metrics';

/** Numbers of a chunk of rows that are on the device at once. */
const CHUNK_NUMBERS = 1 << 20;
const MOST_CHUNK_ROWS = 4096;
/** Numbers, and fewest rows, of a chunk after which a trial looks at its cancel flag; rows cost more the wider they are. */
const PIECE_NUMBERS = 1 << 16;
const FEWEST_PIECE_ROWS = 32;
const MOST_PIECE_ROWS = 1024;
/** How long measuring goes on without letting messages in, in milliseconds. */
const SLICE_MS = 50;

/** Metrics of a network that gives logits or the prepared target, on one part. */
export function measure(
  network: LayersModel,
  part: PreparedPart,
  data: PreparedTable,
  loss: LossName,
): Metrics {
  return metricsOf(forward(network, part, data), part, data, loss);
}

/**
 * What {@link measure} gives, in pieces between which the cancel flag is looked at. Their size depends on nothing but the
 * table: results of some kernels do on the rows that they are given at once.
 * @throws ConflictError `cancelled`
 */
export async function measureInPieces(
  network: LayersModel,
  part: PreparedPart,
  data: PreparedTable,
  loss: LossName,
  cancelled: Cancelled = never,
): Promise<Metrics> {
  const units = unitsOf(network);
  const outputs = new Float32Array(part.rows * units);
  const most = pieceRows(data.width, MOST_PIECE_ROWS);
  let sliceEnd = performance.now() + SLICE_MS;
  for (let start = 0; start < part.rows; start += most) {
    if (cancelled()) throw taskCancelled();
    const rows = Math.min(most, part.rows - start);
    outputs.set(forwardRows(network, part, data, start, rows), start * units);
    if (performance.now() >= sliceEnd) {
      await new Promise((resolve) => setImmediate(resolve));
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  return metricsOf(outputs, part, data, loss);
}

/** Rows that are measured between two looks at the cancel flag at least. @param width numbers of a row */
export function pieceRows(width: number, most: number): number {
  return Math.min(most, Math.max(FEWEST_PIECE_ROWS, Math.floor(PIECE_NUMBERS / width)));
}

/** @param outputs [rows, units], row-major: logits, or the prepared target */
export function metricsOf(
  outputs: Float32Array,
  part: PreparedPart,
  data: PreparedTable,
  loss: LossName,
): Metrics {
  const { target } = data.fitted;
  if (target.kind === 'classes') return classificationMetrics(outputs, part.y, target.labels.length, loss);
  const scale =
    target.tail === null
      ? target
      : { ...target, toOwnUnits: (prepared: number): number => valueOf(target, prepared) };
  const measured = loss === 'crossentropy' || loss === 'focal' ? 'mse' : loss;
  return regressionMetrics(outputs, part.y, measured, scale);
}

/** The network's output for every row of a part, [rows, units] in row-major order. */
export function forward(network: LayersModel, part: PreparedPart, data: PreparedTable): Float32Array {
  const width = inputShapes(data).reduce((sum, shape) => sum + tf.util.sizeFromShape([...shape]), 0);
  const units = unitsOf(network);
  const chunk = Math.max(1, Math.min(MOST_CHUNK_ROWS, Math.floor(CHUNK_NUMBERS / width)));
  const out = new Float32Array(part.rows * units);
  for (let start = 0; start < part.rows; start += chunk) {
    giveLifeSign();
    const rows = Math.min(chunk, part.rows - start);
    out.set(forwardRows(network, part, data, start, rows), start * units);
  }
  return out;
}

/** {@link forward} of some rows of a part. */
export function forwardRows(
  network: LayersModel,
  part: PreparedPart,
  data: PreparedTable,
  start: number,
  rows: number,
): tf.TypedArray {
  return tf.tidy(() => {
    const shapes = inputShapes(data);
    const inputs = inputRows(part).map((kept, i) => {
      const shape = [...(shapes[i] ?? [])];
      // A copy: backends do not take tensors over shared memory.
      return tf.tensor(readRows(kept, tf.util.sizeFromShape(shape), start, start + rows), [rows, ...shape]);
    });
    const given = inputs.length < network.inputs.length ? apart(network, inputs) : inputs;
    return (network.apply(given, { training: false }) as tf.Tensor).dataSync();
  });
}

/** The inputs of a stored network out of the one tensor in which their columns stand side by side. */
function apart(network: LayersModel, [whole]: readonly tf.Tensor[]): tf.Tensor[] {
  let from = 0;
  return network.inputs.map(({ shape, dtype }) => {
    const width = shape[1] ?? 1;
    const columns = tf.slice(whole as tf.Tensor2D, [0, from], [-1, width]);
    from += width;
    return dtype === 'int32' ? tf.cast(columns, dtype) : columns;
  });
}

function unitsOf(network: LayersModel): number {
  return network.outputs[0]?.shape[1] ?? 1;
}
