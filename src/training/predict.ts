import * as tfl from '@tensorflow/tfjs-layers';
import type { PermutationImportance, PredictionJob, PredictionResult, ValidationJob } from '../core/job';
import type { Predictions } from '../core/predictions';
import { streamOf } from '../core/random';
import { loadNetwork } from '../artifacts';
import {
  openRawRows,
  preparedShuffled,
  type PreparedPart,
  type PreparedTable,
  type TableColumn,
  valueOf,
} from '../datasets';
import { asItsInputs } from './as-its-inputs';
import type { Cancelled } from './cancelled';
import { rowsOf } from './fit';
import { withLogits } from './logits';
import { forward } from './measure';
import { onForwardEngine } from './on-forward-engine';

/** Beyond these the importance of features is measured on the first rows, and of the first features. */
const MOST_ROWS = 2000;
const MOST_FEATURES = 100;
const REPEATS = 5;
/** Rows of a part that errors are analysed in. */
const MOST_ANALYSED = 20_000;

/** What a stored network says of the validation and test rows. @throws TuneloomError where it cannot be loaded */
export async function predictParts(
  job: PredictionJob,
  prepared: PreparedTable,
  _cancelled: Cancelled,
  memoryBytes: number,
): Promise<PredictionResult> {
  const raw = await openRawRows(job.data);
  const { validation, test } = raw.parts;
  const isTable = prepared.fitted.inputs[0].image === undefined;
  const shuffled = job.importance && isTable ? await raw.columns(validation.subarray(0, MOST_ROWS)) : null;
  const parts = ['validation', 'test'] as const;
  return asItsInputs(job, prepared, { parts, memoryBytes }, (data) =>
    withNetwork(job.network, (network) => ({
      validation: analysedPredictions(network, data, data.parts.validation, validation),
      test: analysedPredictions(network, data, data.parts.test, test),
      importance: shuffled === null ? null : importanceOf(network, job, data, shuffled),
    })),
  );
}

/** What a stored network says of the validation rows; no test row is looked at. @throws TuneloomError where it cannot be loaded */
export async function predictValidation(
  job: ValidationJob,
  prepared: PreparedTable,
  _cancelled: Cancelled,
  memoryBytes: number,
): Promise<Predictions> {
  const { validation } = (await openRawRows(job.data)).parts;
  return asItsInputs(job, prepared, { parts: ['validation'], memoryBytes }, (data) =>
    withNetwork(job.network, (network) =>
      analysedPredictions(network, data, data.parts.validation, validation),
    ),
  );
}

/** Works with a stored network in the view that gives logits, or the prepared target. */
export async function withNetwork<T>(
  { modelJson, weights }: PredictionJob['network'],
  work: (logits: tfl.LayersModel) => T,
): Promise<Awaited<T>> {
  return onForwardEngine(async (): Promise<Awaited<T>> => {
    const network = await loadNetwork(modelJson, weights);
    try {
      return await work(withoutProbabilities(network));
    } finally {
      network.dispose();
    }
  });
}

/** The layer before the `output` activation that export has added, or what gives the logits of the probabilities. */
function withoutProbabilities(network: tfl.LayersModel): tfl.LayersModel {
  const last = network.layers.at(-1);
  if (last?.name !== 'output') return network;
  if (last.getClassName() === 'Activation') return tfl.model({ inputs: network.inputs, outputs: last.input });
  return withLogits(network);
}

/** Of a part with more rows than errors are analysed in those that are evenly spaced. */
export function analysedPredictions(
  network: tfl.LayersModel,
  data: PreparedTable,
  part: PreparedPart,
  rows: Uint32Array,
): Predictions {
  if (part.rows <= MOST_ANALYSED) return predictionsOf(network, data, part, rows);
  const places = Uint32Array.from({ length: MOST_ANALYSED }, (_, i) =>
    Math.floor((i * part.rows) / MOST_ANALYSED),
  );
  const chosen = places.map((place) => rows[place] ?? 0);
  return predictionsOf(network, data, rowsOf(part, places), chosen);
}

