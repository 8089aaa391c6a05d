import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { JsonObject } from '../../src/core/json';
import type { TrainingConfig } from '../../src/core/specification';
import { candidateEngines } from '../../src/runtime';
import { chooseRows, gatherRows, type PreparedTable } from '../../src/datasets';
import { Batches } from '../../src/training/batches';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import type { Weights } from '../../src/training/checkpoint';
import { buildNetwork } from '../../src/training/network';
import { ownsRows, useRowMemory } from '../../src/training/own-rows';
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
const NORMALISED = [{ dense: { units: 6 } }, { batchNormalization: {} }];

describe('rows of a batch', () => {
  afterEach(() => {
    useRowMemory(Infinity);
    jest.restoreAllMocks();
  });

  async function weightsAfter(
    data: PreparedTable,
    layers: readonly JsonObject[],
    options: Partial<TrainingConfig>,
  ): Promise<Weights> {
    const output = { units: 3, activation: 'softmax' as const, bias: [0, 0, 0] };
    const network = await buildNetwork({ layers }, data.width, output, 1);
    const { training } = configOf({ model: { layers } }, 'multiclass');
    // The last batch is a short one.
    const config = { ...training, batchSize: 50, ...options };
    expect(data.parts.train.rows % config.batchSize).not.toBe(0);
    const trainer = await CompiledTrainer.create(network, { layers }, data, config, 1);
    for (const epoch of [1, 2, 3]) await trainer.epoch(epoch, () => false);
    return trainer.weights();
  }

  it.each<[string, readonly JsonObject[], Partial<TrainingConfig>]>([
    ['that fill up the last one', DROPPED, {}],
    ['that weigh differently', DROPPED, { classWeights: 'balanced' }],
    ['of which the last one has one', DROPPED, { batchSize: 3 }],
    ['that see each other', NORMALISED, {}],
    ['that are mixed', DROPPED, { augmentation: { mixup: 0.5 } }],
    ['that noise is added to', DROPPED, { augmentation: { noise: 0.2 } }],
    ['that are mixed, with noise', NORMALISED, { augmentation: { mixup: 0.5, noise: 0.2 } }],
  ])('%s train alike, bit for bit, out of the table and copied together', async (_, layers, options) => {
    const [choice] = await candidateEngines('compiled');
    await choice?.engine.activate();
    const { data } = await penguins.of('Species', 'multiclass');
    const { train } = data.parts;
    const outOfTable = jest.spyOn(Batches.prototype, 'rowsForStep');
    const together = jest.spyOn(Batches.prototype, 'gather');
    const weights = await weightsAfter(data, layers, options);
    // The same rows, from where they lie in another order.
    const back = Uint32Array.from({ length: train.rows }, (__, i) => train.rows - 1 - i);
    const reversed = new Float32Array(train.rows * data.width);
    gatherRows(train.x, data.width, back, reversed);
    const chosen = { ...data.parts, train: { ...train, x: chooseRows(reversed, back) } };
    expect(await weightsAfter({ ...data, parts: chosen }, layers, options)).toEqual(weights);
    expect(together).not.toHaveBeenCalled();
    outOfTable.mockClear();
    // The table does not fit any more.
    useRowMemory(64);
    expect(await weightsAfter(data, layers, options)).toEqual(weights);
    expect(outOfTable).not.toHaveBeenCalled();
    expect(together).toHaveBeenCalled();
  });

  it('are copied together where the table is large and the trial short', () => {
    const table = (rows: number): PreparedTable =>
      ({ width: 1000, parts: { train: { rows, x: new Float32Array() } } }) as unknown as PreparedTable;
    expect(ownsRows(table(4000), 1)).toBe(true);
    expect(ownsRows(table(5000), 1)).toBe(false);
    expect(ownsRows(table(5000), 30)).toBe(true);
    expect(ownsRows(table(100_000), 30)).toBe(false);
  });
});
