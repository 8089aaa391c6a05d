import type { JsonObject } from '../../../src/core/json';
import { TuneloomError } from '../../../src/core/errors';
import type { JsonValue } from '../../../src/core/json';
import type { ScheduleConfig } from '../../../src/core/specification';
import { toTrialConfig } from '../../../src/services/specification';

const FILLED = { preparation: {}, model: { layers: [] }, training: {} };

describe('the configuration of a trial', () => {
  it('has every short form written out', () => {
    const filled: JsonObject = {
      preparation: { missing: 'most-frequent', longTails: 'auto' },
      model: {
        layers: [[{ dense: { units: 3 } }, [{ reLU: {} }]], { dropout: { rate: 0.1 } }, []],
      },
      training: { optimizer: 'sgd', loss: 'auto', earlyStopping: { patience: 2 } },
    };
    expect(toTrialConfig(filled, 'regression')).toEqual({
      preparation: {
        scale: 'standard',
        longTails: 'auto',
        categorical: 'one-hot',
        rareLevels: 0.01,
        missing: { method: 'most-frequent', indicator: true },
        dates: 'cycles',
        enrich: 'none',
        enrichLimit: 64,
        dropRedundant: false,
        pca: null,
        targetTransform: 'standard',
      },
      model: { layers: [{ dense: { units: 3 } }, { reLU: {} }, { dropout: { rate: 0.1 } }] },
      training: {
        optimizer: { name: 'sgd', arguments: {} },
        learningRate: 0.001,
        schedule: { name: 'constant' },
        batchSize: 32,
        epochs: 50,
        earlyStopping: { patience: 2, minDelta: 0 },
        loss: 'mse',
        classWeights: 'none',
        labelSmoothing: 0,
        gradientClip: null,
        augmentation: null,
      },
    });
  });

  it('keeps the arguments of an optimizer, a topology, and early stopping that is off', () => {
    const topology = { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense' }] } };
    const filled = {
      ...FILLED,
      model: { topology },
      training: { optimizer: { sgd: { momentum: 0.9, nesterov: true } }, earlyStopping: null },
    };
    expect(toTrialConfig(filled, 'binary')).toMatchObject({
      model: { topology },
      training: {
        optimizer: { name: 'sgd', arguments: { momentum: 0.9, nesterov: true } },
        earlyStopping: null,
        loss: 'crossentropy',
      },
    });
  });

  it.each<[string, JsonValue, ScheduleConfig]>([
    ['by name', 'cosine', { name: 'cosine', warmupEpochs: 0, floor: 0 }],
    ['with some arguments', { step: { every: 3 } }, { name: 'step', every: 3, factor: 0.5 }],
    [
      'with all',
      { warmRestarts: { period: 2, multiply: 1 } },
      { name: 'warmRestarts', period: 2, multiply: 1 },
    ],
  ])('writes out a schedule given %s', (_how, schedule, expected) => {
    const filled = { ...FILLED, training: { schedule } };
    expect(toTrialConfig(filled, 'binary').training.schedule).toEqual(expected);
  });

  it.each([
    ['a value that a reference brought', { ...FILLED, training: { epochs: 0.5 } }, 'training.epochs'],
    ['a hole', { ...FILLED, training: { epochs: { $int: [1, 3] } } }, 'training.epochs'],
    ['a layer that is none', { ...FILLED, model: { layers: [[{ dnse: {} }]] } }, 'model.layers[0][0]'],
  ])('with %s is refused with its place', (_what, filled, path) => {
    try {
      toTrialConfig(filled, 'binary');
      expect('accepted').toBe('refused');
    } catch (error) {
      expect(error).toBeInstanceOf(TuneloomError);
      expect((error as TuneloomError).errors.map((found) => found.path)).toEqual([path]);
    }
  });
});
