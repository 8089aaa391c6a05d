import fc from 'fast-check';
import { TuneloomError } from '../../src/core/errors';
import { streamOf } from '../../src/core/random';
import {
  checkParams,
  countPoints,
  fill,
  isInside,
  paramsKey,
  parseSpace,
  pointAt,
  sample,
} from '../../src/space';
import { documents } from './documents';

const SETTINGS = { seed: 7, numRuns: 300 };

describe('any search space', () => {
  it('has samples that lie inside, and fill to a document without holes', () => {
    fc.assert(
      fc.property(documents(), fc.integer(), (document, seed) => {
        const space = parseSpace(document);
        const params = sample(space, streamOf(seed));
        expect(checkParams(space, params)).toEqual([]);
        const filled = fill(space, params);
        expect(JSON.stringify(filled)).not.toMatch(/"\$|\{\{/);
      }),
      SETTINGS,
    );
  });

  it('survives JSON: a sample is inside after a round trip', () => {
    fc.assert(
      fc.property(documents(), fc.integer(), (document, seed) => {
        const space = parseSpace(JSON.parse(JSON.stringify(document)) as never);
        const params = JSON.parse(JSON.stringify(sample(space, streamOf(seed)))) as never;
        expect(isInside(space, params)).toBe(true);
      }),
      SETTINGS,
    );
  });

  it('draws the same point from the same seed, and does not change the document', () => {
    fc.assert(
      fc.property(documents(), fc.integer(), (document, seed) => {
        const before = JSON.stringify(document);
        const space = parseSpace(document);
        expect(sample(space, streamOf(seed))).toEqual(sample(parseSpace(document), streamOf(seed)));
        fill(space, sample(space, streamOf(seed)));
        expect(JSON.stringify(document)).toBe(before);
      }),
      SETTINGS,
    );
  });

  it('gives each hole a name of its own', () => {
    fc.assert(
      fc.property(documents(), (document) => {
        const names = parseSpace(document).holes.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
      }),
      SETTINGS,
    );
  });

  it('refuses a sample with one value taken away or one too many', () => {
    fc.assert(
      fc.property(documents(), fc.integer(), fc.nat(), (document, seed, pick) => {
        const space = parseSpace(document);
        const params = sample(space, streamOf(seed));
        const names = Object.keys(params);
        expect(isInside(space, { ...params, 'no such hole': 1 })).toBe(false);
        fc.pre(names.length > 0);
        const { [names[pick % names.length] ?? '']: _, ...rest } = params;
        expect(isInside(space, rest)).toBe(false);
      }),
      SETTINGS,
    );
  });

  it('ranks each point of a finite space exactly once', () => {
    fc.assert(
      fc.property(documents(true), (document) => {
        const space = parseSpace(document);
        const count = countPoints(space);
        fc.pre(count !== null && count <= 500n);
        const keys = new Set<string>();
        for (let i = 0n; i < count; i++) {
          const point = pointAt(space, i);
          expect(checkParams(space, point)).toEqual([]);
          keys.add(paramsKey(point));
        }
        expect(BigInt(keys.size)).toBe(count);
        // Samples find no point that has no rank.
        for (let seed = 0; seed < 20; seed++)
          expect(keys.has(paramsKey(sample(space, streamOf(seed))))).toBe(true);
      }),
      SETTINGS,
    );
  });

  it('is refused with a typed error or read, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (document) => {
        try {
          parseSpace(document as never);
        } catch (error) {
          expect(error).toBeInstanceOf(TuneloomError);
        }
      }),
      SETTINGS,
    );
  });

  it('reads or refuses any string that looks like Hyperas', () => {
    const pieces = fc.constantFrom(
      '{{',
      '}}',
      'choice',
      'uniform',
      '(',
      ')',
      '[',
      ']',
      ',',
      "'",
      '"',
      '1',
      '-9',
      'True',
      ' ',
      '{',
      ':',
      '\\',
      'e',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        try {
          parseSpace(`{{${parts.join('')}`);
        } catch (error) {
          expect(error).toBeInstanceOf(TuneloomError);
        }
      }),
      { ...SETTINGS, numRuns: 2000 },
    );
  });
});
