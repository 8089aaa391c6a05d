import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Metrics } from '../core/metrics';
import type { LossName } from '../core/specification';
import { inputShape, readRows, valueOf, type PreparedPart, type PreparedTable } from '../datasets';
import { classificationMetrics, regressionMetrics } from './metrics';

/** Numbers of a chunk of rows that are on the device at once. */
const CHUNK_NUMBERS = 1 << 20;
const MOST_CHUNK_ROWS = 4096;

/** Metrics of a network that gives logits or the prepared target, on one part. */
export function measure(
  network: LayersModel,
  part: PreparedPart,
  data: PreparedTable,
  loss: LossName,
): Metrics {
  return metricsOf(forward(network, part, inputShape(data)), part, data, loss);
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
export function forward(network: LayersModel, part: PreparedPart, shape: readonly number[]): Float32Array {
  const width = tf.util.sizeFromShape([...shape]);
  const units = network.outputs[0]?.shape[1] ?? 1;
  const chunk = Math.max(1, Math.min(MOST_CHUNK_ROWS, Math.floor(CHUNK_NUMBERS / width)));
  const out = new Float32Array(part.rows * units);
  for (let start = 0; start < part.rows; start += chunk) {
    const rows = Math.min(chunk, part.rows - start);
    tf.tidy(() => {
      // A copy: backends do not take tensors over shared memory.
      const x = tf.tensor(readRows(part.x, width, start, start + rows), [rows, ...shape]);
      const output = network.apply(x, { training: false }) as tf.Tensor;
      out.set(output.dataSync(), start * units);
    });
  }
  return out;
}
