import fc from 'fast-check';
import { streamOf } from '../../src/core/random';
import type { ObservedTrial } from '../../src/core/search';
import { createSampler, resolveSampler, samplerNames } from '../../src/samplers';
import { countPoints, isInside, paramsKey, parseSpace, type Space } from '../../src/space';
import { documents } from '../space/documents';

const SETTINGS = { seed: 11, numRuns: 60 };

function propose(name: string, space: Space, trials: number): ObservedTrial[] {
  const sampler = createSampler(name, space);
  const history: ObservedTrial[] = [];
  for (let number = 0; number < trials; number++) {
    const request = {
      space,
      history,
      directions: ['minimize'] as const,
      number,
      stream: streamOf(5, number),
      seed: 5,
      budget: trials,
    };
    const before = JSON.stringify(history);
    const params = sampler.propose(request);
    expect(JSON.stringify(history)).toBe(before);
    if (params === null) break;
    history.push({ number, state: 'completed', params, values: [number % 7] });
  }
  return history;
}

describe.each(samplerNames)('the sampler %s', (name) => {
  const spaces = documents(name === 'grid');

  it('stays inside any space, and is a function of history and stream', () => {
    fc.assert(
      fc.property(spaces, (document) => {
        const space = parseSpace(document);
        const history = propose(name, space, 12);
        for (const { params } of history) expect(isInside(space, params)).toBe(true);
        expect(propose(name, space, 12)).toEqual(history);
      }),
      SETTINGS,
    );
  });

  it('proposes no point twice while a finite space has others', () => {
    fc.assert(
      fc.property(documents(true), (document) => {
        const space = parseSpace(document);
        const count = countPoints(space) ?? 0n;
        fc.pre(count <= 40n);
        const points = propose(name, space, Number(count)).map(({ params }) => paramsKey(params));
        expect(new Set(points).size).toBe(Number(count));
      }),
      SETTINGS,
    );
  });
});

describe('choosing a sampler', () => {
  const finite = parseSpace({ a: { $choice: [1, 2, 3] } });
  const endless = parseSpace({ a: { $float: [0, 1] } });

  it('takes the grid where the budget covers it', () => {
    expect(resolveSampler('auto', finite, 3)).toBe('grid');
    expect(resolveSampler('auto', finite, 2)).toBe('random');
    expect(resolveSampler('auto', endless, 100)).toBe('random');
  });

  it('ends a grid when no point is left, and refuses one without an end by the hole’s name', () => {
    expect(propose('grid', finite, 9)).toHaveLength(3);
    expect(() => createSampler('grid', endless)).toThrow(/no end of points because of a/);
  });

  it('tells what is not built from what is not there', () => {
    expect(() => createSampler('tpe', finite)).toThrow(/tpe is not built yet; there are random, grid/);
    expect(() => createSampler('toString', finite)).toThrow(/is no sampler/);
  });
});
