import fc from 'fast-check';
import type { Direction } from '../../src/core/metrics';
import type { PeerCurve, Pruner } from '../../src/core/search';
import { createPruner, prunerNames, resolvePruner } from '../../src/pruners';

const MOST = 27;
const context = { maxSteps: MOST };

/** One value after another; each trial's running best is made of them. */
const values = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: MOST });
const states = fc.constantFrom<PeerCurve['state']>('running', 'completed', 'pruned', 'waiting');

function curveOf(
  numbers: readonly number[],
  number: number,
  state: PeerCurve['state'] = 'completed',
): PeerCurve {
  let best = Infinity;
  return {
    number,
    state,
    steps: numbers.map((_, i) => i + 1),
    bests: numbers.map((value) => [(best = Math.min(best, value))]),
  };
}

/** The curve up to a step. */
function upTo({ number, state, steps, bests }: PeerCurve, step: number): PeerCurve {
  return { number, state, steps: steps.slice(0, step), bests: bests.slice(0, step) };
}

function bestAt({ steps, bests, state }: PeerCurve, step: number): number {
  if (steps.length < step && state !== 'completed') return Infinity;
  return bests[Math.min(step, bests.length) - 1]?.[0] ?? Infinity;
}

const comparing = prunerNames.filter((name) => name !== 'threshold');

describe.each(comparing)('the pruner %s', (name) => {
  const pruner = createPruner(name, context);

  it('never stops the best trial seen so far at a step, in either direction', () => {
    fc.assert(
      fc.property(
        values,
        fc.array(fc.tuple(values, states), { maxLength: 12 }),
        fc.nat(200),
        fc.constantFrom<Direction>('minimize', 'maximize'),
        (own, others, number, direction) => {
          const peers = others.map(([list, state], i) => curveOf(list, number + i + 1, state));
          const trial = curveOf(own, number, 'running');
          const step = own.length;
          fc.pre(peers.every((peer) => bestAt(peer, step) >= bestAt(trial, step)));
          const turned = (curve: PeerCurve): PeerCurve =>
            direction === 'minimize'
              ? curve
              : { ...curve, bests: curve.bests.map((best) => (best ?? []).map((value) => -value)) };
          expect(pruner.shouldPrune(turned(trial), peers.map(turned), [direction])).toBe(false);
        },
      ),
      { seed: 13 },
    );
  });

  it('never stops a trial that no other dominates at its step', () => {
    const vectors = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
      minLength: MOST,
      maxLength: MOST,
    });
    const directions = ['minimize', 'maximize'] as const;
    fc.assert(
      fc.property(
        fc.array(vectors, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: MOST }),
        (all, step) => {
          const curves = all.map((bests, number): PeerCurve => {
            return {
              number,
              state: number === 0 ? 'running' : 'completed',
              steps: bests.map((_, i) => i + 1),
              bests,
            };
          });
          const [own = curveOf([0], 0), ...peers] = curves;
          const [cost = 0, gain = 0] = own.bests[step - 1] ?? [];
          const dominated = peers.some(({ bests }) => {
            const [a = 0, b = 0] = bests[step - 1] ?? [];
            return a <= cost && b >= gain && (a < cost || b > gain);
          });
          fc.pre(!dominated);
          expect(pruner.shouldPrune(upTo(own, step), peers, directions)).toBe(false);
        },
      ),
      { seed: 13 },
    );
  });

  it('has verdicts on steps from 1 alone, and none on the last', () => {
    for (let trial = 0; trial < 60; trial++) {
      const verdicts = pruner.verdicts(trial);
      if (verdicts === null) continue;
      const steps = 'at' in verdicts ? verdicts.at : [verdicts.from];
      expect(steps.every((step) => step >= 1 && step < MOST)).toBe(true);
      expect([...steps].sort((a, b) => a - b)).toEqual(steps);
    }
  });
});

