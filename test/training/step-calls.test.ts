import * as tf from '@tensorflow/tfjs-core';
import { candidateEngines } from '../../src/runtime';
import { compareEngines } from '../../src/runtime/costs';
import { buildNetwork } from '../../src/training/network';
import { Trainer } from '../../src/training/trainer';
import { configOf, openPenguins } from './penguins';

describe('the kernels of a training step', () => {
  it('are those of the backend, so that WASM can be compared by them', async () => {
    const [choice] = await candidateEngines('wasm');
    await choice?.engine.activate();
    const penguins = await openPenguins();
    const { data } = await penguins.of('Species', 'multiclass');
    const model = { layers: [{ dense: { units: 8, activation: 'relu' } }, { dense: { units: 4 } }] };
    const { training } = configOf({ model }, 'multiclass');
    const output = { units: 3, activation: 'softmax' as const, bias: [0, 0, 0] };
    const network = await buildNetwork(model, data.width, output, 1);
    const trainer = new Trainer(network, data, training, 1);
    const calls = trainer.stepCalls();
    const kernels = tf.getKernelsForBackend('wasm').map(({ kernelName }) => kernelName);
    expect(kernels).toEqual(expect.arrayContaining(calls.map(({ name }) => name)));
    expect(calls.filter(({ name }) => name.endsWith('MatMul')).length).toBeGreaterThanOrEqual(3 + 5);
    // Two layers of three give their input a gradient, and all three their kernel; forward nothing is transposed.
    expect(calls.filter(({ transposed = false }) => transposed)).toHaveLength(5);
    const costs = { call: 1000, product: 1, transposed: 1, convolved: 1, number: 1 };
    const quick = { ...costs, call: 1 };
    expect(compareEngines(calls, { tensorflow: costs, wasm: quick }).faster).toBe('wasm');
    expect(compareEngines(calls, { tensorflow: quick, wasm: costs }).faster).toBe('tensorflow');
    trainer.dispose();
    network.dispose();
    await penguins.close();
  });
});
