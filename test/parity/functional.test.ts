import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { compare, expectParity } from './compare';
import { functionalCases } from './topologies';

describe('a functional network, compiled, equals the eager one', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it.each(functionalCases())('with %s', async (_what, given) => {
    expectParity(await compare(given()));
  });
});