const PEERS = [1, 2, 3, 4, 5].map((value) => curveOf([value + 1, value], value));
const judge = (
  pruner: Pruner,
  numbers: readonly number[],
  peers = PEERS,
  direction: Direction = 'minimize',
): boolean => pruner.shouldPrune(curveOf(numbers, 0, 'running'), peers, [direction]);

describe('the median pruner', () => {
  const pruner = createPruner({ median: { startupTrials: 3, minEpochs: 2 } }, context);

  it('stops what is worse than the median of completed trials at the step', () => {
    expect(judge(pruner, [9, 3.5])).toBe(true);
    expect(judge(pruner, [9, 3])).toBe(false);
    expect(judge(pruner, [9, 2.5], PEERS, 'maximize')).toBe(true);
  });

  it('waits for its first epoch and for enough completed peers', () => {
    expect(judge(pruner, [9])).toBe(false);
    expect(judge(pruner, [9, 9], PEERS.slice(3))).toBe(false);
    const pruned = PEERS.map((peer) => ({ ...peer, state: 'pruned' as const }));
    expect(judge(pruner, [9, 9], pruned)).toBe(false);
  });

  it('is asked from its first epoch on', () => {
    expect(pruner.verdicts(0)).toEqual({ from: 2, every: 1 });
    expect(createPruner('none', context).verdicts(0)).toBeNull();
  });
});

describe('the percentile pruner', () => {
  it('lets the best so many of a hundred go on', () => {
    const pruner = createPruner({ percentile: { percentile: 25 } }, context);
    expect(judge(pruner, [9, 2])).toBe(false);
    expect(judge(pruner, [9, 2.1])).toBe(true);
  });
});

describe('the threshold pruner', () => {
  it('stops what lies outside its limits, whatever others do', () => {
    const pruner = createPruner({ threshold: { lower: 0, upper: 2, minEpochs: 2 } }, context);
    expect(judge(pruner, [9])).toBe(false);
    expect(judge(pruner, [9, 3], [])).toBe(true);
    expect(judge(pruner, [1, 3], [])).toBe(false);
    expect(judge(pruner, [1, -1], [])).toBe(true);
  });

  it('needs a limit', () => {
    expect(() => createPruner('threshold', context)).toThrow(
      /search.pruner.threshold: give lower, upper or both/,
    );
  });
});

describe('the patient pruner', () => {
  const pruner = createPruner({ patient: { patience: 2, of: { median: { startupTrials: 1 } } } }, context);
  const peers = [curveOf([1, 1, 1, 1, 1], 1)];

  it('forgives steps without improvement, and then does what the other pruner says', () => {
    expect(judge(pruner, [9, 8, 7, 6], peers)).toBe(false);
    expect(judge(pruner, [9, 8, 8], peers)).toBe(false);
    expect(judge(pruner, [9, 8, 8, 8], peers)).toBe(true);
    expect(judge(pruner, [1, 1, 1, 1], peers)).toBe(false);
  });

  it('alone stops what does not improve', () => {
    const alone = createPruner({ patient: { patience: 2, of: null } }, context);
    expect(judge(alone, [1, 1, 1], [])).toBe(true);
    expect(judge(alone, [3, 2, 1], [])).toBe(false);
  });
});

