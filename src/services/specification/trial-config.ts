import { InternalError } from '../../core/errors';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../core/json';
import type { Task } from '../../core/metrics';
import type {
  ModelConfig,
  OptimizerConfig,
  OptimizerName,
  PreparationConfig,
  TrainingConfig,
  TrialConfig,
} from '../../core/specification';
import { preparationOf, trainingOf } from './defaults';
import { sectionRules } from './field-rules';
import { Findings } from './findings';
import { plainReader } from './holes';
import { checkFields } from './rules';
import { scheduleOf } from './schedules';

/**
 * The filled document of a trial in the one form that training takes: short forms written out, lists of layers
 * flattened. Checked once more as a whole, because a reference can bring a value where it does not belong.
 * @throws InvalidError `invalid_specification`
 */
export function toTrialConfig(filled: JsonValue, task: Task): TrialConfig {
  if (!isJsonObject(filled)) throw new InternalError('no_document', 'a study document is always an object');
  const findings = new Findings();
  checkFields(filled, sectionRules(task), '', { findings, reader: plainReader });
  findings.refuse();
  if (!isJsonObject(filled['model'])) {
    throw new InternalError(
      'no_document',
      'a study document has the sections preparation, model and training',
    );
  }
  return {
    preparation: preparationConfig(preparationOf(filled['preparation'], task)),
    model: modelConfig(filled['model']),
    training: trainingConfig(trainingOf(filled['training'], task)),
  };
}

// What has been checked against the rules of the sections has the types that they name.

function preparationConfig(section: JsonObject): PreparationConfig {
  const config = section as unknown as PreparationConfig;
  const { method, indicator } = config.missing;
  return {
    scale: config.scale,
    longTails: config.longTails,
    categorical: config.categorical,
    rareLevels: config.rareLevels,
    missing: { method, indicator },
    dates: config.dates,
    enrich: config.enrich,
    enrichLimit: config.enrichLimit,
    dropRedundant: config.dropRedundant,
    pca: config.pca,
    targetTransform: config.targetTransform,
    ...(config.image ? { image: config.image } : {}),
  };
}

function trainingConfig(section: JsonObject): TrainingConfig {
  const { learningRate, batchSize, epochs, earlyStopping, loss, augmentation } =
    section as unknown as TrainingConfig;
  const { classWeights, labelSmoothing, gradientClip } = section as unknown as TrainingConfig;
  return {
    optimizer: optimizerOf(section['optimizer'] ?? null),
    learningRate,
    schedule: scheduleOf(section['schedule'] ?? null),
    batchSize,
    epochs,
    earlyStopping,
    loss,
    classWeights,
    labelSmoothing,
    gradientClip,
    augmentation: augmentation ?? null,
  };
}

function optimizerOf(value: JsonValue): OptimizerConfig {
  if (!isJsonObject(value)) return { name: value as OptimizerName, arguments: {} };
  const [name = ''] = Object.keys(value);
  return { name: name as OptimizerName, arguments: value[name] as OptimizerConfig['arguments'] };
}

function modelConfig(value: JsonObject): ModelConfig {
  const { topology, layers } = value;
  return isJsonObject(topology) ? { topology } : { layers: flat(layers as JsonArray) };
}

/** A `$repeat` of a list gives lists in the list of layers: a block of several layers, put in its place. */
function flat(layers: JsonArray): readonly JsonObject[] {
  return layers.flatMap((layer) => (Array.isArray(layer) ? flat(layer as JsonArray) : [layer as JsonObject]));
}
