import { streamOf } from '../../src/core/random';
import type { ObservedTrial } from '../../src/core/search';
import { chooseSampler, createSampler } from '../../src/samplers';
import { parseSpace } from '../../src/space';
import type { TestFunction } from './functions';

export interface RunResult {
  /** Best value after half and after all of the budget. */
  readonly half: number;
  readonly full: number;
  /** Spent on proposals. */
  readonly milliseconds: number;
}

/** One study of a function with one slot; what it finds depends on the seed alone. */
export function runStudy(f: TestFunction, requested: string, seed: number): RunResult {
  const space = parseSpace(f.document);
  const { sampler: name } = chooseSampler(requested, {
    space,
    trials: f.budget,
    objectives: 1,
    parallelism: 1,
  });
  const sampler = createSampler(name, space);
  const history: ObservedTrial[] = [];
  let best = Infinity;
  let half = Infinity;
  let milliseconds = 0;
  for (let number = 0; number < f.budget; number++) {
    const started = performance.now();
    const params = sampler.propose({
      space,
      history,
      directions: ['minimize'],
      number,
      stream: streamOf(seed, 'sampler', number),
      seed,
      budget: f.budget,
    });
    milliseconds += performance.now() - started;
    if (params === null) break;
    const value = f.value(params);
    history.push({ number, state: 'completed', params, values: [value] });
    best = Math.min(best, value);
    if (number + 1 === Math.floor(f.budget / 2)) half = best;
  }
  return { half, full: best, milliseconds };
}

/** Linear interpolation between order statistics, as numpy's. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (place - Math.floor(place)) * (above - below);
}
