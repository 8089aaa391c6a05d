import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnProfile, ImageShape, RowObject } from '../core/dataset';
import { InternalError } from '../core/errors';
import { encodePng } from './images/decode';
import { MANIFEST_FILE, TABLE_VERSION, type ColumnStorage, type TableManifest } from './table-format';

/** Rows of a column that are read at once where it is not needed whole. */
export const ROWS_AT_ONCE = 1 << 16;

type Cell = RowObject[string];

/** A column in memory: numbers with NaN for a missing value, or codes into `levels` with -1. */
export type TableColumn =
  | { readonly kind: 'numbers'; readonly values: Float64Array }
  | { readonly kind: 'codes'; readonly values: Int32Array; readonly levels: readonly string[] };

/** The parsed columns of a dataset, on disk. */
export class Table {
  readonly #folder: string;
  readonly #manifest: TableManifest;

  constructor(folder: string, manifest: TableManifest) {
    this.#folder = folder;
    this.#manifest = manifest;
  }

  get rowCount(): number {
    return this.#manifest.rows;
  }

  get profiles(): readonly ColumnProfile[] {
    return this.#manifest.columns.map(({ profile }) => profile);
  }

  profile(name: string): ColumnProfile {
    return this.#column(name).profile;
  }

  /** A whole column; texts as codes of their distinct values. @throws InternalError `no_numbers` for images */
  async column(name: string): Promise<TableColumn> {
    const { storage } = this.#column(name);
    if (storage.kind === 'texts') return this.#textCodes(name, storage, null);
    if (storage.kind === 'images')
      throw new InternalError('no_numbers', `column ${name} holds images, no numbers`);
    return this.slice(name, 0, this.rowCount);
  }

