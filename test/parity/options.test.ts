import { apart, trainOn, type Trained } from './case';
import { optionCases, plainCase, TARGETS } from './trainings';

const TOLERANCE = 5e-4;

describe.each(TARGETS)(
  'a compiled training on %s equals an eager one, and is another than without',
  (_, labels) => {
    let plain: Trained;

    beforeAll(async () => {
      plain = await trainOn('compiled', plainCase(labels));
    });

    it.each(optionCases(labels))('with %s', async (_what, given) => {
      const compiled = await trainOn('compiled', given);
      expect(apart(await trainOn('cpu', given), compiled)).toBeLessThan(TOLERANCE);
      expect(apart(plain, compiled)).toBeGreaterThan(10 * TOLERANCE);
    });
  },
);
