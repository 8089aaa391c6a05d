import type { Readable } from 'node:stream';
import { stat } from 'node:fs/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { TooLargeError, TuneloomError } from '../../core/errors';
import { fileError } from '../ingest/csv-scan';

/** Files of one archive. Folders and what systems leave behind are not counted. */
export const MOST_ENTRIES = 10_000;
const MOST_RECORDS = 4 * MOST_ENTRIES;
/** All files of an archive, decompressed. */
const MOST_BYTES = 16 * 2 ** 30;
/** What grows more than this, to more than that, is taken for a bomb. */
const MOST_RATIO = 200;
const RATIO_FROM_BYTES = 16 * 2 ** 20;
const STORED = 0;
const DEFLATED = 8;

export interface ArchiveEntry {
  /** As it stands in the archive, with `/`; a label or a message is made of it, never a path. */
  readonly name: string;
  readonly bytes: number;
}

/** A zip whose list of entries has been checked against the limits. Nothing is ever extracted to a name of its own. */
export class Archive {
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<ArchiveEntry, Entry>;

  private constructor(zip: ZipFile, entries: ReadonlyMap<ArchiveEntry, Entry>) {
    this.#zip = zip;
    this.#entries = entries;
  }

  /** @throws InvalidError `invalid_file`; TooLargeError `archive_too_large` with the limit that was passed */
  static async open(path: string): Promise<Archive> {
    const { size } = await stat(path);
    let zip: ZipFile | null = null;
    try {
      zip = await openPromise(path, { lazyEntries: true, validateEntrySizes: true, autoClose: false });
      if (zip.entryCount > MOST_RECORDS) throw tooMany(zip.entryCount);
      const entries = new Map<ArchiveEntry, Entry>();
      let compressed = 0;
      let total = 0;
      for await (const entry of zip.eachEntry()) {
        if (isIgnored(entry.fileName)) continue;
        checkEntry(entry);
        compressed += entry.compressedSize;
        total += entry.uncompressedSize;
        if (entries.size >= MOST_ENTRIES) throw tooMany(zip.entryCount);
        if (total > MOST_BYTES)
          throw tooLarge(`its files are more than ${String(MOST_BYTES)} bytes together`);
        entries.set({ name: entry.fileName, bytes: entry.uncompressedSize }, entry);
      }
      if (compressed > size) throw fileError('file', 'the entries of the zip overlap');
      return new Archive(zip, entries);
    } catch (error) {
      zip?.close();
      if (error instanceof TuneloomError) throw error;
      throw fileError('file', `this is no readable zip: ${messageOf(error)}`);
    }
  }

  /** In the order of the archive's directory. */
  get entries(): readonly ArchiveEntry[] {
    return [...this.#entries.keys()];
  }

  /** @throws InvalidError `invalid_file` with the entry's name */
  async stream(entry: ArchiveEntry): Promise<Readable> {
    const raw = this.#entries.get(entry);
    if (raw === undefined) throw fileError(entry.name, 'is not in the zip');
    try {
      return await this.#zip.openReadStreamPromise(raw);
    } catch (error) {
      throw fileError(entry.name, `cannot be unpacked: ${messageOf(error)}`);
    }
  }

  /** @throws InvalidError `invalid_file` with the entry's name */
  async read(entry: ArchiveEntry): Promise<Buffer> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of await this.stream(entry)) chunks.push(chunk as Buffer);
    } catch (error) {
      if (error instanceof TuneloomError) throw error;
      throw fileError(entry.name, `cannot be unpacked: ${messageOf(error)}`);
    }
    return Buffer.concat(chunks);
  }

  close(): void {
    this.#zip.close();
  }
}

function checkEntry({
  fileName,
  compressionMethod,
  compressedSize,
  uncompressedSize,
  ...entry
}: Entry): void {
  if ((entry.generalPurposeBitFlag & 1) === 1) throw fileError(fileName, 'is encrypted');
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw fileError(
      fileName,
      `is packed by method ${String(compressionMethod)}; save it with deflate, or stored`,
    );
  }
  if (uncompressedSize > RATIO_FROM_BYTES && uncompressedSize > MOST_RATIO * compressedSize) {
    const ratio = String(Math.round(uncompressedSize / Math.max(1, compressedSize)));
    throw tooLarge(
      `${fileName} grows ${ratio} times when it is unpacked; at most ${String(MOST_RATIO)} are allowed`,
    );
  }
}

/** Folders, and the files that systems put beside what was packed. */
function isIgnored(name: string): boolean {
  const parts = name.split('/');
  const last = parts.at(-1) ?? '';
  return name.endsWith('/') || parts.includes('__MACOSX') || last.startsWith('.') || last === 'Thumbs.db';
}

function tooMany(count: number): TooLargeError {
  return tooLarge(`it has ${String(count)} entries; at most ${String(MOST_ENTRIES)} files are allowed`);
}

function tooLarge(message: string): TooLargeError {
  return new TooLargeError('archive_too_large', `the zip is too large: ${message}`, {
    errors: [{ path: 'file', message }],
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