  /** Rows [start, end) of a column; texts as codes of their distinct values there. @throws InternalError `no_numbers` for images */
  async slice(name: string, start: number, end: number): Promise<TableColumn> {
    const { profile, storage } = this.#column(name);
    const count = end - start;
    switch (storage.kind) {
      case 'numbers': {
        const bytes = await this.#slice(storage.file, start * 8, count * 8);
        return { kind: 'numbers', values: new Float64Array(bytes) };
      }
      case 'codes': {
        const bytes = await this.#slice(storage.file, start * 4, count * 4);
        return { kind: 'codes', values: new Int32Array(bytes), levels: storage.levels };
      }
      case 'texts': {
        const known = new Map<string, number>();
        const values = new Int32Array(count).fill(-1);
        (await this.#cells(profile, storage, start, end)).forEach((text, i) => {
          if (typeof text === 'string') values[i] = codeOf(known, text);
        });
        return { kind: 'codes', values, levels: [...known.keys()] };
      }
      case 'images':
        throw new InternalError('no_numbers', `column ${name} holds images, no numbers`);
    }
  }

  /** A column in the given rows, one after the other; no more of it is in memory at once. @param rows ascending */
  async pick(name: string, rows: Uint32Array): Promise<TableColumn> {
    const { storage } = this.#column(name);
    if (storage.kind === 'texts') return this.#textCodes(name, storage, rows);
    const isNumbers = storage.kind === 'numbers';
    const values = isNumbers ? new Float64Array(rows.length) : new Int32Array(rows.length);
    for (let i = 0; i < rows.length;) {
      const start = rows[i] ?? 0;
      const end = Math.min(this.rowCount, start + ROWS_AT_ONCE);
      const part = await this.slice(name, start, end);
      for (; i < rows.length && (rows[i] ?? 0) < end; i++)
        values[i] = part.values[(rows[i] ?? 0) - start] ?? 0;
    }
    if (values instanceof Float64Array) return { kind: 'numbers', values };
    return { kind: 'codes', values, levels: storage.kind === 'codes' ? storage.levels : [] };
  }

  /** A numeric, boolean or datetime column. @throws InternalError `no_numbers` for any other */
  async numbers(name: string): Promise<Float64Array> {
    const column = await this.column(name);
    if (column.kind === 'numbers') return column.values;
    throw new InternalError('no_numbers', `column ${name} holds no numbers`);
  }

  /** Of any column: a number for each distinct value, from 0; -1 for a missing one. */
  async codes(name: string): Promise<Int32Array> {
    const column = await this.column(name);
    if (column.kind === 'codes') return column.values;
    const known = new Map<number, number>();
    return Int32Array.from(column.values, (value) => (Number.isNaN(value) ? -1 : codeOf(known, value)));
  }

  /** Levels in the order of their code units, as those of categories are. @param rows ascending; null: all */
  async #textCodes(name: string, storage: ColumnStorage, rows: Uint32Array | null): Promise<TableColumn> {
    const known = new Map<string, number>();
    const values = new Int32Array(rows?.length ?? this.rowCount).fill(-1);
    for (let start = 0, i = 0; i < values.length; start += ROWS_AT_ONCE) {
      const end = Math.min(this.rowCount, start + ROWS_AT_ONCE);
      const texts = await this.#cells(this.profile(name), storage, start, end);
      for (; i < values.length && (rows?.[i] ?? i) < end; i++) {
        const text = texts[(rows?.[i] ?? i) - start];
        if (typeof text === 'string') values[i] = codeOf(known, text);
      }
    }
    const levels = [...known.keys()].sort();
    const places = new Int32Array(levels.length);
    levels.forEach((level, place) => {
      places[known.get(level) ?? 0] = place;
    });
    return { kind: 'codes', values: values.map((code) => (code < 0 ? -1 : (places[code] ?? -1))), levels };
  }

  /** The file of a column of images. @throws InternalError `no_images` for any other */
  images(name: string): { readonly path: string; readonly shape: ImageShape } {
    const { storage } = this.#column(name);
    if (storage.kind !== 'images') throw new InternalError('no_images', `column ${name} holds no images`);
    return { path: join(this.#folder, storage.file), shape: storage.shape };
  }

  /** Rows [start, end) as objects, images as PNG in base64; only their part of the files is read. */
  async rows(start: number, end: number): Promise<readonly RowObject[]> {
    const columns = await Promise.all(
      this.#manifest.columns.map(async ({ profile, storage }) => ({
        name: profile.name,
        cells: await this.#cells(profile, storage, start, end),
      })),
    );
    return Array.from({ length: Math.max(0, end - start) }, (_, i) =>
      Object.fromEntries(columns.map(({ name, cells }) => [name, cells[i] ?? null])),
    );
  }

  async #cells(
    profile: ColumnProfile,
    storage: ColumnStorage,
    start: number,
    end: number,
  ): Promise<readonly Cell[]> {
    const count = Math.max(0, end - start);
    if (storage.kind === 'numbers') {
      const bytes = await this.#slice(storage.file, start * 8, count * 8);
      return Array.from(new Float64Array(bytes), (value) => shown(profile, value));
    }
    if (storage.kind === 'codes') {
      const bytes = await this.#slice(storage.file, start * 4, count * 4);
      return Array.from(new Int32Array(bytes), (code) => storage.levels[code] ?? null);
    }
    if (storage.kind === 'images') {
      const { shape } = storage;
      const size = shape.height * shape.width * shape.channels;
      const pixels = new Uint8Array(await this.#slice(storage.file, start * size, count * size));
      return Promise.all(
        Array.from({ length: count }, async (_, i) =>
          (await encodePng(pixels.subarray(i * size, (i + 1) * size), shape)).toString('base64'),
        ),
      );
    }
    const offsets = new Float64Array(await this.#slice(storage.offsets, start * 8, (count + 1) * 8));
    const first = offsets[0] ?? 0;
    const texts = Buffer.from(await this.#slice(storage.file, first, (offsets[count] ?? first) - first));
    return Array.from({ length: count }, (_, i) => {
      const text = texts.toString('utf8', (offsets[i] ?? 0) - first, (offsets[i + 1] ?? 0) - first);
      return text === '' ? null : text;
    });
  }

  async #slice(file: string, position: number, length: number): Promise<ArrayBuffer> {
    let handle: FileHandle | null = null;
    try {
      handle = await open(join(this.#folder, file), 'r');
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
        if (bytesRead === 0)
          throw new InternalError('table_short', `${file} of the table is shorter than it was`);
        done += bytesRead;
      }
      return bytes.buffer;
    } finally {
      await handle?.close();
    }
  }

  #column(name: string): TableManifest['columns'][number] {
    const column = this.#manifest.columns.find(({ profile }) => profile.name === name);
    if (column === undefined) throw new InternalError('column_gone', `the table has no column ${name}`);
    return column;
  }
}

/** The number of a value: that of its first occurrence among distinct ones. */
function codeOf<T>(known: Map<T, number>, value: T): number {
  const code = known.get(value) ?? known.size;
  if (code === known.size) known.set(value, code);
  return code;
}

export async function openTable(folder: string): Promise<Table> {
  const manifest = JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8')) as TableManifest;
  // Widened, because a file may say anything.
  const version: number = manifest.version;
  if (version !== TABLE_VERSION) {
    throw new InternalError(
      'table_version',
      `the table in ${folder} has version ${String(version)}; upload the file again`,
    );
  }
  return new Table(folder, manifest);
}

function shown({ type }: ColumnProfile, value: number): Cell {
  if (Number.isNaN(value)) return null;
  if (type === 'boolean') return value === 1;
  return type === 'datetime' ? new Date(value).toISOString() : value;
}
