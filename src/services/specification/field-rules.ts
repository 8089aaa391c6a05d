import { isJsonObject, type JsonValue } from '../../core/json';
import { metricsOf, type Task } from '../../core/metrics';
import { model } from './model-rules';
import { optimizer } from './optimizers';
import { fields, holed, nullable, number, only, word, type Rule } from './rules';

const MOST_NAME = 200;
const MOST_TAGS = 20;
const MOST_TAG = 60;

const any: Rule = () => undefined;

function text(most: number): Rule {
  return (value, path, findings) => {
    if (typeof value !== 'string' || value.length === 0 || value.length > most) {
      findings.wrong(path, `must be a text of 1 to ${String(most)} characters`);
    }
  };
}

const tags: Rule = (value, path, findings) => {
  if (!Array.isArray(value) || value.length > MOST_TAGS) {
    findings.wrong(path, `must be a list of at most ${String(MOST_TAGS)} texts`);
    return;
  }
  (value as readonly JsonValue[]).forEach((tag, i) => {
    text(MOST_TAG)(tag, `${path}[${String(i)}]`, findings);
  });
};

const names: Rule = (value, path, findings) => {
  const fits =
    Array.isArray(value) && (value as readonly JsonValue[]).every((name) => typeof name === 'string');
  if (!fits) findings.wrong(path, 'must be a list of column names');
};

const missing: Rule = holed((value, path, findings) => {
  const methods = ['auto', 'median', 'mean', 'most-frequent'];
  if (!isJsonObject(value)) {
    word(methods)(value, path, findings);
    return;
  }
  const flagRule: Rule = holed((given, at, found) => {
    if (typeof given !== 'boolean') found.wrong(at, `${JSON.stringify(given)} must be true or false`);
  });
  fields({ method: word(methods.slice(1)), indicator: flagRule })(value, path, findings);
});

const strategy: Rule = (value, path, findings) => {
  if (typeof value !== 'string' && !isJsonObject(value)) {
    findings.wrong(path, 'must be a name, or an object of one name with its options');
  }
};

const plainFlag = (value: JsonValue): boolean => typeof value === 'boolean';

const preparation = fields({
  scale: word(['standard', 'none'], ['minmax', 'robust', 'quantile']),
  longTails: word(['auto', 'none'], ['log', 'yeo-johnson']),
  categorical: word(['one-hot'], ['ordinal', 'embedding', 'target']),
  rareLevels: number({ min: 0, max: 0.2 }),
  missing,
  dates: word(['none'], ['parts', 'cycles']),
  enrich: word(['none'], ['products', 'powers', 'both']),
  dropRedundant: only(false, 'dropping redundant columns'),
  pca: only(null, 'PCA'),
  targetTransform: word(['none', 'standard'], ['log', 'yeo-johnson']),
});

function training(task: Task): Rule {
  const losses = task === 'regression' ? ['mse', 'mae', 'huber', 'logcosh'] : ['crossentropy'];
  return fields({
    optimizer,
    learningRate: number({ above: 0 }),
    schedule: word(['constant'], ['step', 'exponential', 'cosine', 'warmRestarts', 'reduceOnPlateau']),
    batchSize: number({ min: 1, max: 65_536, integer: true }),
    epochs: number({ min: 1, max: 10_000, integer: true }),
    earlyStopping: nullable(
      fields({ patience: number({ min: 1, max: 10_000, integer: true }), minDelta: number({ min: 0 }) }),
    ),
    loss: word(['auto', ...losses], task === 'regression' ? [] : ['focal']),
    classWeights: only('none', 'weighting classes'),
    labelSmoothing: only(0, 'label smoothing'),
    gradientClip: only(null, 'clipping gradients'),
    augmentation: only(null, 'augmentation'),
  });
}

function objectives(task: Task): Rule {
  const metrics = metricsOf(task).map((metric) => `validation.${metric}`);
  return (value, path, findings) => {
    const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
    if (list.length === 0) findings.wrong(path, 'must be a list of {"metric", "direction"}');
    if (list.length > 1) findings.unsupported(path, 'more than one objective is not built yet');
    list.forEach((objective, i) => {
      const at = `${path}[${String(i)}]`;
      fields({
        metric: word(metrics, ['model.parameters', 'trial.durationMs']),
        direction: word(['minimize', 'maximize']),
      })(objective, at, findings);
      if (!isJsonObject(objective)) return;
      for (const key of ['metric', 'direction']) {
        if (!Object.hasOwn(objective, key)) findings.wrong(`${at}.${key}`, 'is required');
      }
    });
  };
}

/** Every field of a study that this version takes, with its rule. */
export function studyRules(task: Task): Readonly<Record<string, Rule>> {
  const integer = number({ min: 0, max: 2 ** 53 - 1, integer: true });
  const parallelism: Rule = (value, path, findings) => {
    if (value !== 'auto') number({ min: 1, max: 256, integer: true })(value, path, findings);
  };
  const stratify: Rule = (value, path, findings) => {
    if (value !== null && !plainFlag(value)) findings.wrong(path, 'must be true, false or null');
  };
  const fraction = number({ min: 0, max: 1 });
  return {
    name: text(MOST_NAME),
    tags,
    dataset: any,
    target: any,
    weight: only(null, 'weighting rows by a column'),
    task: any,
    features: fields({ include: names, exclude: names }),
    split: fields({
      method: word(['holdout'], ['kfold']),
      train: fraction,
      validation: fraction,
      test: fraction,
      folds: only(null, 'k-fold'),
      stratify,
      group: only(null, 'splitting by group'),
      time: only(null, 'splitting by time'),
      seed: integer,
    }),
    preparation,
    model,
    training: training(task),
    search: fields({
      sampler: strategy,
      pruner: strategy,
      trials: number({ min: 1, max: 100_000, integer: true }),
      timeoutSeconds: nullable(number({ above: 0 })),
      parallelism,
      seed: integer,
      priority: only(1, 'priority'),
      warmStart: only(null, 'warm start'),
      stop: only(null, 'stopping at a value or plateau'),
      expireSeconds: only(null, 'ask and tell'),
      maxSteps: only(null, 'ask and tell'),
    }),
    objectives: objectives(task),
    constraints: only([], 'constraints'),
    checks: word(['off'], ['standard', 'strict']),
    final: fields({
      refit: word(['none'], ['train+validation']),
      trainLonger: only(1, 'training longer'),
      ensemble: only(1, 'ensembles'),
      boosting: only(0, 'boosting'),
    }),
    device: text(MOST_NAME),
    engine: word(['auto', 'tensorflow', 'wasm', 'cpu'], ['compiled']),
    execution: word(['internal'], ['external']),
    space: only(null, 'ask and tell'),
  };
}
