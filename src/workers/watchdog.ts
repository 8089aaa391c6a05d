import { PULSE } from './messages';

/** Silence that a trial is allowed beyond the longest gap seen so far … */
const SILENCE_MS = 30_000;
/** … counted so many times, since a busy machine, or a larger part, may make the next one longer. */
const GAPS = 20;
/** Before there is anything to go by: a first step on the slowest engine. */
const FIRST_SILENCE_MS = 600_000;

export type WatchedKind = 'trial' | 'errand';

interface Watched {
  readonly kind: WatchedKind;
  readonly signals: Int32Array;
  pulse: number;
  pulseAt: number;
  longestGap: number;
}

/** Finds the jobs whose threads have shown no sign of life for longer than they should; looks when it is told to. */
export class Watchdog {
  readonly #watched = new Map<string, Watched>();

  /**
   * From now on, until it is forgotten. An errand builds, compiles and trains one network after the other, so that it may
   * stand before a first step at any time.
   * @param now in milliseconds, of a clock that does not go back
   */
  watch(job: string, kind: WatchedKind, signals: Int32Array, now: number): void {
    this.#watched.set(job, { kind, signals, pulse: 0, pulseAt: now, longestGap: 0 });
  }

  forget(job: string): void {
    this.#watched.delete(job);
  }

  /** The jobs that are stuck. */
  look(now: number): readonly string[] {
    return [...this.#watched].flatMap(([job, watched]) => (isStuck(watched, now) ? [job] : []));
  }
}

function isStuck(watched: Watched, now: number): boolean {
  const pulse = Atomics.load(watched.signals, PULSE);
  const gap = now - watched.pulseAt;
  if (pulse !== watched.pulse) {
    watched.longestGap = Math.max(watched.longestGap, gap);
    watched.pulse = pulse;
    watched.pulseAt = now;
    return false;
  }
  const isBeforeStep = watched.kind === 'errand' || pulse <= 1;
  const most = isBeforeStep ? FIRST_SILENCE_MS : SILENCE_MS + GAPS * watched.longestGap;
  return gap > most;
}
