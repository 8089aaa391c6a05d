/** Something compiled that holds memory outside JavaScript's heap. */
export interface Cached {
  /** What it may hold, at most. */
  readonly bytes: number;
  release(): Promise<void>;
}

export interface CacheLimits {
  readonly programs: number;
  readonly bytes: number;
}

/**
 * Programs of a thread by their signature; the longest unused goes first. Bounded in number and in bytes, but the one
 * that was asked for last stays, however large.
 */
export class ProgramCache<T extends Cached> {
  readonly #limits: CacheLimits;
  readonly #programs = new Map<string, T>();
  #bytes = 0;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#programs.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param make called where the signature is new; what it throws leaves the cache as it was */
  async get(signature: string, make: () => Promise<T>): Promise<T> {
    const known = this.#programs.get(signature);
    const program = known ?? (await make());
    if (known === undefined) this.#bytes += program.bytes;
    // Last in the map's order: used most recently.
    this.#programs.delete(signature);
    this.#programs.set(signature, program);
    for (const [oldest, unused] of this.#programs) {
      const fits = this.#programs.size <= this.#limits.programs && this.#bytes <= this.#limits.bytes;
      if (fits || unused === program) break;
      this.#programs.delete(oldest);
      this.#bytes -= unused.bytes;
      await unused.release();
    }
    return program;
  }
}
