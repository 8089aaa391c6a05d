import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { candidateEngines } from '../../src/runtime';
import { CompiledTrainer } from '../../src/training/compiled-trainer';
import { buildNetwork } from '../../src/training/network';
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
