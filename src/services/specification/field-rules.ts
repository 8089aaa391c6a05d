import { isJsonObject, type JsonValue } from '../../core/json';
import { metricsOf, type Task } from '../../core/metrics';
import { TRIAL_METRICS } from '../../core/objectives';
import { finalRules } from './final';
import { quote } from './findings';
import { model } from './model-rules';
import { optimizer } from './optimizers';
import { fields, flag, holed, nullable, number, plain, unless, word, type Check, type Rule } from './rules';
import { schedule } from './schedules';

const MOST_NAME = 200;
const MOST_TAGS = 20;
const MOST_TAG = 60;
const MOST_TRIALS = 100_000;
const MOST_SLOTS = 256;
const MOST_OBJECTIVES = 4;
const MOST_CONSTRAINTS = 16;
const MOST_WARM = 20;

const REGRESSION_LOSSES = ['mse', 'mae', 'huber', 'logcosh'];
const IMPUTATIONS = ['median', 'mean', 'most-frequent'];

const CLASS_WEIGHT = number({ min: 0 });

/** Checked where its meaning is settled, because that takes the data. */
const elsewhere: Rule = () => undefined;

export function text(most: number): Rule {
  return (value, path, { findings }) => {
    if (typeof value !== 'string' || value.length === 0 || value.length > most) {
      findings.wrong(path, `${quote(value)} must be a text of 1 to ${String(most)} characters`);
    }
  };
}

const spaceOfInternal: Rule = (value, path, { findings }) => {
  if (value === null) return;
  findings.wrong(
    path,
    'belongs to "execution": "external"; here holes stand under preparation, model and training',
  );
};

