import type { StoredTrial } from '../../../src/core/storage';
import { distinctTrials } from '../../../src/services/final/candidates';
import { resolve } from '../specification/context';

const STUDY = { id: 'st_1', spec: resolve({ target: 'price' }).spec, data: {} as never };

function trial(number: number, value: number, units: number, state = 'completed'): StoredTrial {
  return {
    number,
    state,
    params: { units },
    values: [value],
    metrics: { validation: {} },
    parameters: 1,
    durationMs: 1,
  } as unknown as StoredTrial;
}

function numbersOf(trials: readonly StoredTrial[], best: StoredTrial): readonly number[] {
  return distinctTrials({ ...STUDY, best, trials }).map(({ number }) => number);
}

describe('the trials that an ensemble is picked from', () => {
  it('are the completed ones, best first, without the best and copies', () => {
    const best = trial(2, 0.1, 8);
    const all = [
      trial(0, 0.3, 2),
      trial(1, 0.2, 4),
      best,
      trial(3, 0.1, 8),
      trial(4, 0.4, 2),
      trial(5, 0, 9, 'failed'),
    ];
    expect(numbersOf(all, best)).toEqual([1, 0]);
  });

  it('are in the order of their numbers where they are equally good, in whatever order they come', () => {
    const best = trial(20, 0, 99);
    const all = Array.from({ length: 20 }, (_, i) => trial(i, i % 2, i));
    const wanted = [...all.filter((_, i) => i % 2 === 0), ...all.filter((_, i) => i % 2 === 1)].map(
      ({ number }) => number,
    );
    expect(numbersOf(all, best)).toEqual(wanted);
    expect(numbersOf(all.toReversed(), best)).toEqual(wanted);
  });
});
