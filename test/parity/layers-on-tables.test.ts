import { compare, expectParity } from './compare';
import { casesOf, ROWS } from './rows';
import { LAYERS } from '../../src/core/layers';

describe('values, gradients and ten steps of training equal eager ones on tables', () => {
  it.each(casesOf(1))('%s, %s', async (_layer, _what, given) => {
    expectParity(await compare(given));
  });

  it('has a row for every layer that the service takes', () => {
    expect(Object.keys(ROWS).sort()).toEqual(Object.keys(LAYERS).sort());
  });
});
