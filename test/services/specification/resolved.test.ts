import { Findings } from '../../../src/services/specification/findings';
import { splitOf } from '../../../src/services/specification/split';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json';
import { streamOf } from '../../../src/core/random';
import type { Specification } from '../../../src/core/specification';
import { resolveSpecification, toTrialConfig } from '../../../src/services/specification';
import { sample } from '../../../src/space';
import { column, context, images, levels, refusal, resolve, table } from './context';

const again = (spec: Specification, dataset = table()): Specification =>
  resolveSpecification(spec as unknown as JsonObject, {
    ...context(dataset),
    drawSeed: () => {
      throw new Error('a stored study has its seed');
    },
  }).spec;

describe('a specification of dataset and target', () => {
  it('gets every default that suits classes', () => {
    const { spec, document } = resolve();
    expect(spec).toEqual({
      name: 'penguins',
      tags: [],
      dataset: 'ds_1',
      target: 'species',
      weight: null,
      task: 'multiclass',
      features: {
        include: ['length', 'width', 'island', 'seen', 'sex', 'price', 'constant', 'rare', 'pairs'],
        exclude: [],
      },
      split: {
        method: 'holdout',
        train: 0.6,
        validation: 0.2,
        test: 0.2,
        folds: null,
        stratify: true,
        group: null,
        time: null,
        seed: expect.any(Number) as number,
      },
      preparation: {
        scale: 'standard',
        longTails: 'auto',
        // The column "pairs" has a hundred levels.
        categorical: 'auto',
        rareLevels: 'auto',
        missing: { method: 'median', indicator: true },
        dates: 'cycles',
        enrich: 'none',
        enrichLimit: 64,
        dropRedundant: false,
        pca: null,
        targetTransform: 'none',
      },
      model: { preset: 'dense' },
      training: {
        optimizer: 'adam',
        learningRate: 0.001,
        schedule: 'constant',
        batchSize: 32,
        epochs: 50,
        earlyStopping: { patience: 8, minDelta: 0 },
        loss: 'crossentropy',
        classWeights: 'none',
        labelSmoothing: 0,
        gradientClip: null,
        augmentation: null,
      },
      search: {
        sampler: 'gp',
        pruner: 'asha',
        trials: 50,
        timeoutSeconds: null,
        parallelism: 'auto',
        seed: 7,
        priority: 1,
        warmStart: null,
        stop: null,
        expireSeconds: null,
        maxSteps: null,
      },
      objectives: [{ metric: 'validation.logLoss', direction: 'minimize' }],
      constraints: [],
      checks: 'standard',
      final: { refit: 'none', trainLonger: 1, ensemble: 1, boosting: 0 },
      device: 'auto',
      engine: 'auto',
      execution: 'internal',
    });
    expect(document).toEqual({
      preparation: spec.preparation,
      model: expect.objectContaining({ name: 'activation' }) as unknown,
      training: spec.training,
    });
  });

  it('gets the task, loss and objective that suit numbers', () => {
    const { spec } = resolve({ target: 'price' });
    expect(spec).toMatchObject({
      task: 'regression',
      split: { stratify: true },
      preparation: { targetTransform: 'standard' },
      training: { loss: 'mse' },
      objectives: [{ metric: 'validation.mse', direction: 'minimize' }],
    });
  });

  it('leaves it to the training rows to embed where a used column has many levels, and to nobody elsewhere', () => {
    const encoding = (spec: JsonObject) => {
      const { categorical, rareLevels } = resolve(spec).spec.preparation;
      return [categorical, rareLevels];
    };
    const few = { features: { exclude: ['pairs'] } };
    expect(encoding({})).toEqual(['auto', 'auto']);
    expect(encoding(few)).toEqual(['one-hot', 0.01]);
    expect(encoding({ preparation: { categorical: 'one-hot' } })).toEqual(['one-hot', 0.01]);
    expect(encoding({ ...few, preparation: { categorical: 'embedding' } })).toEqual(['embedding', 'auto']);
    expect(encoding({ preparation: { rareLevels: 0.05 } })).toEqual(['auto', 0.05]);
    const topology = { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense' }] } };
    expect(encoding({ model: { topology } })).toEqual(['one-hot', 0.01]);
  });

  it('gets a binary task for two classes', () => {
    expect(resolve({ target: 'sex' }).spec.task).toBe('binary');
  });

  it('gets a linear model for a table with few rows for its columns', () => {
    const { spec, document } = resolve({}, table([], 20));
    expect(spec.model).toEqual({ preset: 'linear' });
    expect(document['model']).toEqual({ layers: [] });
  });
});

describe('the split', () => {
  it('is stratified where the classes allow it', () => {
    expect(resolve({ target: 'rare' }).spec.split.stratify).toBe(true);
    expect(resolve({ target: 'pairs' }).spec.split.stratify).toBe(false);
    const few = levels({
      most: 6,
      ...Object.fromEntries(Array.from({ length: 97 }, (_, i) => [`c${String(i)}`, 2])),
    });
    const dataset = table([column('few', 'categorical', { levels: few })]);
    expect(resolve({ target: 'few' }, dataset).spec.split.stratify).toBe(false);
    expect(resolve({ target: 'pairs', split: { stratify: false } }).spec.split.stratify).toBe(false);
    expect(resolve({ target: 'price', split: { stratify: true } }).spec.split.stratify).toBe(true);
  });

  it('has a seed of data, target and settings alone', () => {
    const seed = (more: JsonObject): number => resolve(more).spec.split.seed;
    expect(seed({ name: 'other', search: { seed: 99 }, features: { include: ['length'] } })).toBe(seed({}));
    expect(seed({ target: 'sex' })).not.toBe(seed({}));
    expect(seed({ split: { train: 0.5, validation: 0.3 } })).not.toBe(seed({}));
    expect(seed({ split: { seed: -3 } })).toBe(-3);
  });

  it('leaves its groups out of the features unless they are named', () => {
    expect(resolve({ split: { group: 'rare' } }).spec.features.include).not.toContain('rare');
    const named = resolve({ split: { group: 'rare' }, features: { include: ['rare', 'length'] } });
    expect(named.spec.features.include).toContain('rare');
  });

  it('by time is not stratified, and follows numbers and dates', () => {
    const { split } = resolve({ split: { time: 'seen' } }).spec;
    expect(split).toMatchObject({ time: 'seen', stratify: false });
    expect(resolve({ split: { time: 'length' } }).spec.split.time).toBe('length');
    expect(split.seed).not.toBe(resolve({ split: { stratify: false } }).spec.split.seed);
  });

  it('of k folds follows from the test share and the number of folds', () => {
    const findings = new Findings();
    const dataset = table();
    const [target] = dataset.profiles.filter(({ name }) => name === 'species');
    if (target === undefined) throw new Error('no target');
    const split = (given: JsonObject): JsonObject =>
      splitOf({ split: { method: 'kfold', ...given } }, dataset, target, 'multiclass', findings) as never;
    expect(split({})).toMatchObject({ folds: 5, test: 0.2, validation: 0.16, stratify: true });
    expect(split({ folds: 4, test: 0.1 })).toMatchObject({ folds: 4, validation: 0.225, test: 0.1 });
    // What it resolves to, and the shares of a holdout, are taken.
    const { train, validation, test } = split({ folds: 3 });
    expect(split({ folds: 3, train, validation, test } as JsonObject)).toEqual(split({ folds: 3 }));
    expect(split({ train: 0.6, validation: 0.2, test: 0.2 })).toEqual(split({}));
    expect(findings.errors).toEqual([]);
    split({ train: 0.6 });
    split({ folds: 20, group: 'island' });
    expect(findings.errors.map(({ path }) => path)).toEqual(['split', 'split.group']);
  });

  it('may have parts whose sum is one but for rounding', () => {
    expect(resolve({ split: { train: 0.7, validation: 0.1, test: 0.2 } }).spec.split.train).toBe(0.7);
  });
});

describe('what is given', () => {
  it('is kept, and what it leaves out is filled in', () => {
    const { spec } = resolve({
      name: 'mine',
      tags: ['a'],
      features: { exclude: ['sex', 'note'] },
      preparation: { missing: 'mean', longTails: 'auto', scale: 'none' },
      training: { earlyStopping: { patience: 3 }, optimizer: { sgd: { momentum: 0.9 } }, loss: 'auto' },
      search: { trials: 3, parallelism: 2, timeoutSeconds: 1.5, pruner: { median: { startupTrials: 2 } } },
      device: 'cpu',
      engine: 'wasm',
    });
    expect(spec).toMatchObject({
      name: 'mine',
      tags: ['a'],
      features: { include: ['length', 'width', 'island', 'seen', 'price', 'constant', 'rare', 'pairs'] },
      preparation: { missing: { method: 'mean', indicator: true }, longTails: 'auto', scale: 'none' },
      training: {
        earlyStopping: { patience: 3, minDelta: 0 },
        optimizer: { sgd: { momentum: 0.9 } },
        loss: 'crossentropy',
      },
      search: { trials: 3, parallelism: 2, timeoutSeconds: 1.5, pruner: { median: { startupTrials: 2 } } },
      device: 'cpu',
      engine: 'wasm',
    });
  });

  it('may be neutral in what is not built', () => {
    const neutral = {
      weight: null,
      split: { method: 'holdout', folds: 5, group: null, time: null, stratify: null },
      preparation: {
        enrich: 'none',
        enrichLimit: 64,
        image: null,
        pca: null,
        dropRedundant: false,
      },
      training: {
        schedule: 'constant',
        classWeights: 'none',
        labelSmoothing: 0,
        gradientClip: null,
        augmentation: null,
      },
      search: { priority: 1, warmStart: null, stop: null, expireSeconds: null, maxSteps: null },
      constraints: [],
      checks: 'standard',
      final: { refit: 'none', trainLonger: 1, ensemble: 1, boosting: 0 },
      execution: 'internal',
      space: null,
    };
    expect(resolve(neutral).spec).toEqual(resolve().spec);
  });

  it('searches a small space point by point when the sampler is left to the service', () => {
    const small = { training: { batchSize: { $choice: [16, 32] } }, model: { preset: 'linear' } };
    expect(resolve(small).spec.search.sampler).toBe('grid');
    expect(resolve({ ...small, search: { trials: 1 } }).spec.search.sampler).toBe('gp');
  });

  it('may be a hole wherever a value of a section stands', () => {
    const { space } = resolve({
      preparation: { missing: { method: { $choice: ['median', 'mean'] } }, rareLevels: { $float: [0, 0.1] } },
      model: {
        layers: [
          {
            dense: { $choice: [{ units: 4 }, { units: 8, activation: 'tanh' }], labels: ['small', 'large'] },
          },
          {
            $repeat: [0, 2],
            of: [{ dense: { units: '{{choice([4, 8])}}' } }, { $choice: [{ reLU: {} }, { elu: {} }] }],
          },
        ],
      },
      training: {
        optimizer: { $choice: ['adam', { sgd: { momentum: { $float: [0, 0.9] } } }] },
        earlyStopping: { $choice: [null, { patience: 3 }], labels: ['off', 'on'] },
        epochs: { $int: [1, 10] },
        batchSize: { $quniform: [8, 64, 8] },
      },
    });
    expect(space.holes.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'model.layers[0].dense',
        'model.layers[1]',
        'training.optimizer',
        'training.optimizer.sgd.momentum',
        'training.epochs',
      ]),
    );
  });
});