describe('the asha pruner', () => {
  const pruner = createPruner('asha', context);
  const reached = (count: number): PeerCurve[] =>
    Array.from({ length: count }, (_, i) => curveOf([i + 1], i + 1, 'waiting'));

  it('lets the best third of a rung go on', () => {
    expect(pruner.verdicts(0)).toEqual({ at: [1, 3, 9] });
    expect(judge(pruner, [1.5], reached(2))).toBe(true);
    expect(judge(pruner, [1.5], reached(5))).toBe(false);
    expect(judge(pruner, [2.5], reached(5))).toBe(true);
    expect(judge(pruner, [9, 9], reached(5))).toBe(false);
  });

  it('promotes paused trials when enough others have come, from the highest rung down', () => {
    const paused = [curveOf([1], 1, 'waiting'), curveOf([2], 2, 'waiting'), curveOf([5, 5, 5], 9, 'waiting')];
    const running = Array.from({ length: 3 }, (_, i) => curveOf([10], 20 + i, 'running'));
    expect(pruner.promotable(paused, paused, ['minimize'])).toEqual([9, 1]);
    expect(pruner.promotable(paused, [...paused, ...running], ['minimize'])).toEqual([9, 1, 2]);
  });

  it('counts trials that ended by themselves at later rungs', () => {
    const ended = [curveOf([1], 1), curveOf([2], 2)];
    expect(judge(pruner, [3, 3, 3], ended)).toBe(true);
    expect(judge(pruner, [0.5, 0.5, 0.5], ended)).toBe(false);
  });

  it('judges a caller that skips steps at the first report past a rung', () => {
    const sparse = (value: number, number: number): PeerCurve => {
      return { number, state: 'running', steps: [5, 10], bests: [[value], [value]] };
    };
    expect(pruner.shouldPrune(sparse(2, 1), [sparse(1, 2), sparse(3, 3)], ['minimize'])).toBe(true);
    expect(pruner.shouldPrune({ ...sparse(2, 1), steps: [10, 11] }, [sparse(1, 2)], ['minimize'])).toBe(
      false,
    );
  });
});

describe('the hyperband pruner', () => {
  const pruner = createPruner('hyperband', { maxSteps: 40 });

  it('deals trials out to brackets by their share of the budget', () => {
    const first = Array.from({ length: 49 }, (_, i) => {
      const verdicts = pruner.verdicts(i);
      return verdicts !== null && 'at' in verdicts ? (verdicts.at[0] ?? 'never') : 'none';
    });
    const count = (rung: number | string): number => first.filter((other) => other === rung).length;
    expect([count(1), count(3), count(9), count(27)]).toEqual([27, 12, 6, 4]);
  });

  it('compares trials within their bracket alone', () => {
    const others = Array.from({ length: 48 }, (_, i) => i + 1);
    const isMate = (number: number): boolean =>
      JSON.stringify(pruner.verdicts(number)) === JSON.stringify(pruner.verdicts(0));
    const mates = others.filter(isMate).map((number) => curveOf([1], number));
    const strangers = others.filter((number) => !isMate(number)).map((number) => curveOf([1], number));
    expect(judge(pruner, [2], strangers)).toBe(false);
    expect(judge(pruner, [2], mates)).toBe(true);
  });

  it('needs to know the largest step', () => {
    expect(() => createPruner('hyperband', { maxSteps: null })).toThrow(/search.maxSteps: is needed/);
  });
});

describe('a pruner', () => {
  it('is chosen by steps and budget', () => {
    expect(resolvePruner('auto', { maxSteps: 50, trials: 50 })).toBe('asha');
    expect(resolvePruner('auto', { maxSteps: 50, trials: 10 })).toBe('median');
    expect(resolvePruner('auto', { maxSteps: 5, trials: 50 })).toBe('median');
    expect(resolvePruner('none', { maxSteps: 50, trials: 50 })).toBe('none');
  });

  it.each([
    [{ median: { warmup: 1 } }, /search.pruner.median.warmup: unknown option/],
    [
      { median: { minEpochs: 0.5 } },
      /search.pruner.median.minEpochs: 0.5 must be a whole number of at least 1/,
    ],
    [{ asha: { reduction: 1 } }, /search.pruner.asha.reduction: 1 must be a whole number of at least 2/],
    [{ percentile: { percentile: 100 } }, /search.pruner.percentile.percentile: 100 must be a number/],
    [{ patient: { of: { asha: { pace: 1 } } } }, /search.pruner.patient.of.asha.pace: unknown option/],
    [{ patient: { of: 'nobody' } }, /search.pruner.patient.of: "nobody" is no pruner/],
    ['hyperbad', /"hyperbad" is no pruner/],
    [{ asha: {}, median: {} }, /must be a name, or an object of one name/],
  ])('refuses %j by name', (wrong, message) => {
    expect(() => createPruner(wrong, context)).toThrow(message);
  });
});
