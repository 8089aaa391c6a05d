import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json';
import type { ImageShape } from '../../core/dataset';
import type { Task } from '../../core/metrics';

const MISSING: JsonObject = { method: 'median', indicator: true };
/** Encodings that embed no column. */
const WITHOUT_EMBEDDING = ['one-hot', 'ordinal', 'target'];
const RARE_LEVELS = 0.01;
const EARLY_STOPPING: JsonObject = { patience: 8, minDelta: 0 };

/** The longest side of an input, in pixels, where nothing else is asked for. */
const MOST_SIDE = 64;

/** The size and channels of the data's images, made smaller where they are large; null where there are none. */
export function imageOf(given: JsonValue | undefined, stored: ImageShape | null): JsonValue {
  if (stored === null) return given ?? null;
  const scale = Math.min(1, MOST_SIDE / Math.max(stored.height, stored.width));
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  const size = { size: [side(stored.height), side(stored.width)], channels: stored.channels };
  return given === undefined || given === null ? size : withDefaults(given, size);
}

/**
 * The section of a study with its defaults, `auto` and short forms written out wherever no hole stands.
 * @param encoding of categories, where nothing is said
 */
export function preparationOf(
  given: JsonValue | undefined,
  task: Task,
  encoding: 'one-hot' | 'auto' = 'one-hot',
): JsonObject {
  const section = isJsonObject(given) && !isHole(given) ? given : {};
  const { image = null, ...others } = section;
  const kept = { ...others, ...(image === null ? {} : { image }) };
  const categorical = section['categorical'] ?? encoding;
  return {
    scale: 'standard',
    longTails: 'auto',
    categorical,
    // Embedded columns live on levels that a column of their own would be too much for.
    rareLevels: WITHOUT_EMBEDDING.includes(categorical as string) ? RARE_LEVELS : 'auto',
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
