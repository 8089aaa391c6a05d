import { bytesOfRows, closeTable, inputRows, type PreparedTable } from '../datasets';

/** Of tables that lie in files: so much of the disk stays theirs, in use or not. */
const MOST_DISK_BYTES = 8 * 2 ** 30;

interface Entry {
  readonly table: Promise<PreparedTable>;
  bytes: { readonly memory: number; readonly disk: number };
  users: number;
}

/**
 * Prepared tables of one process, by key; the least recently used go first. Requests for one key share one preparation. A
 * table that lies in a file is closed when it has gone and nothing uses it any more.
 */
export class PreparedCache {
  readonly #mostBytes: number;
  readonly #mostDiskBytes: number;
  readonly #entries = new Map<string, Entry>();

  constructor(mostBytes: number, mostDiskBytes = MOST_DISK_BYTES) {
    this.#mostBytes = mostBytes;
    this.#mostDiskBytes = mostDiskBytes;
  }

  /** Works with a table; it stays whole until the work is done. */
  async use<T>(
    key: string,
    prepare: () => Promise<PreparedTable>,
    work: (table: PreparedTable) => Promise<T>,
  ): Promise<T> {
    const entry = this.#entry(key, prepare);
    entry.users += 1;
    try {
      return await work(await entry.table);
    } finally {
      entry.users -= 1;
      if (this.#entries.get(key) !== entry) await close(entry);
      else this.#shrink(key);
    }
  }

  #entry(key: string, prepare: () => Promise<PreparedTable>): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      // Last in the map's order: used most recently.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    const entry: Entry = { table: prepare(), bytes: { memory: 0, disk: 0 }, users: 0 };
    this.#entries.set(key, entry);
    entry.table.then(
      (table) => {
        entry.bytes = bytesOf(table);
        this.#shrink(key);
      },
      () => {
        this.#entries.delete(key);
      },
    );
    return entry;
  }

  #shrink(spared: string): void {
    const total = { memory: 0, disk: 0 };
    for (const { bytes } of this.#entries.values()) {
      total.memory += bytes.memory;
      total.disk += bytes.disk;
    }
    for (const [key, entry] of [...this.#entries]) {
      const frees =
        (entry.bytes.memory > 0 && total.memory > this.#mostBytes) ||
        (entry.bytes.disk > 0 && total.disk > this.#mostDiskBytes);
      if (key === spared || !frees) continue;
      this.#entries.delete(key);
      total.memory -= entry.bytes.memory;
      total.disk -= entry.bytes.disk;
      if (entry.users === 0) void close(entry);
    }
  }
}

/** @returns when what nobody uses any more is closed */
async function close({ table, users }: Entry): Promise<void> {
  if (users > 0) return;
  closeTable(await table);
}

function bytesOf({ parts }: PreparedTable): Entry['bytes'] {
  const total = { memory: 0, disk: 0 };
  for (const part of Object.values(parts)) {
    total.memory += part.y.byteLength;
    for (const rows of inputRows(part)) {
      const { memory, disk } = bytesOfRows(rows);
      total.memory += memory;
      total.disk += disk;
    }
  }
  return total;
}
