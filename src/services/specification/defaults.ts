import { createHash } from 'node:crypto';
import type { StoredDataset } from '../../core/dataset';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json';
import type { Task } from '../../core/metrics';

export function preparationDefaults(task: Task): JsonObject {
  return {
    scale: 'standard',
    longTails: 'none',
    categorical: 'one-hot',
    rareLevels: 0.01,
    missing: { method: 'median', indicator: true },
    dates: 'none',
    enrich: 'none',
    dropRedundant: false,
    pca: null,
    targetTransform: task === 'regression' ? 'standard' : 'none',
  };
}

export function trainingDefaults(task: Task): JsonObject {
  return {
    optimizer: 'adam',
    learningRate: 0.001,
    schedule: 'constant',
    batchSize: 32,
    epochs: 50,
    earlyStopping: { patience: 8, minDelta: 0 },
    loss: task === 'regression' ? 'mse' : 'crossentropy',
    classWeights: 'none',
    labelSmoothing: 0,
    gradientClip: null,
    augmentation: null,
  };
}

/** What `auto` means, where it is not the default's own value. */
const AUTO: Readonly<Record<string, JsonValue>> = {
  longTails: 'none',
  missing: { method: 'median', indicator: true },
};

/** A section with its defaults filled in and `auto` resolved. */
export function withDefaults(given: JsonValue | undefined, defaults: JsonObject): JsonObject {
  const section = isJsonObject(given) ? given : {};
  const resolved = Object.fromEntries(
    Object.entries(section).map(([key, value]) => [
      key,
      value === 'auto' ? (AUTO[key] ?? defaults[key] ?? value) : value,
    ]),
  );
  const full = { ...defaults, ...resolved };
  const stopping = full['earlyStopping'];
  if (isJsonObject(stopping) && !Object.keys(stopping).some((key) => key.startsWith('$'))) {
    return { ...full, earlyStopping: { ...(defaults['earlyStopping'] as JsonObject), ...stopping } };
  }
  return full;
}

/** A constant of the data and the split's settings, so that all studies of a table hold out the same rows. */
export function splitSeed(dataset: StoredDataset, target: string, split: object): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([dataset.sha256, target, split]))
    .digest();
  return digest.readUInt32BE(0) >>> 1;
}
