import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json';
import type { Task } from '../../core/metrics';

const MISSING: JsonObject = { method: 'median', indicator: true };
const EARLY_STOPPING: JsonObject = { patience: 8, minDelta: 0 };
/** Fields of the contract that have no part in this version's documents; only their neutral value is accepted. */
const NOT_KEPT = ['image'];

/** The section of a study with its defaults, `auto` and short forms written out wherever no hole stands. */
export function preparationOf(given: JsonValue | undefined, task: Task): JsonObject {
  const section = isJsonObject(given) && !isHole(given) ? given : {};
  const kept = Object.fromEntries(Object.entries(section).filter(([key]) => !NOT_KEPT.includes(key)));
  return {
    scale: 'standard',
    longTails: 'auto',
    categorical: 'one-hot',
    rareLevels: 0.01,
    dates: 'cycles',
    enrich: 'none',
    enrichLimit: 64,
    dropRedundant: false,
    pca: null,
    targetTransform: task === 'regression' ? 'standard' : 'none',
    ...kept,
    missing: missingOf(section['missing']),
  };
}

export function trainingOf(given: JsonValue | undefined, task: Task): JsonObject {
  const section = isJsonObject(given) && !isHole(given) ? given : {};
  const { earlyStopping } = section;
  return {
    optimizer: 'adam',
    learningRate: 0.001,
    schedule: 'constant',
    batchSize: 32,
    epochs: 50,
    classWeights: 'none',
    labelSmoothing: 0,
    gradientClip: null,
    augmentation: null,
    ...section,
    earlyStopping: earlyStopping === undefined ? EARLY_STOPPING : withDefaults(earlyStopping, EARLY_STOPPING),
    loss: resolved(section['loss'], defaultLoss(task)),
  };
}

export function defaultLoss(task: Task): 'mse' | 'crossentropy' {
  return task === 'regression' ? 'mse' : 'crossentropy';
}

/** `auto` and the bare names of imputation as what they stand for. */
export function missingOf(value: JsonValue | undefined): JsonValue {
  if (value === undefined || value === 'auto') return MISSING;
  if (typeof value === 'string' && !value.trimStart().startsWith('{{')) return { ...MISSING, method: value };
  return withDefaults(value, MISSING);
}

/** Fills what an object leaves out; a hole, or anything that is no object, stays as it is. */
export function withDefaults(value: JsonValue, defaults: JsonObject): JsonValue {
  return isJsonObject(value) && !isHole(value) ? { ...defaults, ...value } : value;
}

export function isHole(value: JsonValue | undefined): boolean {
  return isJsonObject(value) && Object.keys(value).some((key) => key.startsWith('$'));
}

function resolved(value: JsonValue | undefined, auto: JsonValue): JsonValue {
  return value === undefined || value === 'auto' ? auto : value;
}