export function predictionsOf(
  network: tfl.LayersModel,
  data: PreparedTable,
  part: PreparedPart,
  rows: Uint32Array,
): Predictions {
  return fromOutputs(forward(network, part, data), data, part, rows);
}

/** @param outputs [rows, units]: logits, or the prepared target */
export function fromOutputs(
  outputs: Float32Array,
  { fitted: { target } }: PreparedTable,
  { y }: PreparedPart,
  rows: Uint32Array,
): Predictions {
  if (target.kind === 'value') {
    const own = (values: Float32Array): Float64Array =>
      Float64Array.from(values, (value) => valueOf(target, value));
    return { kind: 'values', rows, actual: own(y), predicted: own(outputs) };
  }
  const { labels } = target;
  const actual = Int32Array.from(y);
  return { kind: 'classes', labels, rows, actual, probabilities: probabilitiesOf(outputs, labels.length) };
}

/** Softmax of each row; of a binary network, whose one logit is the second class's, the probabilities of both. */
function probabilitiesOf(logits: Float32Array, classes: number): Float64Array {
  const units = logits.length % classes === 0 && classes > 2 ? classes : 1;
  const rows = logits.length / units;
  const out = new Float64Array(rows * classes);
  for (let i = 0; i < rows; i++) {
    const row = units === 1 ? [0, logits[i] ?? 0] : Array.from(logits.subarray(i * units, (i + 1) * units));
    const most = Math.max(...row);
    const powers = row.map((logit) => Math.exp(logit - most));
    const sum = powers.reduce((a, b) => a + b, 0);
    powers.forEach((power, k) => {
      out[i * classes + k] = power / sum;
    });
  }
  return out;
}

/** Permutation importance (Breiman 2001) of raw columns, on the first validation rows. @param columns in those rows */
function importanceOf(
  network: tfl.LayersModel,
  job: PredictionJob,
  data: PreparedTable,
  columns: ReadonlyMap<string, TableColumn>,
): readonly PermutationImportance[] {
  const { validation } = data.parts;
  const rows = new Uint32Array(Math.min(MOST_ROWS, validation.rows));
  const y = validation.y.slice(0, rows.length);
  const errorOf = ([x = new Float32Array(0), ...others]: readonly PreparedPart['x'][]): number => {
    const part = { rows: rows.length, x, others, y };
    return meanError(predictionsOf(network, data, part, rows));
  };
  const whole = meanError(predictionsOf(network, data, { ...validation, rows: rows.length, y }, rows));
  return job.data.features
    .slice(0, MOST_FEATURES)
    .map((feature) => {
      const growths = Array.from({ length: REPEATS }, (_, repeat) => {
        const stream = streamOf(job.seed, 'importance', feature, repeat);
        return errorOf(preparedShuffled(data, columns, { feature, stream })) - whole;
      });
      const importance = growths.reduce((sum, growth) => sum + growth, 0) / REPEATS;
      const squares = growths.reduce((sum, growth) => sum + (growth - importance) ** 2, 0);
      return { feature, importance, deviation: Math.sqrt(squares / (REPEATS - 1)) };
    })
    .sort((a, b) => b.importance - a.importance);
}

/** Log loss, or squared error in the target's own units. */
function meanError(predictions: Predictions): number {
  const rows = predictions.actual.length;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    if (predictions.kind === 'values') {
      sum += ((predictions.predicted[i] ?? 0) - (predictions.actual[i] ?? 0)) ** 2;
    } else {
      const place = i * predictions.labels.length + (predictions.actual[i] ?? 0);
      sum -= Math.log(Math.max(Number.MIN_VALUE, predictions.probabilities[place] ?? 0));
    }
  }
  return sum / rows;
}
