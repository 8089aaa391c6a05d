import { PULSE, SIGNAL_BYTES } from '../../src/workers/messages';
import { Watchdog, type WatchedKind } from '../../src/workers/watchdog';

const SECOND = 1000;

/** A job that gives a sign of life at these seconds; looked at every second, it is found stuck at the second that is given. */
function stuckAt(kind: WatchedKind, signs: readonly number[], until: number): number | null {
  const watchdog = new Watchdog();
  const signals = new Int32Array(new SharedArrayBuffer(SIGNAL_BYTES));
  watchdog.watch('job', kind, signals, 0);
  for (let second = 1; second <= until; second++) {
    if (signs.includes(second)) Atomics.add(signals, PULSE, 1);
    if (watchdog.look(second * SECOND).length > 0) return second;
  }
  return null;
}

describe('the watchdog', () => {
  it('finds a trial that is silent for more than half a minute beyond its longest gaps', () => {
    // Gaps of one second: 30 s and 20 of them.
    expect(stuckAt('trial', [1, 2, 3], 1000)).toBe(3 + 30 + 20 + 1);
    expect(stuckAt('trial', [1, 2, 3, 50, 100], 1000)).toBe(null);
  });

  it('gives a first step ten minutes', () => {
    expect(stuckAt('trial', [], 1000)).toBe(601);
    expect(stuckAt('trial', [599], 1000)).toBe(null);
  });

  it('finds an errand that is silent for ten minutes, at its beginning or later', () => {
    expect(stuckAt('errand', [], 2000)).toBe(601);
    expect(stuckAt('errand', [1, 2, 3], 2000)).toBe(604);
    expect(stuckAt('errand', [1, 600, 1199], 1700)).toBe(null);
  });

  it('looks at nothing that is forgotten, and tells jobs apart', () => {
    const watchdog = new Watchdog();
    const signals = (): Int32Array => new Int32Array(new SharedArrayBuffer(SIGNAL_BYTES));
    watchdog.watch('a', 'errand', signals(), 0);
    watchdog.watch('b', 'errand', signals(), 0);
    watchdog.watch('c', 'errand', signals(), 100 * SECOND);
    watchdog.forget('b');
    expect(watchdog.look(601 * SECOND)).toEqual(['a']);
  });
});