describe('presets', () => {
  it('may be options beside layers, and are called by their names', () => {
    const { space, spec } = resolve({
      model: { $choice: [{ preset: 'dense' }, { preset: 'linear' }, { layers: [{ dense: { units: 3 } }] }] },
    });
    expect(space.holes.find(({ name }) => name === 'model')?.options).toEqual(['dense', 'linear', 'layers']);
    expect(again(spec)).toEqual(spec);
  });

  it('may have a hole as their name', () => {
    const { space } = resolve({ model: { preset: { $choice: ['dense', 'linear'], name: 'family' } } });
    expect(space.holes[0]).toMatchObject({ name: 'family', options: ['dense', 'linear'] });
  });
});

describe('a stored specification', () => {
  const targets = ['species', 'sex', 'price', 'rare', 'pairs'] as const;
  const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined });
  const given = fc.record(
    {
      name: fc.string({ minLength: 1, maxLength: 200 }),
      tags: fc.array(fc.string({ minLength: 1, maxLength: 60 }), { maxLength: 20 }),
      features: fc.constantFrom({ exclude: ['length'] }, { include: ['length', 'island'] }, {}),
      split: fc.constantFrom({ train: 0.5, validation: 0.25, test: 0.25 }, { stratify: null }, { seed: 3 }),
      preparation: fc.record(
        {
          scale: fc.constantFrom('none', { $choice: ['none', 'standard', 'quantile'] }),
          categorical: fc.constantFrom('ordinal', 'auto', { $choice: ['one-hot', 'embedding', 'target'] }),
          dates: fc.constantFrom('none', { $choice: ['parts', 'cycles'] }),
          enrich: fc.constantFrom('both', { $choice: ['none', 'powers'] }),
          enrichLimit: fc.constantFrom(8, { $int: [1, 64] }),
          dropRedundant: fc.constantFrom(0.95, { $choice: [false, 0.9] }, { $float: [0.8, 1] }),
          pca: fc.constantFrom(
            null,
            3,
            0.9,
            { $choice: [null, 0.9, 2] },
            { $float: [0.5, 0.99] },
            { $int: [1, 8] },
          ),
          missing: fc.constantFrom('auto', 'mean', { indicator: false }, { $choice: ['auto', 'mean'] }),
          longTails: fc.constantFrom('auto', 'none', { $choice: ['auto', 'log', 'yeo-johnson'] }),
          rareLevels: fc.oneof(fc.constant('auto'), fc.double({ min: 0, max: 0.2, noNaN: true })),
        },
        { requiredKeys: [] },
      ),
      model: fc.constantFrom(
        { preset: 'dense' },
        { preset: 'linear' },
        {
          layers: [
            { $repeat: [1, 3], of: [{ dense: { units: { $int: [1, 9], log: true } } }, { reLU: {} }] },
          ],
        },
        { $choice: [{ preset: 'dense' }, { preset: 'linear' }], name: 'm' },
      ),
      training: fc.record(
        {
          optimizer: fc.constantFrom('sgd', { adam: { beta1: 0.8 } }, { $choice: ['sgd', { rmsprop: {} }] }),
          earlyStopping: fc.constantFrom(
            null,
            {},
            { patience: 2 },
            { $choice: [null, { patience: 2 }], labels: ['a', 'b'] },
          ),
          learningRate: fc.constantFrom(0.1, { $float: [0.01, 1], log: true }, '{{loguniform(-5, -1)}}'),
          loss: fc.constant('auto'),
        },
        { requiredKeys: [] },
      ),
      search: fc.record(
        {
          trials: fc.integer({ min: 1, max: 100_000 }),
          seed: fc.integer(),
          pruner: fc.constantFrom('auto', 'none', { median: {} }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );

  it('that is given again resolves to itself', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...targets),
        given,
        maybe(fc.constantFrom(20, 200)),
        (target, more, rows) => {
          const dataset = table([], rows ?? 200);
          const first = resolve({ ...more, target }, dataset);
          const second = resolveSpecification(
            JSON.parse(JSON.stringify(first.spec)) as JsonObject,
            context(dataset),
          );
          expect(second.spec).toEqual(first.spec);
          expect(second.document).toEqual(first.document);
          expect(again(first.spec, dataset)).toEqual(first.spec);
        },
      ),
      { seed: 42, numRuns: 200 },
    );
  });

  it('gives trials that training takes, at every point of its space', () => {
    fc.assert(
      fc.property(fc.constantFrom(...targets), given, fc.nat(), (target, more, seed) => {
        const { spec, space } = resolve({ ...more, target });
        const filled = space.fill(sample(space, streamOf(seed))) as JsonObject;
        const config = toTrialConfig(filled, spec.task);
        expect(config.preparation).toMatchObject({
          longTails: expect.any(String) as string,
          enrichLimit: expect.any(Number) as number,
        });
        expect(config.preparation.missing).toEqual({
          method: expect.stringMatching(/^(median|mean|most-frequent)$/) as string,
          indicator: expect.any(Boolean) as boolean,
        });
        expect(Object.keys(config.training).sort()).toEqual(
          [
            ...[
              'augmentation',
              'batchSize',
              'classWeights',
              'earlyStopping',
              'epochs',
              'gradientClip',
              'labelSmoothing',
            ],
            ...['learningRate', 'loss', 'optimizer', 'schedule'],
          ].sort(),
        );
        expect(JSON.stringify(config)).not.toContain('$');
      }),
      { seed: 42, numRuns: 200 },
    );
  });
});