export const tags: Rule = (value, path, check) => {
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

const side = number({ min: 1, max: 256, integer: true });

const imageSize: Rule = holed((value, path, check) => {
  if (!Array.isArray(value) || value.length !== 2) {
    check.findings.wrong(path, `${quote(value)} must be [height, width] in pixels`);
    return;
  }
  (value as readonly JsonValue[]).forEach((length, i) => {
    side(length, `${path}[${String(i)}]`, check);
  });
});

const channels: Rule = holed((value, path, { findings }) => {
  if (value !== 1 && value !== 3) findings.wrong(path, `${quote(value)} must be 1 (grey) or 3 (colour)`);
});

const image = fields({ size: imageSize, channels });

const missing: Rule = holed((value, path, check) => {
  if (isJsonObject(value)) fields({ method: word(IMPUTATIONS), indicator: flag })(value, path, check);
  else word(['auto', ...IMPUTATIONS])(value, path, check);
});

function preparation(task: Task | null): Rule {
  const regression = task !== 'binary' && task !== 'multiclass';
  return fields({
    scale: word(['standard', 'minmax', 'robust', 'quantile', 'none']),
    longTails: word(['auto', 'none', 'log', 'yeo-johnson']),
    categorical: word(['auto', 'one-hot', 'ordinal', 'embedding', 'target']),
    rareLevels: unless('auto', number({ min: 0, max: 0.2 })),
    missing,
    dates: word(['parts', 'cycles', 'none']),
    enrich: word(['none', 'products', 'powers', 'both']),
    enrichLimit: number({ min: 1, max: 4096, integer: true }),
    dropRedundant: unless(false, number({ above: 0, max: 1 })),
    pca: nullable(components),
    targetTransform: regression ? word(['none', 'standard', 'log', 'yeo-johnson']) : classTransform,
    image: nullable(image),
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

const share = number({ min: 0, max: 1 });

const augmentation = fields({
  noise: number({ min: 0, max: 10 }),
  mixup: number({ min: 0, max: 10 }),
  flip: share,
  shift: share,
  rotate: number({ min: 0, max: 180 }),
  zoom: number({ min: 0, max: 0.9 }),
  brightness: share,
  contrast: share,
  cutout: share,
});

/** A word, or the weight of each label; which labels there are is settled with the data. */
const classWeights: Rule = holed((value, path, check) => {
  if (!isJsonObject(value)) word(['none', 'balanced'])(value, path, check);
  else for (const [label, weight] of Object.entries(value)) CLASS_WEIGHT(weight, `${path}.${label}`, check);
});

function forClasses(neutral: JsonValue): Rule {
  return holed((value, path, { findings }) => {
    if (value === neutral) return;
    findings.wrong(path, `${quote(value)} is for classification; regression takes ${quote(neutral)}`);
  });
}

function training(task: Task | null): Rule {
  const losses = [
    ...(task === 'regression' ? [] : ['crossentropy', 'focal']),
    ...(task === 'binary' || task === 'multiclass' ? [] : REGRESSION_LOSSES),
  ];
  const stopping = fields({
    patience: number({ min: 1, max: 10_000, integer: true }),
    minDelta: number({ min: 0 }),
  });
  return fields({
    optimizer,
    learningRate: number({ above: 0 }),
    schedule,
    batchSize: number({ min: 1, max: 65_536, integer: true }),
    epochs: number({ min: 1, max: 10_000, integer: true }),
    earlyStopping: nullable(stopping),
    loss: word(['auto', ...losses]),
    classWeights: task === 'regression' ? forClasses('none') : classWeights,
    labelSmoothing: task === 'regression' ? forClasses(0) : number({ min: 0, max: 0.5 }),
    gradientClip: nullable(number({ above: 0 })),
    augmentation: nullable(augmentation),
  });
}

/** What objectives and constraints may look at. */
function metricNames(task: Task | null): readonly string[] {
  const metrics = task === null ? [...metricsOf('binary'), ...metricsOf('regression')] : metricsOf(task);
  return [...metrics.map((metric) => `validation.${metric}`), ...TRIAL_METRICS];
}

/** The list itself, empty where its length breaks the rule. */
export function objectiveCount(value: JsonValue, path: string, check: Check): readonly JsonValue[] {
  const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  if (list.length === 0 || list.length > MOST_OBJECTIVES) {
    const example = '[{"metric": "validation.loss", "direction": "minimize"}]';
    const rule = `must be a list of 1 to ${String(MOST_OBJECTIVES)} such as ${example}`;
    check.findings.wrong(path, `${quote(value)} ${rule}`);
    return [];
  }
  const metrics = list.flatMap((item) => (isJsonObject(item) ? [item['metric']] : []));
  if (new Set(metrics).size < metrics.length) check.findings.wrong(path, 'two of them have the same metric');
  return list;
}

function objectives(task: Task | null): Rule {
  const objective = fields({ metric: word(metricNames(task)), direction: word(['minimize', 'maximize']) }, [
    'metric',
    'direction',
  ]);
  return (value, path, check) => {
    const list = objectiveCount(value, path, check);
    if (list.length === 0) return;
    list.forEach((item, i) => {
      objective(item, `${path}[${String(i)}]`, check);
    });
    const metrics = list.flatMap((item) => (isJsonObject(item) ? [item['metric']] : []));
    if (!metrics.some((metric) => typeof metric === 'string' && metric.startsWith('validation.'))) {
      check.findings.wrong(
        path,
        'at least one must be a validation metric: it decides which epoch speaks for a trial',
      );
    }
  };
}

function constraints(task: Task | null): Rule {
  const bound = nullable(number({}));
  const constraint = fields({ metric: word(metricNames(task)), min: bound, max: bound }, ['metric']);
  return (value, path, check) => {
    if (!Array.isArray(value) || value.length > MOST_CONSTRAINTS) {
      const example = '[{"metric": "model.parameters", "max": 100000}]';
      check.findings.wrong(
        path,
        `${quote(value)} must be a list of at most ${String(MOST_CONSTRAINTS)} such as ${example}`,
      );
      return;
    }
    (value as readonly JsonValue[]).forEach((item, i) => {
      const place = `${path}[${String(i)}]`;
      constraint(item, place, check);
      if (!isJsonObject(item)) return;
      const { min = null, max = null } = item;
      if (min === null && max === null) check.findings.wrong(place, 'give min, max or both');
      if (typeof min === 'number' && typeof max === 'number' && min > max) {
        check.findings.wrong(place, `min ${String(min)} must not exceed max ${String(max)}`);
      }
    });
  };
}

const strategy: Rule = (value, path, { findings }) => {
  if (typeof value !== 'string' && !isJsonObject(value)) {
    findings.wrong(path, `${quote(value)} must be a name, or an object of one name with its options`);
  }
};

const integer = number({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, integer: true });

const count = number({ min: 1, integer: true });

const studies: Rule = (value, path, { findings }) => {
  const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  const fits = list.length > 0 && list.length <= MOST_WARM && list.every((id) => typeof id === 'string');
  if (!fits)
    findings.wrong(path, `${quote(value)} must be a list of 1 to ${String(MOST_WARM)} ids of studies`);
};

export function search(slots: number): Rule {
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
    priority: number({ min: 0.1, max: 10 }),
    warmStart: nullable(fields({ studies }, ['studies'])),
    stop: nullable(fields({ value: nullable(number({})), plateauTrials: nullable(count) })),
    expireSeconds: nullable(number({ above: 0 })),
    maxSteps: nullable(count),
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
  method: word(['holdout', 'kfold']),
  train: fraction,
  validation: fraction,
  test: fraction,
  folds: nullable(number({ min: 2, max: 20, integer: true })),
  stratify,
  group: nullable(columnName),
  time: nullable(columnName),
  seed: integer,
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
    weight: nullable(columnName),
    task: elsewhere,
    features: fields({ include: names, exclude: names }),
    split,
    search: search(slots),
    objectives: objectives(task),
    constraints: constraints(task),
    checks: word(['standard', 'strict', 'off']),
    final: finalRules,
    device: text(MOST_NAME),
    engine: word(['auto', 'compiled', 'tensorflow', 'wasm', 'cpu']),
    execution: word(['internal', 'external']),
    space: spaceOfInternal,
  };
  const plainOnes = Object.entries(others).map(([name, rule]) => [name, plain(rule)] as const);
  return { ...Object.fromEntries(plainOnes), ...sectionRules(task) };
}
