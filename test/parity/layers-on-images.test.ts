import { compare, expectParity } from './compare';
import { casesOf } from './rows';

describe('values, gradients and ten steps of training equal eager ones on images', () => {
  it.each(casesOf(3))('%s, %s', async (_layer, _what, given) => {
    expectParity(await compare(given));
  });
});
