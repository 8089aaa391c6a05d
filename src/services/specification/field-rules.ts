import { isJsonObject, type JsonValue } from '../../core/json';
import { metricsOf, type Task } from '../../core/metrics';
import { quote } from './findings';
import { model } from './model-rules';
import { optimizer } from './optimizers';
import {
  fields,
  flag,
  holed,
  nullable,
  number,
  only,
  plain,
  unless,
  word,
  wordOrObject,
  type Rule,
} from './rules';

const MOST_NAME = 200;
const MOST_TAGS = 20;
const MOST_TAG = 60;
const MOST_TRIALS = 100_000;
const MOST_SLOTS = 256;

const REGRESSION_LOSSES = ['mse', 'mae', 'huber', 'logcosh'];
const IMPUTATIONS = ['median', 'mean', 'most-frequent'];
const SCHEDULES = ['step', 'exponential', 'cosine', 'warmRestarts', 'reduceOnPlateau'];

/** Checked where its meaning is settled, because that takes the data. */
const elsewhere: Rule = () => undefined;

function text(most: number): Rule {
  return (value, path, { findings }) => {
    if (typeof value !== 'string' || value.length === 0 || value.length > most) {
      findings.wrong(path, `${quote(value)} must be a text of 1 to ${String(most)} characters`);
    }
  };
}

const tags: Rule = (value, path, check) => {
  if (!Array.isArray(value) || value.length > MOST_TAGS) {
    check.findings.wrong(path, `${quote(value)} must be a list of at most ${String(MOST_TAGS)} texts`);
    return;
  }
  (value as readonly JsonValue[]).forEach((tag, i) => {
    text(MOST_TAG)(tag, `${path}[${String(i)}]`, check);
  });
};

const names: Rule = (value, path, { findings }) => {
  const fits =
    Array.isArray(value) && (value as readonly JsonValue[]).every((name) => typeof name === 'string');
  if (!fits) findings.wrong(path, `${quote(value)} must be a list of column names`);
};

const missing: Rule = holed((value, path, check) => {
  if (isJsonObject(value)) fields({ method: word(IMPUTATIONS), indicator: flag })(value, path, check);
  else word(['auto', ...IMPUTATIONS])(value, path, check);
});

function preparation(task: Task | null): Rule {
  const regression = task !== 'binary' && task !== 'multiclass';
  return fields({
    scale: word(['standard', 'minmax', 'robust', 'quantile', 'none']),
    longTails: word(['auto', 'none', 'log', 'yeo-johnson']),
    categorical: word(['one-hot', 'ordinal', 'target'], ['embedding']),
    rareLevels: number({ min: 0, max: 0.2 }),
    missing,
    dates: word(['parts', 'cycles', 'none']),
    enrich: word(['none', 'products', 'powers', 'both']),
    enrichLimit: number({ min: 1, max: 4096, integer: true }),
    dropRedundant: unless(false, number({ above: 0, max: 1 })),
    pca: nullable(components),
    targetTransform: regression ? word(['none', 'standard', 'log', 'yeo-johnson']) : classTransform,
    image: only([null], 'preparing images'),
  });
}

/** A count from 1, or a share of variance below 1. */
const components: Rule = holed(
  (value, path, { findings }) => {
    const isShare = typeof value === 'number' && value > 0 && value < 1;
    if (!isShare && !(Number.isInteger(value) && Number(value) >= 1)) {
      findings.wrong(
        path,
        `${quote(value)} must be a whole number from 1, a share of variance below 1, or null`,
      );
    }
  },
  {
    range: (low, high, integer) =>
      low > 0 && (high < 1 || (integer && low >= 1))
        ? null
        : 'must stay above 0 and below 1, or run over whole numbers from 1',
  },
);

const classTransform: Rule = holed((value, path, { findings }) => {
  if (value !== 'none') findings.wrong(path, `${quote(value)} is for regression; classes take "none"`);
});

function training(task: Task | null): Rule {
  const losses = [
    ...(task === 'regression' ? [] : ['crossentropy']),
    ...(task === 'binary' || task === 'multiclass' ? [] : REGRESSION_LOSSES),
  ];
  const stopping = fields({
    patience: number({ min: 1, max: 10_000, integer: true }),
    minDelta: number({ min: 0 }),
  });
  return fields({
    optimizer,
    learningRate: number({ above: 0 }),
    schedule: wordOrObject(['constant'], SCHEDULES),
    batchSize: number({ min: 1, max: 65_536, integer: true }),
    epochs: number({ min: 1, max: 10_000, integer: true }),
    earlyStopping: nullable(stopping),
    loss: word(['auto', ...losses], task === 'regression' ? [] : ['focal']),
    classWeights: only(['none'], 'weighting classes'),
    labelSmoothing: only([0], 'label smoothing'),
    gradientClip: only([null], 'clipping gradients'),
    augmentation: only([null], 'augmentation'),
  });
}

