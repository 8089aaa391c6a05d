import { FileRowsWriter, type FileRows } from './file-rows';

/** Takes rows one after the other, and keeps them in memory that the threads of a process share, or in a file. */
export class RowStore<Elements extends Float32Array | Uint8Array> {
  readonly #memory: Elements | null;
  readonly #file: FileRowsWriter | null;
  #length = 0;

  private constructor(memory: Elements | null, file: FileRowsWriter | null) {
    this.#memory = memory;
    this.#file = file;
  }

  static inMemory<Elements extends Float32Array | Uint8Array>(
    kind: (new (buffer: SharedArrayBuffer) => Elements) & { readonly BYTES_PER_ELEMENT: number },
    length: number,
  ): RowStore<Elements> {
    return new RowStore(new kind(new SharedArrayBuffer(length * kind.BYTES_PER_ELEMENT)), null);
  }

  static inFile<Elements extends Float32Array | Uint8Array>(folder: string): RowStore<Elements> {
    return new RowStore<Elements>(null, new FileRowsWriter(folder));
  }

  write(rows: Elements): void {
    this.#memory?.set(rows, this.#length);
    this.#file?.write(rows);
    this.#length += rows.length;
  }

  rows(): Elements | FileRows {
    return this.#memory ?? (this.#file as FileRowsWriter).finish();
  }

  /** Gives up what has been written. */
  abandon(): void {
    this.#file?.abandon();
  }
}
