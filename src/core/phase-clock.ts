/**
 * What a trial's time on its worker goes to: the table's preparation (waiting for it included), building the network,
 * tracing and writing its graphs, ONNX Runtime's sessions, gathering batches, training steps, measuring, waiting for
 * the pruner's verdict, and writing the artifact. The `steps` of an eager engine include its batches.
 */
export const TRIAL_PHASES = [
  'prepare',
  'build',
  'trace',
  'session',
  'batches',
  'steps',
  'evaluate',
  'verdict',
  'export',
] as const;
export type TrialPhase = (typeof TRIAL_PHASES)[number];

/** Milliseconds by phase; a phase that did not occur is left out. */
export type PhaseTimes = Partial<Record<TrialPhase, number>>;

/** Divides time among phases. Phases nest: the inner one's time is not the outer one's. */
export class PhaseClock {
  readonly #now: () => number;
  readonly #open: TrialPhase[] = [];
  #times: PhaseTimes = {};
  #since = 0;

  /** @param now milliseconds that never go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Does the work, and counts its time, awaiting included, to the phase. */
  async spend<T>(phase: TrialPhase, work: () => T | Promise<T>): Promise<T> {
    this.#book();
    this.#open.push(phase);
    try {
      return await work();
    } finally {
      this.#book();
      this.#open.pop();
    }
  }

  /** The times since the last call; the clock begins again at nothing. */
  take(): PhaseTimes {
    this.#book();
    const times = this.#times;
    this.#times = {};
    return times;
  }

  #book(): void {
    const now = this.#now();
    const phase = this.#open.at(-1);
    if (phase !== undefined) this.#times[phase] = (this.#times[phase] ?? 0) + now - this.#since;
    this.#since = now;
  }
}

/** The clock of this thread, which trains one trial at a time. */
export const threadClock = new PhaseClock();
