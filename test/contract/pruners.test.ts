import fc from 'fast-check';
import type { PeerCurve } from '../../src/core/search';
import { createPruner, prunerNames, resolvePruner } from '../../src/pruners';

const curve = fc
  .array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 8 })
  .map((values) => {
    let best = Infinity;
    return values.map((value) => (best = Math.min(best, value)));
  });

function peerOf(
  runningBest: readonly (number | null)[],
  number: number,
  state: PeerCurve['state'] = 'completed',
): PeerCurve {
  return { number, state, runningBest };
}

describe.each(prunerNames)('the pruner %s', (name) => {
  it('never stops the best trial seen so far at a step', () => {
    fc.assert(
      fc.property(curve, fc.array(curve, { maxLength: 12 }), (own, others) => {
        const step = own.length;
        const peers = others.map((values, i) => peerOf(values, i + 1));
        const value = own.at(-1) ?? Infinity;
        fc.pre(
          peers.every(
            ({ runningBest }) => (runningBest[Math.min(step, runningBest.length) - 1] ?? Infinity) >= value,
          ),
        );
        expect(createPruner(name).shouldPrune(peerOf(own, 0, 'running'), step, peers, 'minimize')).toBe(
          false,
        );
      }),
      { seed: 13 },
    );
  });
});

describe('the median pruner', () => {
  const pruner = createPruner({ median: { startupTrials: 3, minEpochs: 2 } });
  const peers = [1, 2, 3].map((value, i) => peerOf([value + 1, value], i + 1));

  it('stops what is worse than the median at the step, in either direction', () => {
    expect(pruner.shouldPrune(peerOf([9, 2.5], 0, 'running'), 2, peers, 'minimize')).toBe(true);
    expect(pruner.shouldPrune(peerOf([9, 2], 0, 'running'), 2, peers, 'minimize')).toBe(false);
    expect(pruner.shouldPrune(peerOf([0, 1.5], 0, 'running'), 2, peers, 'maximize')).toBe(true);
  });

  it('waits for enough peers, and does not count failed ones', () => {
    const failed = peers.map((peer) => ({ ...peer, state: 'failed' as const }));
    expect(pruner.shouldPrune(peerOf([9, 9], 0, 'running'), 2, peers.slice(1), 'minimize')).toBe(false);
    expect(pruner.shouldPrune(peerOf([9, 9], 0, 'running'), 2, failed, 'minimize')).toBe(false);
  });

  it('is asked from its first epoch on', () => {
    expect(pruner.verdicts).toEqual({ from: 2, every: 1 });
    expect(createPruner('none').verdicts).toBeNull();
    expect(resolvePruner('auto')).toBe('median');
  });

  it('refuses options by name', () => {
    expect(() => createPruner({ median: { warmup: 1 } })).toThrow(
      /search.pruner.median.warmup: unknown option/,
    );
    expect(() => createPruner({ median: { minEpochs: 0.5 } })).toThrow(/whole number of at least 1/);
    expect(() => createPruner('asha')).toThrow(/not built yet/);
  });
});
