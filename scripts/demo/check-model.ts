import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { applyPreparation, parsePreparation } from '../../src/datasets';
import type { Client } from './client';

const ROWS = 20;
const TOLERANCE = 1e-5;

/**
 * Loads the saved files with plain TensorFlow.js and compares its probabilities with the service's, row by row.
 * @returns how many rows were compared and the largest difference between two probabilities
 */
export async function checkWithTensorFlow(
  client: Client,
  model: string,
  dataset: string,
  folder: string,
): Promise<{ rows: number; largestDifference: number }> {
  const { items } = await client.get<{ items: Record<string, string | number | boolean | null>[] }>(
    `/v1/datasets/${dataset}/rows?limit=${String(ROWS)}`,
  );
  const fitted = parsePreparation(await readFile(join(folder, 'preprocessing.json'), 'utf8'));
  const columns = new Set(fitted.inputs.flatMap(({ columns: steps }) => steps.map(({ name }) => name)));
  const rows = items.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => columns.has(name))),
  );
  const { predictions } = await client.post<{ predictions: { probabilities: Record<string, number> }[] }>(
    `/v1/models/${model}/predict`,
    { rows },
  );
  // Without its advice on other backends.
  tf.enableProdMode();
  const network = await loadLayersModel(await fromFolder(folder));
  const { inputs } = applyPreparation(fitted, rows);
  const output = network.predict(
    inputs.map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype)),
  ) as tf.Tensor2D;
  const own = await output.array();
  const labels = Object.keys(predictions[0]?.probabilities ?? {});
  const differences = own.flatMap((row, i) =>
    row.map((value, k) => Math.abs(value - (predictions[i]?.probabilities[labels[k] ?? ''] ?? NaN))),
  );
  const largestDifference = Math.max(...differences);
  if (!(largestDifference < TOLERANCE)) {
    throw new Error(`TensorFlow.js and the service differ by ${String(largestDifference)}`);
  }
  return { rows: rows.length, largestDifference };
}

async function fromFolder(folder: string): Promise<tf.io.IOHandler> {
  const topology = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as tf.io.ModelJSON;
  const weights = await readFile(join(folder, 'weights.bin'));
  const bytes = new Uint8Array(weights).buffer;
  return tf.io.fromMemory({
    modelTopology: topology.modelTopology,
    weightSpecs: topology.weightsManifest.flatMap((group) => group.weights),
    weightData: bytes,
  });
}
