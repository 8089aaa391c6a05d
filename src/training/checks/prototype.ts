import type { JsonObject, JsonValue } from '../../core/json';
import type { ModelConfig, TrainingConfig } from '../../core/specification';
import type { PreparedTable } from '../../datasets';

const RANDOM_LAYERS = [
  'dropout',
  'spatialDropout1d',
  'spatialDropout2d',
  'alphaDropout',
  'gaussianDropout',
  'gaussianNoise',
];

/** A training that means the same on every table: Adam, nothing that regularises. */
export function plainTraining(
  training: TrainingConfig,
  more: Pick<TrainingConfig, 'learningRate' | 'batchSize' | 'epochs'>,
): TrainingConfig {
  return {
    ...training,
    optimizer: { name: 'adam', arguments: {} },
    schedule: { name: 'constant' },
    earlyStopping: null,
    classWeights: 'none',
    labelSmoothing: 0,
    gradientClip: null,
    augmentation: null,
    ...more,
  };
}

/** A network without what keeps it from learning rows by heart; a topology is taken as it is. */
export function withoutRegularisation(model: ModelConfig): ModelConfig {
  if (!('layers' in model)) return model;
  const layers = model.layers.filter((layer) => !RANDOM_LAYERS.includes(Object.keys(layer)[0] ?? ''));
  return { layers: layers.map((layer) => withoutPenalties(layer) as JsonObject) };
}

function withoutPenalties(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(withoutPenalties);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject).flatMap(([name, child]): [string, JsonValue][] => {
    if (name.endsWith('Regularizer')) return [];
    return [[name, name === 'dropout' || name === 'recurrentDropout' ? 0 : withoutPenalties(child)]];
  });
  return Object.fromEntries(entries);
}

/** Hidden layers of these widths on the prepared input; none is a linear model. */
export function denseModel({ shape }: PreparedTable, widths: readonly number[]): ModelConfig {
  const flat: readonly JsonObject[] = (shape?.length ?? 1) > 1 ? [{ flatten: {} }] : [];
  const hidden = widths.map((units) => ({
    dense: { units, activation: 'relu', kernelInitializer: 'heNormal' },
  }));
  return { layers: [...flat, ...hidden] };
}
