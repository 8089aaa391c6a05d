import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { JsonObject } from '../../src/core/json';
import type { Augmentation } from '../../src/core/specification';
import { candidateEngines } from '../../src/runtime';
import { chooseRows, type PreparedTable } from '../../src/datasets';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import type { Weights } from '../../src/training/checkpoint';
import { buildNetwork } from '../../src/training/network';
import { useRowMemory } from '../../src/training/own-rows';
import { configOf, openPenguins, type Penguins } from './penguins';

let penguins: Penguins;
beforeAll(async () => {
  penguins = await openPenguins();
});
afterAll(() => penguins.close());

/** Trains a little and leaves nothing but a look at whether the trainer is still held. */
async function trained(units: number): Promise<WeakRef<CompiledTrainer>> {
  const { data } = await penguins.of('Species', 'multiclass');
  const model = { layers: [{ dense: { units, activation: 'relu' } }, { dropout: { rate: 0.3 } }] };
  const output = { units: 3, activation: 'softmax' as const, bias: [0, 0, 0] };
  const network = await buildNetwork(model, data.width, output, 1);
  const { training } = configOf({ model }, 'multiclass');
  const trainer = await CompiledTrainer.create(network, model, data, training, 1);
  await trainer.epoch(1, () => false);
  await trainer.measure(data.parts.validation);
  trainer.dispose();
  network.dispose();
  return new WeakRef(trainer);
}

describe('a compiled program that is kept for later trials', () => {
  it('holds nothing of the trial that it was compiled for', async () => {
    const [choice] = await candidateEngines('compiled');
    await choice?.engine.activate();
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const held = [await trained(5), await trained(6), await trained(7)];
    // What the last call left on the stack may hold the last one.
    await trained(8);
    await new Promise((resolve) => setTimeout(resolve, 50));
    collectGarbage();
    expect(held.map((trainer) => trainer.deref())).toEqual([undefined, undefined, undefined]);
  });
});

const DROPPED = [{ dense: { units: 6, activation: 'relu' } }, { dropout: { rate: 0.3 } }];

describe('rows of a batch', () => {
  afterEach(() => {
    useRowMemory(Infinity);
  });

  async function weightsAfter(
    data: PreparedTable,
    layers: readonly JsonObject[],
    augmentation: Augmentation | null,
  ): Promise<Weights> {
    const output = { units: 3, activation: 'softmax' as const, bias: [0, 0, 0] };
    const network = await buildNetwork({ layers }, data.width, output, 1);
    const { training } = configOf({ model: { layers } }, 'multiclass');
    // The last batch is a short one.
    const config = { ...training, batchSize: 50, augmentation };
    expect(data.parts.train.rows % config.batchSize).not.toBe(0);
    const trainer = await CompiledTrainer.create(network, { layers }, data, config, 1);
    for (const epoch of [1, 2, 3]) await trainer.epoch(epoch, () => false);
    return trainer.weights();
  }

  it.each<[string, readonly JsonObject[], Augmentation | null]>([
    ['that fill up the last one', DROPPED, null],
    ['that see each other', [{ dense: { units: 6 } }, { batchNormalization: {} }], null],
    ['that are mixed', DROPPED, { mixup: 0.5 }],
    ['that noise is added to', DROPPED, { noise: 0.2 }],
    ['that are mixed, with noise', DROPPED, { mixup: 0.5, noise: 0.2 }],
  ])(
    '%s train alike, bit for bit, out of the whole table and copied together',
    async (_, layers, augmentation) => {
      const [choice] = await candidateEngines('compiled');
      await choice?.engine.activate();
      const { data } = await penguins.of('Species', 'multiclass');
      const { train } = data.parts;
      const order = Uint32Array.from({ length: train.rows }, (__, i) => i);
      const chosen = { ...train, x: chooseRows(train.x, order) };
      const outOfTable = await weightsAfter(data, layers, augmentation);
      expect(
        await weightsAfter({ ...data, parts: { ...data.parts, train: chosen } }, layers, augmentation),
      ).toEqual(outOfTable);
      // The table does not fit any more.
      useRowMemory(64);
      expect(await weightsAfter(data, layers, augmentation)).toEqual(outOfTable);
    },
  );
});
