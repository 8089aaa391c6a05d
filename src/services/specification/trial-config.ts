import { InternalError, InvalidError } from '../../core/errors';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../core/json';
import type { Task } from '../../core/metrics';
import type {
  MissingConfig,
  ModelConfig,
  OptimizerConfig,
  OptimizerName,
  TrialConfig,
} from '../../core/specification';
import { studyRules } from './field-rules';
import { checkFields, Findings } from './rules';

/**
 * The filled document of a trial in the one form that training takes: short forms written out, lists of layers
 * flattened. Checked once more as a whole, because a reference can bring a value where it does not belong.
 * @throws InvalidError `invalid_specification`
 */
export function toTrialConfig(filled: JsonObject, task: Task): TrialConfig {
  const findings = new Findings();
  checkFields(filled, studyRules(task), '', findings);
  const [first] = findings.errors;
  if (first !== undefined) {
    throw new InvalidError('invalid_specification', `${first.path}: ${first.message}`, {
      errors: findings.errors,
    });
  }
  const { preparation, training } = filled;
  if (!isJsonObject(preparation) || !isJsonObject(training)) {
    throw new InternalError(
      'no_document',
      'a study document has the sections preparation, model and training',
    );
  }
  return {
    preparation: {
      ...(preparation as unknown as TrialConfig['preparation']),
      missing: missingOf(preparation['missing'] ?? 'auto'),
    },
    model: modelOf(filled['model'] ?? null),
    training: {
      ...(training as unknown as TrialConfig['training']),
      optimizer: optimizerOf(training['optimizer'] ?? 'adam'),
      loss: lossOf(training['loss'], task),
      earlyStopping: stoppingOf(training['earlyStopping'] ?? null),
    },
  };
}

function missingOf(value: JsonValue): MissingConfig {
  if (isJsonObject(value)) {
    const { method = 'median', indicator = true } = value as {
      method?: MissingConfig['method'];
      indicator?: boolean;
    };
    return { method, indicator };
  }
  return { method: value === 'auto' ? 'median' : (value as MissingConfig['method']), indicator: true };
}

function modelOf(value: JsonValue): ModelConfig {
  if (isJsonObject(value) && isJsonObject(value['topology'])) return { topology: value['topology'] };
  const layers = isJsonObject(value) ? (value['layers'] ?? []) : [];
  return { layers: flat(layers as JsonArray) };
}

/** A `$repeat` of a list gives lists in the list of layers: a block of several layers, put in its place. */
function flat(layers: JsonArray): readonly JsonObject[] {
  return layers.flatMap((layer) => (Array.isArray(layer) ? flat(layer as JsonArray) : [layer as JsonObject]));
}

function optimizerOf(value: JsonValue): OptimizerConfig {
  if (!isJsonObject(value)) return { name: value as OptimizerName, arguments: {} };
  const [name = 'adam'] = Object.keys(value);
  return { name: name as OptimizerName, arguments: (value[name] ?? {}) as OptimizerConfig['arguments'] };
}

function lossOf(value: JsonValue | undefined, task: Task): TrialConfig['training']['loss'] {
  if (value === undefined || value === 'auto') return task === 'regression' ? 'mse' : 'crossentropy';
  return value as TrialConfig['training']['loss'];
}

function stoppingOf(value: JsonValue): TrialConfig['training']['earlyStopping'] {
  if (!isJsonObject(value)) return null;
  const { patience = 8, minDelta = 0 } = value as { patience?: number; minDelta?: number };
  return { patience, minDelta };
}
