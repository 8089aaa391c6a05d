import type { JsonObject, JsonValue } from '../../../src/core/json';
import { images, refusal, table } from './context';

type Row = readonly [what: string, spec: JsonObject, path: string, words: string];

const layers = (...list: readonly JsonValue[]): JsonObject => ({ model: { layers: list } });
const training = (section: JsonObject): JsonObject => ({ training: section });
const preparation = (section: JsonObject): JsonObject => ({ preparation: section });
const search = (section: JsonObject): JsonObject => ({ search: section });
const split = (section: JsonObject): JsonObject => ({ split: section });

const WRONG: readonly Row[] = [
  [
    'an unknown argument of an optimizer',
    training({ optimizer: { $choice: ['adam', { adamw: { decay: 0.1 } }] } }),
    'training.optimizer.adamw.decay',
    'unknown field',
  ],
  ['a schedule that is none', training({ schedule: 'cosinus' }), 'training.schedule', 'did you mean cosine'],
  [
    'a schedule of steps without an end',
    training({ schedule: { step: { every: 0 } } }),
    'training.schedule.step.every',
    'at least 1',
  ],
  [
    'weights of classes that there are not',
    training({ classWeights: { Adelie: 2, Emperor: 3 } }),
    'training.classWeights.Emperor',
    'no label',
  ],
  [
    'a negative class weight',
    training({ classWeights: { Adelie: -1 } }),
    'training.classWeights.Adelie',
    '0',
  ],
  ['too much smoothing', training({ labelSmoothing: 0.6 }), 'training.labelSmoothing', 'at most 0.5'],
  ['a clip of nothing', training({ gradientClip: 0 }), 'training.gradientClip', 'above 0'],
  ['weights that are no column', { weight: 'lenght' }, 'weight', 'did you mean length'],
  ['weights with gaps', { weight: 'width' }, 'weight', 'no value in 5 rows'],
  ['weights that are no numbers', { weight: 'island' }, 'weight', 'categorical'],
  ['a target that is no text', { target: 3 }, 'target', '3'],
  ['a target that is not there', { target: 'speceis' }, 'target', 'did you mean species?'],
  ['a target with one class', { target: 'constant' }, 'target', 'one value only'],
  ['a target without values', { target: 'nothing' }, 'target', 'no values'],
  ['an unknown task', { task: 'multi' }, 'task', '"multi"'],
  ['regression on texts', { task: 'regression' }, 'target', 'categorical'],
  ['binary on three classes', { task: 'binary' }, 'target', '3 values'],
  ['an unknown field', { trainning: {} }, 'trainning', 'did you mean training?'],
  [
    'an unknown field of a section',
    training({ learnigRate: 0.1 }),
    'training.learnigRate',
    'did you mean learningRate?',
  ],
  ['a key called __proto__', JSON.parse('{"__proto__": {}}') as JsonObject, '__proto__', 'unknown field'],
  ['a key called constructor', training({ constructor: 'auto' }), 'training.constructor', 'unknown field'],
  ['a section that is a list', { training: [] }, 'training', 'must be an object'],
  ['a section that is a hole', training({ $choice: [{}, {}] }), 'training', 'cannot be a hole'],
  ['a name that is too long', { name: 'x'.repeat(201) }, 'name', '200'],
  ['a name that is no text', { name: { $choice: ['a', 'b'] } }, 'name', 'must be a text'],
  ['too many tags', { tags: Array.from({ length: 21 }, (_, i) => `t${String(i)}`) }, 'tags', '20'],
  ['a tag that is too long', { tags: ['ok', 'x'.repeat(61)] }, 'tags[1]', '60'],
  [
    'a feature that is not there',
    { features: { include: ['lenght'] } },
    'features.include[0]',
    'did you mean length?',
  ],
  [
    'the target as a feature',
    { features: { include: ['length', 'species'] } },
    'features.include[1]',
    'is the target',
  ],
  ['a feature without values', { features: { include: ['nothing'] } }, 'features.include[0]', 'no values'],
  ['leaving out what is not there', { features: { exclude: ['x'] } }, 'features.exclude[0]', '"x"'],
  [
    'a feature both in and out',
    { features: { include: ['length'], exclude: ['length'] } },
    'features.exclude[0]',
    'features.include',
  ],
  ['no feature at all', { features: { include: [] } }, 'features', 'no column is left'],
  ['features that are no list', { features: { include: 'length' } }, 'features.include', '"length"'],
  ['parts above one', split({ train: 0.9 }), 'split', '1.3 together'],
  [
    'a part of nothing',
    split({ train: 0.8, validation: 0.2, test: 0 }),
    'split.test',
    '0 must be a number above 0',
  ],
  ['a part as a text', split({ train: '0.6' }), 'split.train', '"0.6"'],
  ['a part as a hole', split({ train: { $float: [0.5, 0.7] } }), 'split.train', 'must be a number'],
  [
    'a part of less than a row',
    split({ train: 0.8, validation: 0.199, test: 0.001 }),
    'split.test',
    'less than one row',
  ],
  [
    'stratifying what cannot be',
    { target: 'pairs', split: { stratify: true } },
    'split.stratify',
    'too few rows',
  ],
  [
    'stratifying in the order of time',
    split({ stratify: true, time: 'seen' }),
    'split.stratify',
    'order of time',
  ],
  ['groups and time at once', split({ group: 'pairs', time: 'seen' }), 'split.time', 'cannot both'],
  ['groups that are not there', split({ group: 'iland' }), 'split.group', 'did you mean island?'],
  ['the target as group', split({ group: 'species' }), 'split.group', 'is the target'],
  ['fewer groups than parts', split({ group: 'island' }), 'split.group', '2 values; the 3 parts'],
  ['time that is no time', split({ time: 'pairs' }), 'split.time', 'datetime or numeric'],
  ['a group that is no name', split({ group: 3 }), 'split.group', 'name of a column'],
  [
    'a share for validation where a fold is it',
    split({ method: 'kfold', train: 0.1, validation: 0.7, test: 0.2 }),
    'split.validation',
    'one of 5 folds',
  ],
  ['folds of a holdout', split({ folds: 3 }), 'split.folds', 'only "method": "kfold"'],
  ['one fold', split({ folds: 1 }), 'split.folds', 'at least 2'],
  ['stratify as a text', split({ stratify: 'yes' }), 'split.stratify', '"yes"'],
  ['a seed that is no integer', split({ seed: 1.5 }), 'split.seed', '1.5'],
  ['an unknown scale', preparation({ scale: 'min-max' }), 'preparation.scale', 'did you mean minmax?'],
  [
    'an unknown tail',
    preparation({ longTails: { $choice: ['log', 'sqrt'] } }),
    'preparation.longTails',
    '"sqrt"',
  ],
  ['no columns of products', preparation({ enrichLimit: 0 }), 'preparation.enrichLimit', 'at least 1'],
  ['a correlation above one', preparation({ dropRedundant: 1.1 }), 'preparation.dropRedundant', 'at most 1'],
  ['dropping as a word', preparation({ dropRedundant: true }), 'preparation.dropRedundant', 'true must be'],
  ['half a component', preparation({ pca: 1.5 }), 'preparation.pca', 'whole number from 1'],
  ['no component', preparation({ pca: { $choice: [null, 0] } }), 'preparation.pca', '0 must be'],
  [
    'components and shares in one range',
    preparation({ pca: { $float: [0.5, 3] } }),
    'preparation.pca',
    'below 1',
  ],
  [
    'a share of rare levels above its limit',
    preparation({ rareLevels: 0.3 }),
    'preparation.rareLevels',
    '0.3',
  ],
  [
    'a range that leaves its limit',
    preparation({ rareLevels: { $float: [0.1, 0.3] } }),
    'preparation.rareLevels',
    'at most 0.2',
  ],
  [
    'an unknown imputation',
    preparation({ missing: 'meadian' }),
    'preparation.missing',
    'did you mean median?',
  ],
  [
    'an unknown field of imputation',
    preparation({ missing: { methd: 'mean' } }),
    'preparation.missing.methd',
    'did you mean method?',
  ],
  [
    'a transform of classes',
    preparation({ targetTransform: 'standard' }),
    'preparation.targetTransform',
    'regression',
  ],
  [
    'a learning rate of zero',
    training({ learningRate: 0 }),
    'training.learningRate',
    '0 must be a number above 0',
  ],
  [
    'an infinite learning rate',
    JSON.parse('{"training": {"learningRate": 1e400}}') as JsonObject,
    'training.learningRate',
    'must be a number',
  ],
  [
    'an option that is no learning rate',
    training({ learningRate: { $choice: [0.1, 'fast'] } }),
    'training.learningRate',
    '"fast"',
  ],
  [
    'an unbounded distribution',
    training({ learningRate: { $normal: [0, 1] } }),
    'training.learningRate',
    'above 0',
  ],
  [
    'a Hyperas string with a wrong option',
    training({ learningRate: '{{choice([0.1, -1])}}' }),
    'training.learningRate',
    '-1',
  ],
  ['a broken batch size', training({ batchSize: { $float: [1, 64] } }), 'training.batchSize', 'whole number'],
  ['too many epochs', training({ epochs: 10_001 }), 'training.epochs', '10001'],
  [
    'a patience of zero',
    training({ earlyStopping: { patience: 0 } }),
    'training.earlyStopping.patience',
    '0',
  ],
  [
    'patience misspelt',
    training({ earlyStopping: { patient: 3 } }),
    'training.earlyStopping.patient',
    'did you mean patience?',
  ],
  [
    'a list for early stopping',
    training({ earlyStopping: { $repeat: [1, 2], of: 3 } }),
    'training.earlyStopping',
    'list',
  ],
  ['a loss of another task', training({ loss: 'mse' }), 'training.loss', '"mse"'],
  ['an unknown optimizer', training({ optimizer: 'adm' }), 'training.optimizer', 'did you mean adam?'],
  [
    'two optimizers in one',
    training({ optimizer: { sgd: {}, adam: {} } }),
    'training.optimizer',
    '{"sgd":{},"adam":{}}',
  ],
  [
    'an unknown argument of an optimizer',
    training({ optimizer: { sgd: { momentun: 0.9 } } }),
    'training.optimizer.sgd.momentun',
    'did you mean momentum?',
  ],
  [
    'a momentum of one',
    training({ optimizer: { $choice: ['adam', { sgd: { momentum: 1 } }] } }),
    'training.optimizer.sgd.momentum',
    'below 1',
  ],
  [
    'arguments in an option that are wrong',
    training({ optimizer: { sgd: { $choice: [{ momentum: 2 }, {}] } } }),
    'training.optimizer.sgd.momentum',
    '2',
  ],
  [
    'a reference to a value of another kind',
    training({ learningRate: { $choice: [0.1, 2], name: 'r' }, epochs: { $ref: 'r' } }),
    'training.epochs',
    '0.1 must be a whole number',
  ],
  [
    'a reference to a hole of the same option',
    layers({
      dense: { $choice: [{ units: { $int: [2, 8], name: 'u' }, useBias: { $ref: 'u' } }], labels: ['a'] },
    }),
    'model.layers[0].dense.useBias',
    'number',
  ],
  [
    'a reference to a hole of the same copy',
    layers({
      $repeat: [1, 2],
      of: { dense: { units: { $int: [2, 8], name: 'u' }, useBias: { $ref: 'u' } } },
    }),
    'model.layers[0].dense.useBias',
    'number',
  ],
  ['a model that is none', { model: { prest: 'dense' } }, 'model', '{"prest":"dense"}'],
  ['an unknown preset', { model: { preset: 'deep' } }, 'model.preset', '"deep"'],
  ['a field beside a preset', { model: { preset: 'dense', units: 3 } }, 'model.units', 'preset'],
  [
    'layers that are no list',
    { model: { layers: { dense: { units: 3 } } } },
    'model.layers',
    'must be a list of layers',
  ],
  [
    'an unknown layer',
    layers({ dense: { units: 4 } }, { dropuot: { rate: 0.1 } }),
    'model.layers[1]',
    'did you mean dropout?',
  ],
  ['two layers in one', layers({ dense: { units: 4 }, flatten: {} }), 'model.layers[0]', 'must be a layer'],
  [
    'a layer without what it needs',
    layers({ dense: { activation: 'relu' } }),
    'model.layers[0].dense.units',
    'is required',
  ],
  [
    'an argument that the layer does not have',
    layers({ dense: { units: 4, unit: 3 } }),
    'model.layers[0].dense.unit',
    'did you mean units?',
  ],
  [
    'a slope that ELU cannot have',
    layers({ elu: { alpha: 0.5 } }),
    'model.layers[0].elu.alpha',
    'unknown field',
  ],
  [
    'a ReLU with a ceiling below zero',
    layers({ dense: { units: 4 } }, { reLU: { maxValue: -1 } }),
    'model.layers[1].reLU.maxValue',
    '-1',
  ],
  [
    'causal padding, which TensorFlow.js names and does not compute',
    layers({ conv1d: { filters: 4, kernelSize: 3, padding: 'causal' } }),
    'model.layers[0].conv1d.padding',
    'causal',
  ],
  ['half a unit', layers({ dense: { units: 0.5 } }), 'model.layers[0].dense.units', '0.5'],
  [
    'a dropout of one',
    layers({ dropout: { rate: { $float: [0, 1] } } }),
    'model.layers[0].dropout.rate',
    'below 1',
  ],
  [
    'an unknown activation',
    layers({ dense: { units: 4, activation: 'rleu' } }),
    'model.layers[0].dense.activation',
    'did you mean relu?',
  ],
  [
    'a wrong layer in a repeat',
    layers({ $repeat: [1, 3], of: { dense: { units: 0 } } }),
    'model.layers[0].dense.units',
    '0',
  ],
  [
    'a wrong layer in a block',
    layers({ $repeat: [1, 3], of: [{ dense: { units: 3 } }, 'relu'] }),
    'model.layers[0][1]',
    '"relu"',
  ],
  [
    'a wrong layer in an option',
    layers({ $choice: [{ dense: { units: 3 } }, { flattn: {} }] }),
    'model.layers[0]',
    'flatten',
  ],
  [
    'wrong arguments in an option',
    layers({ dense: { $choice: [{ units: 3 }, { units: 3, useBias: 1 }], labels: ['a', 'b'] } }),
    'model.layers[0].dense.useBias',
    '1 must be true or false',
  ],
  [
    'a negative penalty',
    layers({ dense: { units: 3, kernelRegularizer: { l2: -1 } } }),
    'model.layers[0].dense.kernelRegularizer.l2',
    '-1',
  ],
  ['a topology as a text', { model: { topology: '{}' } }, 'model.topology', 'not its text'],
  [
    'embeddings before a topology',
    {
      model: {
        $choice: [
          { preset: 'dense' },
          { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense' }] } } },
        ],
      },
      ...preparation({ categorical: { $choice: ['one-hot', 'embedding'] } }),
    },
    'preparation.categorical',
    'a topology brings its own inputs',
  ],
  [
    'an encoding that is none',
    preparation({ categorical: 'embeddings' }),
    'preparation.categorical',
    'did you mean embedding?',
  ],
  ['a topology without a class', { model: { topology: { config: {} } } }, 'model.topology', 'class_name'],
  [
    'a topology without layers',
    { model: { topology: { class_name: 'Sequential', config: { layers: [] } } } },
    'model.topology.config.layers',
    'at least one layer',
  ],
  ['no trials', search({ trials: 0 }), 'search.trials', '0'],
  ['trials as a hole', search({ trials: { $int: [1, 5] } }), 'search.trials', 'must be a whole number'],
  ['too many trials', search({ trials: 100_001 }), 'search.trials', '100000'],
  ['a time of nothing', search({ timeoutSeconds: 0 }), 'search.timeoutSeconds', '0'],
  ['more slots than there are', search({ parallelism: 5 }), 'search.parallelism', 'at most 4'],
  ['an unknown sampler', search({ sampler: 'rnd' }), 'search.sampler', '"rnd"'],
  [
    'options of a sampler that is chosen',
    search({ sampler: { auto: {} } }),
    'search.sampler.auto',
    'no options',
  ],
  [
    'limits that stop every trial',
    search({ pruner: { threshold: { lower: 5, upper: 1 } } }),
    'search.pruner.threshold.lower',
    'must not exceed upper',
  ],
  ['a wrong option', search({ sampler: { tpe: { startup: 0 } } }), 'search.sampler.tpe.startup', '0'],
  ['a sampler that is a number', search({ sampler: 3 }), 'search.sampler', '3'],
  ['a priority beyond its range', search({ priority: 11 }), 'search.priority', 'at least 0.1 and at most 10'],
  [
    'a warm start from nothing',
    search({ warmStart: { studies: [] } }),
    'search.warmStart.studies',
    'a list of 1 to 20',
  ],
  ['a plateau of nothing', search({ stop: { plateauTrials: 0 } }), 'search.stop.plateauTrials', 'at least 1'],
  [
    'a plateau of several objectives',
    {
      objectives: ['logLoss', 'accuracy'].map((name) => ({
        metric: `validation.${name}`,
        direction: 'minimize',
      })),
      ...search({ stop: { plateauTrials: 3 } }),
    },
    'search.stop',
    'needs a single objective',
  ],
  [
    'expiry of trials that it trains',
    search({ expireSeconds: 3 }),
    'search.expireSeconds',
    'belongs to ask and tell',
  ],
  [
    'a largest step of trials that it trains',
    search({ maxSteps: 3 }),
    'search.maxSteps',
    'belongs to ask and tell',
  ],
  ['a space of its own', { space: { x: { $float: [0, 1] } } }, 'space', 'belongs to "execution": "external"'],
  [
    'an objective of size alone',
    { objectives: [{ metric: 'model.parameters', direction: 'minimize' }] },
    'objectives',
    'at least one must be a validation metric',
  ],
  [
    'five objectives',
    {
      objectives: ['loss', 'logLoss', 'accuracy', 'f1', 'balancedAccuracy'].map((name) => ({
        metric: `validation.${name}`,
        direction: 'minimize',
      })),
    },
    'objectives',
    'a list of 1 to 4',
  ],
  [
    'a constraint without a bound',
    { constraints: [{ metric: 'model.parameters' }] },
    'constraints[0]',
    'give min',
  ],
  [
    'a constraint that nothing can keep',
    { constraints: [{ metric: 'model.parameters', min: 9, max: 3 }] },
    'constraints[0]',
    'min 9 must not exceed max 3',
  ],
  [
    'hyperband that begins after the end',
    search({ pruner: { hyperband: { minEpochs: 99 } } }),
    'search.pruner.hyperband.minEpochs',
    'must be at most 50',
  ],
  [
    'an unknown option of a pruner',
    search({ pruner: { median: { start: 3 } } }),
    'search.pruner.median.start',
    'startupTrials',
  ],
  [
    'an unknown metric',
    { objectives: [{ metric: 'validation.acuracy', direction: 'maximize' }] },
    'objectives[0].metric',
    'accuracy',
  ],
  [
    'a metric of another task',
    { objectives: [{ metric: 'validation.rocAuc', direction: 'maximize' }] },
    'objectives[0].metric',
    'rocAuc',
  ],
  [
    'an objective without a direction',
    { objectives: [{ metric: 'validation.loss' }] },
    'objectives[0].direction',
    'required',
  ],
  [
    'an objective of the test part',
    { objectives: [{ metric: 'test.loss', direction: 'minimize' }] },
    'objectives[0].metric',
    'test.loss',
  ],
  ['an ensemble of nothing', { final: { ensemble: 0 } }, 'final.ensemble', 'at least 1'],
  ['an unknown refit', { final: { refit: 'all' } }, 'final.refit', '"all"'],
  [
    'boosting of a k-fold study',
    { split: { method: 'kfold' }, final: { boosting: 3 } },
    'final.boosting',
    'validation rows',
  ],
  [
    'an ensemble of a Pareto study',
    {
      objectives: [
        { metric: 'validation.mse', direction: 'minimize' },
        { metric: 'model.parameters', direction: 'minimize' },
      ],
      final: { ensemble: 3 },
    },
    'final.ensemble',
    'several objectives',
  ],
  ['an unknown device', { device: 'cpu0' }, 'device', '"cpu0"'],
  ['an engine that is not there', { engine: 'tensorflow' }, 'engine', 'not installed'],
  ['an unknown engine', { engine: 'torch' }, 'engine', '"torch"'],
  ['an engine as a hole', { engine: '{{choice(["cpu", "wasm"])}}' }, 'engine', 'must be one of'],
];

const HOLES: readonly Row[] = [
  [
    'bounds that are crossed',
    layers({ dense: { units: { $int: [64, 8] } } }),
    'model.layers[0].dense.units',
    '[64,8]',
  ],
  ['an unknown word', training({ epochs: { $pick: [1, 2] } }), 'training.epochs', '$pick'],
  ['a reference to nothing', training({ epochs: { $ref: 'x' } }), 'training.epochs', '"x"'],
  ['too many copies', layers({ $repeat: [1, 65], of: { dense: { units: 3 } } }), 'model.layers[0]', '64'],
  [
    'options without names',
    training({ optimizer: { $choice: [{ sgd: {} }, { sgd: { momentum: 0.5 } }] } }),
    'training.optimizer',
    'labels',
  ],
  [
    'a grid over a range',
    { ...search({ sampler: 'grid' }), ...training({ learningRate: { $float: [0.1, 1] } }) },
    'training.learningRate',
    '',
  ],
];

const NOT_BUILT: readonly Row[] = [
  [
    'a refit of a boosted network',
    { final: { boosting: 5, refit: 'train+validation' } },
    'final.refit',
    'not built',
  ],
];

function expectRefused([, spec, path, words]: Row, code: string): void {
  const found = refusal(spec);
  expect(found.code).toBe(code);
  const at = found.errors.find((error) => error.path === path);
  expect({ errors: found.errors, path: at?.path }).toMatchObject({ path });
  expect(at?.message).toContain(words);
  expect(found.message).toContain(found.errors[0]?.path ?? '');
}

describe('a specification', () => {
  it.each(WRONG)('with %s is refused at its place', (...row) => {
    expectRefused(row, 'invalid_specification');
  });

  it.each(HOLES)('with %s is refused as a search space', (...row) => {
    expectRefused(row, 'invalid_search_space');
  });

  it.each(NOT_BUILT)('that asks for %s is told that it is not built', (...row) => {
    expectRefused(row, 'not_supported');
  });

  it('that is wrong in many places hears of all of them at once', () => {
    const { code, errors, message } = refusal({
      target: 'nowhere',
      colour: 'red',
      split: { train: 2 },
      training: { learningRate: -1, optimizer: 'adamm', epochs: { $int: [9, 3] } },
      model: { layers: [{ dense: { units: 'many' } }] },
      search: { trials: 0 },
    });
    expect(code).toBe('invalid_specification');
    expect(errors.map(({ path }) => path).sort()).toEqual(
      [
        'colour',
        'model.layers[0].dense.units',
        'search.trials',
        'split.train',
        'target',
        'training.epochs',
        'training.learningRate',
        'training.optimizer',
      ].sort(),
    );
    expect(message).toContain('(and 7 more)');
  });

  it('that asks for what is not built is told where', () => {
    const { code, errors } = refusal({ final: { ensemble: 2, boosting: 2, refit: 'train+validation' } });
    expect(code).toBe('not_supported');
    expect(errors.map(({ path }) => path)).toEqual(['final.refit']);
  });

  it('that is wrong at length is quoted in short', () => {
    const { errors } = refusal({ training: { learningRate: 'x'.repeat(100_000) } });
    expect(errors[0]?.message.length).toBeLessThan(200);
  });

  it.each([
    ['training.loss', { training: { loss: { $choice: ['mse', 'mae'] } } }],
    ['preparation.targetTransform', { preparation: { targetTransform: '{{choice(["none", "standard"])}}' } }],
  ])('whose objective a hole at %s would change is refused', (place, section) => {
    const regression = {
      target: 'price',
      objectives: [{ metric: 'validation.loss', direction: 'minimize' }],
    };
    const { errors } = refusal({ ...regression, ...section });
    expect(errors).toEqual([
      { path: 'objectives[0].metric', message: expect.stringContaining(place) as unknown },
    ]);
    const mse = [{ metric: 'validation.mse', direction: 'minimize' }];
    expect(refusal({ ...regression, ...section, objectives: mse }).code).toBe('accepted');
  });

  it('for too few rows is refused', () => {
    expect(refusal({}, table([], 9)).errors).toContainEqual({
      path: 'dataset',
      message: '9 rows have a target; at least 10 are needed',
    });
  });

  it('whose references multiply without end is refused at once', () => {
    const chain: JsonValue[] = Array.from({ length: 60 }, (_, i) => ({
      $choice: [[{ $ref: `c${String(i + 1)}` }, { $ref: `c${String(i + 1)}` }]],
      name: `c${String(i)}`,
    }));
    chain.push({ $choice: [[{ dense: { units: 1 } }]], name: 'c60' });
    const started = performance.now();
    const { code, message } = refusal({ model: { layers: chain } });
    expect(code).toBe('invalid_search_space');
    expect(message).toContain('$ref');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('a study of images that breaks a rule', () => {
  const image = (value: JsonObject): JsonObject => ({ target: 'label', preparation: { image: value } });

  it.each<[string, JsonObject, string, string]>([
    ['a size that is one number', image({ size: 28 }), 'preparation.image.size', '[height, width]'],
    ['a side of no pixels', image({ size: [0, 28] }), 'preparation.image.size[0]', 'at least 1'],
    [
      'a side that is searched too far',
      image({ size: [28, { $int: [8, 512] }] }),
      'preparation.image.size[1]',
      '256',
    ],
    ['two channels', image({ channels: { $choice: [1, 2] } }), 'preparation.image.channels', '1 (grey) or 3'],
    ['an unknown field', image({ sise: [8, 8] }), 'preparation.image.sise', 'did you mean size'],
    ['a scale of tables', { target: 'label', preparation: { scale: 'quantile' } }, 'preparation.scale', ''],
    [
      'noise',
      { target: 'label', training: { augmentation: { noise: 1 } } },
      'training.augmentation.noise',
      'flip',
    ],
    [
      'a turn too far',
      { target: 'label', training: { augmentation: { rotate: 270 } } },
      'training.augmentation.rotate',
      '180',
    ],
    ['the image as the target', { target: 'image' }, 'target', 'image'],
  ])('%s is refused with its path', (_, body, path, message) => {
    const { errors } = refusal(body, images());
    expect(errors[0]?.path).toBe(path);
    expect(errors[0]?.message).toContain(message);
  });

  it.each<[string, JsonObject, string]>([
    ['a size of images', { preparation: { image: { size: [8, 8] } } }, 'preparation.image'],
    ['the preset of images', { model: { preset: 'cnn' } }, 'model.preset'],
    [
      'a turn',
      training({ augmentation: { $choice: [null, { rotate: 9 }] } }),
      'training.augmentation.rotate',
    ],
  ])('%s is refused for a table', (_, body, path) => {
    const { code, errors } = refusal(body);
    expect(code).toBe('invalid_specification');
    expect(errors[0]?.path).toBe(path);
  });
});
