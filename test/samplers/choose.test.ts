import { chooseSampler, createSampler, mostParallel, reasonForSampler } from '../../src/samplers';
import { parseSpace } from '../../src/space';

const finite = parseSpace({ a: { $choice: [1, 2, 3] } });
const continuous = parseSpace({ a: { $float: [0, 1] } });
const situation = { space: continuous, trials: 100, objectives: 1, parallelism: 'auto' } as const;

describe('choosing a sampler', () => {
  it('takes the grid where the budget covers it', () => {
    const few = { ...situation, space: finite };
    expect(chooseSampler('auto', { ...few, trials: 3 })).toMatchObject({
      sampler: 'grid',
      reason: expect.stringContaining('all 3 points') as string,
    });
    expect(chooseSampler('auto', { ...few, trials: 2 }).sampler).not.toBe('grid');
  });

  it.each([
    ['gp', {}],
    ['gp', { objectives: 2 }],
    ['nsga2', { objectives: 3 }],
    ['tpe', { trials: 5000 }],
    ['tpe', { parallelism: 32 }],
    ['random', { space: parseSpace({ a: 1 }) }],
  ])('takes %s for %j, and says why', (sampler, change) => {
    const choice = chooseSampler('auto', { ...situation, ...change });
    expect(choice.sampler).toBe(sampler);
    expect(choice.reason).not.toBeNull();
    expect(reasonForSampler(sampler, { ...situation, ...change })).toBe(choice.reason);
  });

  it('leaves what is asked for as it is, and says where cmaes gives way', () => {
    expect(chooseSampler({ tpe: { startup: 5 } }, situation)).toEqual({
      sampler: { tpe: { startup: 5 } },
      reason: null,
    });
    expect(chooseSampler('cmaes', situation).reason).toBeNull();
    const mixed = parseSpace({ optimizer: { $choice: ['sgd', 'adam'] } });
    expect(chooseSampler('cmaes', { ...situation, space: mixed }).reason).toContain(
      'optimizer is a category',
    );
  });

  it('lets a fifth of a study run at once where trials teach the sampler', () => {
    expect(mostParallel('tpe', 'auto', 50)).toBe(10);
    expect(mostParallel('tpe', 3, 50)).toBe(3);
    expect(mostParallel('random', 'auto', 50)).toBe(Infinity);
    expect(mostParallel('gp', 'auto', 3)).toBe(1);
  });

  it('refuses an endless grid, unknown names and unknown or wrong options', () => {
    expect(() => createSampler('grid', continuous)).toThrow(/no end of points because of a/);
    const mixed = parseSpace({
      units: { $choice: [8, { $float: [1, 2], name: 'scale' }, 16] },
      rate: { $loguniform: [1e-4, 1] },
      layers: { $int: [1, 4] },
    });
    expect(() => createSampler('grid', mixed)).toThrow(
      /because of scale, rate \(its other holes alone make 12 points\)/,
    );
    expect(() => createSampler('toString', finite)).toThrow(/is no sampler/);
    expect(() => createSampler({ tpe: { gamma: 1 } }, finite)).toThrow(/tpe takes startup, candidates/);
    expect(() => createSampler({ gp: { startup: 0 } }, finite)).toThrow(
      /0 must be a whole number in \[1, 1000\]/,
    );
    expect(() => createSampler({ random: { startup: 1 } }, finite)).toThrow(/random takes none/);
  });
});
