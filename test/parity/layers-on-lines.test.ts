import { compare, expectParity } from './compare';
import { casesOf } from './rows';

describe('values, gradients and ten steps of training equal eager ones on lines', () => {
  it.each(casesOf(2))('%s, %s', async (_layer, _what, given) => {
    expectParity(await compare(given));
  });
});
