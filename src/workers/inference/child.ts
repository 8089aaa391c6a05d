/** Entry of the inference process: predictions and exports of stored models, one call after the other. */
import { readFile } from 'node:fs/promises';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { loadNetwork, predictRows } from '../../artifacts';
import type { RowObject } from '../../core/dataset';
import { carry } from '../carried-error';
import type { InferencePrediction, InferenceRequest, StoredNetworkFiles } from '../../core/inference';
import { applyInputs, outputToPrediction, parsePreparation, type FittedPreparation } from '../../datasets';
import { candidateEngines } from '../../runtime';
import { exportOnnx, exportPipeline } from '../../training';
import type { InferenceAnswer, InferenceCall, InferenceResult, InferenceWork } from './messages';

const MOST_MODELS = 8;

interface LoadedModel {
  readonly network: LayersModel;
  readonly fitted: FittedPreparation;
}

const models = new Map<string, LoadedModel>();

async function loaded(request: StoredNetworkFiles): Promise<LoadedModel> {
  const known = models.get(request.key);
  if (known !== undefined) {
    models.delete(request.key);
    models.set(request.key, known);
    return known;
  }
  const [modelJson, weights, preprocessing] = await Promise.all([
    readFile(request.modelJson, 'utf8'),
    readFile(request.weights),
    readFile(request.preprocessing, 'utf8'),
  ]);
  const model = { network: await loadNetwork(modelJson, weights), fitted: parsePreparation(preprocessing) };
  models.set(request.key, model);
  for (const [key, { network }] of models) {
    if (models.size <= MOST_MODELS) break;
    network.dispose();
    models.delete(key);
  }
  return model;
}

async function predict(request: InferenceRequest): Promise<readonly InferencePrediction[]> {
  const { network, fitted } = await loaded(request);
  // What the rows hold is checked cell by cell there.
  const rows = request.rows as readonly RowObject[];
  const inputs = await applyInputs(fitted, rows);
  if (rows.length === 0) return [];
  const output = predictRows(network, inputs, rows.length);
  const units = output.length / rows.length;
  return rows.map((_, i) => outputToPrediction(fitted, output.subarray(i * units, (i + 1) * units)));
}

async function resultOf(work: InferenceWork): Promise<InferenceResult> {
  if (work.kind === 'predict') return predict(work.request);
  const { network, fitted } = await loaded(work.files);
  return work.kind === 'onnx' ? exportOnnx(network) : exportPipeline(network, fitted);
}

async function answer({ id, work }: InferenceCall): Promise<InferenceAnswer> {
  try {
    return { id, ok: true, result: await resultOf(work) };
  } catch (error) {
    return { id, ok: false, error: carry(error, 'inference_failed') };
  }
}

async function main(): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => undefined);
  const [choice] = (await candidateEngines('auto')).filter(({ engine }) => engine.name !== 'tensorflow');
  await choice?.engine.activate();
  let last: Promise<void> = Promise.resolve();
  process.on('message', (call: InferenceCall) => {
    last = last.then(async () => {
      const result = await answer(call);
      if (process.connected) process.send?.(result);
    });
  });
}

void main();
