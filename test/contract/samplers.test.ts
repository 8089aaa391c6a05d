import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json';
import type { Direction } from '../../src/core/metrics';
import { streamOf } from '../../src/core/random';
import type { ObservedTrial, ProposalRequest } from '../../src/core/search';
import { createSampler, samplerNameOf, samplerNames } from '../../src/samplers';
import { countPoints, isInside, paramsKey, parseSpace, type Space } from '../../src/space';
import { documents } from '../space/documents';

/** Every sampler; those that learn from trials begin to early, so that short studies show them at work. */
const SAMPLERS: readonly (string | JsonObject)[] = [
  'random',
  'grid',
  'sobol',
  { tpe: { startup: 3 } },
  { gp: { startup: 3 } },
  'cmaes',
  { nsga2: { population: 4 } },
];

/** Studies of all kinds: failed, pruned and running trials among the completed ones, values that repeat. */
type Kind = 'plain' | 'equal' | 'troubled' | 'constrained' | 'pareto';

function observed(kind: Kind, number: number, params: ObservedTrial['params']): ObservedTrial {
  const value = kind === 'equal' ? 1 : ((number * 7919) % 13) / 3;
  const trial: ObservedTrial = { number, state: 'completed', params, values: [value] };
  if (kind === 'pareto') return { ...trial, values: [value, -value * value + (number % 3)] };
  if (kind === 'constrained') return { ...trial, constraintViolation: number % 3 === 0 ? 0 : number % 5 };
  if (kind !== 'troubled') return trial;
  if (number % 4 === 1) return { ...trial, state: 'failed', values: null };
  if (number % 4 === 2) return { ...trial, state: 'pruned' };
  return number % 7 === 6 ? { ...trial, state: 'cancelled', values: null } : trial;
}

function requestOf(space: Space, history: readonly ObservedTrial[], kind: Kind): ProposalRequest<Space> {
  const number = history.length;
  const directions: Direction[] = kind === 'pareto' ? ['minimize', 'maximize'] : ['maximize'];
  return { space, history, directions, number, stream: streamOf(5, number), seed: 5, budget: 20 };
}

function study(
  sampler: string | JsonObject,
  space: Space,
  trials: number,
  kind: Kind = 'plain',
): ObservedTrial[] {
  const made = createSampler(sampler, space);
  const history: ObservedTrial[] = [];
  for (let number = 0; number < trials; number++) {
    // Two trials are always under way.
    const running = history.map((trial, i): ObservedTrial => {
      return kind === 'troubled' && i >= number - 2 ? { ...trial, state: 'running', values: null } : trial;
    });
    const request = requestOf(space, running, kind);
    const before = JSON.stringify(running);
    const params = made.propose(request);
    expect(JSON.stringify(running)).toBe(before);
    if (params === null) break;
    history.push(observed(kind, number, params));
  }
  return history;
}

it('has a case for each sampler', () => {
  expect(SAMPLERS.map(samplerNameOf).sort()).toEqual(samplerNames.toSorted());
});

describe.each(SAMPLERS.map((sampler) => ({ sampler, name: samplerNameOf(sampler) })))(
  'the sampler $name',
  ({ sampler, name }) => {
    const spaces = documents(name === 'grid');
    const settings = { seed: 11, numRuns: name === 'gp' ? 12 : 40 };

    it('stays inside any space, and is a function of history and stream', () => {
      fc.assert(
        fc.property(spaces, (document) => {
          const space = parseSpace(document);
          const history = study(sampler, space, 10);
          for (const { params } of history) expect(isInside(space, params)).toBe(true);
          // A sampler that has seen nothing says the same as one that has seen all: nothing is remembered.
          const last = history.at(-1);
          if (last === undefined) return;
          const fresh = createSampler(sampler, space);
          const request = requestOf(space, history.slice(0, -1), 'plain');
          expect(fresh.propose(request)).toEqual(last.params);
        }),
        settings,
      );
    });

    it.each(['equal', 'troubled', 'constrained', 'pareto'] as const)(
      'copes with a study that is %s',
      (kind) => {
        fc.assert(
          fc.property(spaces, (document) => {
            const space = parseSpace(document);
            for (const { params } of study(sampler, space, 12, kind)) {
              expect(isInside(space, params)).toBe(true);
            }
          }),
          { ...settings, numRuns: name === 'gp' ? 4 : 10 },
        );
      },
    );

    it('proposes no point twice while a finite space has others', () => {
      fc.assert(
        fc.property(documents(true), (document) => {
          const space = parseSpace(document);
          const count = countPoints(space) ?? 0n;
          fc.pre(count <= (name === 'gp' ? 16n : 40n));
          const points = study(sampler, space, Number(count)).map(({ params }) => paramsKey(params));
          expect(new Set(points).size).toBe(Number(count));
        }),
        settings,
      );
    });

    it('reads a history that grew under another sampler', () => {
      const space = parseSpace({ x: { $float: [0, 1] }, n: { $int: [1, 9] } });
      if (name === 'grid') return;
      const history = study('random', space, 30);
      const params = createSampler(sampler, space).propose(requestOf(space, history, 'plain'));
      expect(params !== null && isInside(space, params)).toBe(true);
    });
  },
);
