import { bytesOfRows, type PreparedTable } from '../datasets';

/** Prepared tables of one process, by key; the least recently used go first. Requests for one key share one preparation. */
export class PreparedCache {
  readonly #mostBytes: number;
  readonly #tables = new Map<string, Promise<PreparedTable>>();
  readonly #bytes = new Map<string, number>();

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  async get(key: string, prepare: () => Promise<PreparedTable>): Promise<PreparedTable> {
    const known = this.#tables.get(key);
    if (known !== undefined) {
      // Last in the map's order: used most recently.
      this.#tables.delete(key);
      this.#tables.set(key, known);
      return known;
    }
    const made = prepare();
    this.#tables.set(key, made);
    try {
      const table = await made;
      this.#bytes.set(key, bytesOf(table));
      this.#shrink(key);
      return table;
    } catch (error) {
      this.#tables.delete(key);
      throw error;
    }
  }

  #shrink(spared: string): void {
    let total = [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const key of [...this.#tables.keys()]) {
      if (total <= this.#mostBytes) return;
      const bytes = this.#bytes.get(key);
      if (key === spared || bytes === undefined) continue;
      this.#tables.delete(key);
      this.#bytes.delete(key);
      total -= bytes;
    }
  }
}

function bytesOf({ parts }: PreparedTable): number {
  return Object.values(parts).reduce((sum, { x, y }) => sum + bytesOfRows(x) + y.byteLength, 0);
}
