import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { JsonObject } from '../../src/core/json';
import { streamOf } from '../../src/core/random';
import type { Augmentation, LossName, TrainingConfig } from '../../src/core/specification';
import type { PreparedTable } from '../../src/datasets';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { buildNetwork } from '../../src/training/network';
import { Trainer, type TrialTrainer } from '../../src/training/trainer';

const SEED = 5;
const TOLERANCE = 5e-4;
const ROWS = 75;
const SHAPE = [6, 6, 1];
const LAYERS: readonly JsonObject[] = [{ conv2d: { filters: 3, kernelSize: 3, activation: 'tanh' } }];

function tableOf(kind: 'images' | 'numbers', classes: number): PreparedTable {
  const stream = streamOf(3);
  const width = 36;
  const bytes = Uint8Array.from({ length: ROWS * width }, () => stream.integer(0, 255));
  const scale = { factor: [1 / 64], offset: [-2] };
  const x =
    kind === 'images'
      ? ({ kind: 'pixels', bytes, scale } as const)
      : Float32Array.from(bytes, (byte) => byte / 64 - 2);
  const y = Float32Array.from({ length: ROWS }, (_, i) =>
    classes === 0 ? (bytes[i * width] ?? 0) / 255 : i % classes,
  );
  const labels = Array.from({ length: classes }, (_, i) => String(i));
  const target = classes === 0 ? { kind: 'value', deviation: 1 } : { kind: 'classes', labels };
  const part = { rows: ROWS, x, y };
  return {
    width,
    ...(kind === 'images' ? { shape: SHAPE } : {}),
    fitted: { inputs: [{ name: 'input', columns: [] }], target } as unknown as PreparedTable['fitted'],
    parts: { train: part, validation: part, test: part },
  };
}

async function trainers(
  kind: 'images' | 'numbers',
  loss: LossName,
  classes: number,
  augmentation: Augmentation | null,
): Promise<{ readonly eager: TrialTrainer; readonly compiled: TrialTrainer; readonly data: PreparedTable }> {
  await tf.setBackend('cpu');
  const data = tableOf(kind, classes);
  const config = {
    optimizer: { name: 'adam', arguments: {} },
    learningRate: 0.01,
    schedule: { name: 'constant' },
    classWeights: 'none',
    labelSmoothing: 0,
    gradientClip: null,
    batchSize: 16,
    epochs: 2,
    earlyStopping: null,
    loss,
    augmentation,
  } as unknown as TrainingConfig;
  const units = classes > 2 ? classes : 1;
  const output = { units, activation: 'linear' as const, bias: Array.from({ length: units }, () => 0) };
  const layers = kind === 'images' ? LAYERS : [{ dense: { units: 5, activation: 'tanh' } }];
  const network = (): ReturnType<typeof buildNetwork> =>
    buildNetwork({ layers }, kind === 'images' ? SHAPE : 36, output, SEED);
  return {
    eager: new Trainer(await network(), data, config, SEED),
    compiled: await CompiledTrainer.create(await network(), { layers }, data, config, SEED),
    data,
  };
}

async function lossOf(trainer: TrialTrainer, epoch: number): Promise<number> {
  const end = await trainer.epoch(epoch, () => false);
  if (end.state !== 'done') throw new Error(end.state);
  return end.loss;
}

const ALL: Augmentation = {
  flip: 0.5,
  shift: 0.2,
  rotate: 30,
  zoom: 0.2,
  brightness: 0.2,
  contrast: 0.3,
  cutout: 0.4,
  mixup: 0.4,
};

describe('a compiled training with changed batches equals an eager one', () => {
  it.each<[string, 'images' | 'numbers', LossName, number, Augmentation]>([
    ['images', 'images', 'crossentropy', 3, ALL],
    ['images mirrored and shifted', 'images', 'crossentropy', 2, { flip: 0.5, shift: 0.3 }],
    ['noise on numbers', 'numbers', 'mse', 0, { noise: 0.3 }],
    ['numbers mixed', 'numbers', 'crossentropy', 3, { mixup: 1 }],
    ['numbers of two classes mixed', 'numbers', 'crossentropy', 2, { mixup: 0.2 }],
    ['values mixed', 'numbers', 'huber', 0, { mixup: 2, noise: 0.1 }],
  ])('with %s', async (_, kind, loss, classes, augmentation) => {
    const { eager, compiled } = await trainers(kind, loss, classes, augmentation);
    for (const epoch of [1, 2]) {
      const [a, b] = [await lossOf(eager, epoch), await lossOf(compiled, epoch)];
      expect(Math.abs(a - b)).toBeLessThan(TOLERANCE);
    }
    const weights = compiled.weights();
    eager.weights().forEach((expected, i) => {
      expected.forEach((value, k) => {
        expect(Math.abs(value - (weights[i]?.[k] ?? NaN))).toBeLessThan(TOLERANCE);
      });
    });
  });

  it('and differs from one without, in training alone: what is measured is never changed', async () => {
    const plain = await trainers('images', 'crossentropy', 3, null);
    const changed = await trainers('images', 'crossentropy', 3, ALL);
    const before = (changed.data.parts.train.x as { bytes: Uint8Array }).bytes.slice();
    for (const part of ['validation', 'test', 'train'] as const) {
      const [a, b] = [
        await plain.compiled.measure(plain.data.parts[part]),
        await changed.compiled.measure(changed.data.parts[part]),
      ];
      expect(b).toEqual(a);
      expect(await changed.eager.measure(changed.data.parts[part])).toMatchObject({
        accuracy: (await plain.eager.measure(plain.data.parts[part]))['accuracy'],
      });
    }
    expect(await lossOf(changed.compiled, 1)).not.toBeCloseTo(await lossOf(plain.compiled, 1), 4);
    expect((changed.data.parts.train.x as { bytes: Uint8Array }).bytes).toEqual(before);
  });
});
