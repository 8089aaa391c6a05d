import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json';
import { compare, expectParity } from './compare';

/** Adam would make the rounding of gradients that are zero large. */
const OPTIMIZER = { name: 'sgd' as const, arguments: { momentum: 0.5 } };
const RUNS = { numRuns: 8, seed: 20261125, endOnFailure: true };

const rate = fc.constantFrom(0, 0.3);
const activation = fc.constantFrom('linear', 'tanh', 'sigmoid', 'elu', 'softplus', 'swish');
const layer: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    dense: fc.record({ units: fc.integer({ min: 1, max: 6 }), activation, useBias: fc.boolean() }),
  }),
  fc.record({ dropout: fc.record({ rate }) }),
  fc.record({ gaussianDropout: fc.record({ rate }) }),
  fc.record({ batchNormalization: fc.record({ scale: fc.boolean(), center: fc.boolean() }) }),
  fc.record({ layerNormalization: fc.record({ epsilon: fc.constantFrom(0.001, 0.1) }) }),
  fc.record({ activation: fc.record({ activation }) }),
);
const imageLayer: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    conv2d: fc.record({
      filters: fc.integer({ min: 1, max: 3 }),
      kernelSize: fc.integer({ min: 1, max: 3 }),
      strides: fc.integer({ min: 1, max: 2 }),
      padding: fc.constant('same'),
      activation,
    }),
  }),
  fc.record({ batchNormalization: fc.constant({}) }),
  fc.record({ dropout: fc.record({ rate, noiseShape: fc.constant([null, 1, 1, null]) }) }),
  fc.record({
    averagePooling2d: fc.record({ poolSize: fc.constantFrom(1, 2), padding: fc.constant('same') }),
  }),
);

beforeAll(() => tf.setBackend('cpu'));

describe('a random network, compiled, equals the eager one', () => {
  it('of layers on a table', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 4 }), async (layers) => {
        expectParity(await compare({ model: { layers }, shape: [6], optimizer: OPTIMIZER }));
      }),
      RUNS,
    );
  });

  it('of layers on an image', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(imageLayer, { minLength: 1, maxLength: 3 }), async (body) => {
        const layers = [...body, { flatten: {} }];
        expectParity(await compare({ model: { layers }, shape: [5, 4, 2], optimizer: OPTIMIZER }));
      }),
      { ...RUNS, numRuns: 6 },
    );
  });

  it('of branches that meet', async () => {
    const join = fc.constantFrom('add', 'multiply', 'average', 'concatenate');
    await fc.assert(
      fc.asyncProperty(
        join,
        fc.array(activation, { minLength: 2, maxLength: 3 }),
        rate,
        async (name, branches, dropped) => {
          const input = tfl.input({ shape: [6] });
          const made = branches.map((each) => {
            const hidden = tfl.layers.dense({ units: 3, activation: each }).apply(input);
            return tfl.layers.dropout({ rate: dropped }).apply(hidden) as tfl.SymbolicTensor;
          });
          const joined = tfl.layers[name as 'add']().apply(made);
          const outputs = tfl.layers.dense({ units: 3 }).apply(joined) as tfl.SymbolicTensor;
          const topology = tfl.model({ inputs: input, outputs }).toJSON(null, false) as unknown as JsonObject;
          expectParity(await compare({ model: { topology }, shape: [6], optimizer: OPTIMIZER }));
        },
      ),
      { ...RUNS, numRuns: 6 },
    );
  });
});