function objectives(task: Task | null): Rule {
  const metrics = (
    task === null ? [...metricsOf('binary'), ...metricsOf('regression')] : metricsOf(task)
  ).map((metric) => `validation.${metric}`);
  const objective = fields(
    {
      metric: word(metrics, ['model.parameters', 'trial.durationMs']),
      direction: word(['minimize', 'maximize']),
    },
    ['metric', 'direction'],
  );
  return (value, path, check) => {
    const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
    if (list.length === 0) {
      check.findings.wrong(
        path,
        `${quote(value)} must be a list such as [{"metric": "validation.loss", "direction": "minimize"}]`,
      );
    }
    if (list.length > 1) check.findings.unsupported(path, 'more than one objective is not built yet');
    list.forEach((item, i) => {
      objective(item, `${path}[${String(i)}]`, check);
    });
  };
}

const strategy: Rule = (value, path, { findings }) => {
  if (typeof value !== 'string' && !isJsonObject(value)) {
    findings.wrong(path, `${quote(value)} must be a name, or an object of one name with its options`);
  }
};

const integer = number({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, integer: true });

function search(slots: number): Rule {
  const parallelism: Rule = (value, path, check) => {
    if (value !== 'auto') number({ min: 1, max: slots, integer: true })(value, path, check);
  };
  return fields({
    sampler: strategy,
    pruner: strategy,
    trials: number({ min: 1, max: MOST_TRIALS, integer: true }),
    timeoutSeconds: nullable(number({ above: 0 })),
    parallelism,
    seed: integer,
    priority: only([1], 'priority'),
    warmStart: only([null], 'warm start'),
    stop: only([null], 'stopping at a value or plateau'),
    expireSeconds: only([null], 'ask and tell'),
    maxSteps: only([null], 'ask and tell'),
  });
}

const stratify: Rule = (value, path, { findings }) => {
  if (value !== null && typeof value !== 'boolean') {
    findings.wrong(path, `${quote(value)} must be true, false or null`);
  }
};

const columnName: Rule = (value, path, { findings }) => {
  if (typeof value !== 'string')
    findings.wrong(path, `${quote(value)} must be the name of a column, or null`);
};

const fraction = number({ above: 0, below: 1 });

const split = fields({
  method: word(['holdout'], ['kfold']),
  train: fraction,
  validation: fraction,
  test: fraction,
  folds: nullable(number({ min: 2, max: 20, integer: true })),
  stratify,
  group: nullable(columnName),
  time: nullable(columnName),
  seed: integer,
});

const final = fields({
  refit: word(['none'], ['train+validation']),
  trainLonger: only([1], 'training longer'),
  ensemble: only([1], 'ensembles'),
  boosting: only([0], 'boosting'),
});

/** The sections whose values may be holes. @param task null: not known, rules of all tasks */
export function sectionRules(task: Task | null): Readonly<Record<string, Rule>> {
  return { preparation: preparation(task), model, training: training(task) };
}

/** Every field of a study, with its rule. @param slots the most that `search.parallelism` may be */
export function studyRules(task: Task | null, slots = MOST_SLOTS): Readonly<Record<string, Rule>> {
  const others: Readonly<Record<string, Rule>> = {
    name: text(MOST_NAME),
    tags,
    dataset: elsewhere,
    target: elsewhere,
    weight: only([null], 'weighting rows by a column'),
    task: elsewhere,
    features: fields({ include: names, exclude: names }),
    split,
    search: search(slots),
    objectives: objectives(task),
    constraints: only([[]], 'constraints'),
    checks: word(['off'], ['standard', 'strict']),
    final,
    device: text(MOST_NAME),
    engine: word(['auto', 'compiled', 'tensorflow', 'wasm', 'cpu']),
    execution: word(['internal'], ['external']),
    space: only([null], 'ask and tell'),
  };
  const plainOnes = Object.entries(others).map(([name, rule]) => [name, plain(rule)] as const);
  return { ...Object.fromEntries(plainOnes), ...sectionRules(task) };
}
