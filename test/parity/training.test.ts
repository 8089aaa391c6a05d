import { compare, expectParity } from './compare';
import { trainingCases } from './trainings';

describe('a compiled training equals an eager one', () => {
  it.each(trainingCases())('with %s', async (_what, given) => {
    expectParity(await compare(given));
  });
});
