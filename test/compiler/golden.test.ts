import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { optimise, print } from '../../src/compiler';
import type { JsonObject } from '../../src/core/json';
import type { TrainingConfig } from '../../src/core/specification';
import { layoutOf, traceForward, traceStep, type Traced } from '../../src/training/compiled-step';
import { buildNetwork } from '../../src/training/network';
import { updateRule } from '../../src/training/updates';
import { expectGolden } from './golden';

const OUTPUT = { units: 1, activation: 'sigmoid' as const, bias: [0] };
const CONFIG = { loss: 'crossentropy' } as TrainingConfig;

async function traced(
  layers: readonly JsonObject[],
  shape: number | readonly number[],
): Promise<readonly Traced[]> {
  await tf.setBackend('cpu');
  const network = await buildNetwork({ layers }, shape, OUTPUT, 1);
  const layout = layoutOf(network.raw);
  const rule = updateRule({ name: 'sgd', arguments: {} });
  const both = [await traceStep(network, layout, rule, CONFIG, 4), await traceForward(network, layout, 4)];
  network.dispose();
  return both;
}

describe('a graph, printed,', () => {
  it('is the step of a dense network as TensorFlow.js runs it, and what the passes leave of it', async () => {
    const [step] = await traced([{ dense: { units: 2, activation: 'relu' } }, { dropout: { rate: 0.5 } }], 3);
    if (step === undefined) throw new Error('no step');
    expectGolden('dense-step.traced.txt', print(step.graph));
    expectGolden('dense-step.optimised.txt', print(optimise(step.graph)));
  });

  it('is the prediction of two convolutions with no transpose between them', async () => {
    const conv = { conv2d: { filters: 2, kernelSize: 2, activation: 'relu' } };
    const [, forward] = await traced([conv, conv, { flatten: {} }], [4, 4, 3]);
    if (forward === undefined) throw new Error('no prediction');
    expectGolden('conv-forward.traced.txt', print(forward.graph));
    expectGolden('conv-forward.optimised.txt', print(optimise(forward.graph)));
  });
});