describe('names of columns', () => {
  it.each(['__proto__', 'constructor', 'toString', '', '1', '01', '$choice', '{{choice([1])}}'])(
    'such as %j are columns like any other',
    (name) => {
      const dataset = table([column(name, 'categorical', { levels: levels({ a: 100, b: 100 }) })]);
      expect(resolve({ target: name }, dataset).spec).toMatchObject({ target: name, task: 'binary' });
      expect(resolve({ features: { include: [name] } }, dataset).spec.features.include).toEqual([name]);
      expect(refusal({ target: name }).code).toBe('invalid_specification');
    },
  );
});

describe('a study of images', () => {
  it('is prepared in the size and colours of the data, and searched by the preset cnn', () => {
    const { spec } = resolve({ target: 'label' }, images(28, 20, 3));
    expect(spec.features.include).toEqual(['image']);
    expect(spec.preparation['image']).toEqual({ size: [28, 20], channels: 3 });
    expect(spec.model).toEqual({ preset: 'cnn' });
    expect(spec.task).toBe('binary');
  });

  it('makes large images smaller, in the same proportion', () => {
    const { spec } = resolve({ target: 'label' }, images(256, 128));
    expect(spec.preparation['image']).toEqual({ size: [64, 32], channels: 1 });
  });

  it('may search for the size, and fills in what is left out', () => {
    const size = {
      $choice: [
        [14, 14],
        [28, 28],
      ],
    };
    const { spec, space } = resolve({ target: 'label', preparation: { image: { size } } }, images());
    expect(spec.preparation['image']).toEqual({ size, channels: 1 });
    expect(space.holes.map(({ name }) => name)).toContain('preparation.image.size');
  });

  it('resolves to itself when it is given again', () => {
    const { spec } = resolve({ target: 'label' }, images(3, 2));
    const { preparation, model } = spec;
    expect(resolve({ target: 'label', preparation, model }, images(3, 2)).spec).toEqual(spec);
  });
});
