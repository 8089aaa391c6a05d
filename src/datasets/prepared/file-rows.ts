import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { InternalError } from '../../core/errors';

/** Bytes that one read takes at most; rows that lie this far apart are read one by one. */
const SPAN_BYTES = 1 << 18;
const MOST_GAP_BYTES = 1 << 15;

/**
 * Rows in a file that has lost its name: it is gone with the process, whatever ends that. All threads of the process read it
 * by its descriptor.
 */
export interface FileRows {
  readonly kind: 'file';
  readonly descriptor: number;
  readonly bytes: number;
}

/** Writes rows one after the other. @throws Error ENOSPC where the disk is full */
export class FileRowsWriter {
  readonly #descriptor: number;
  #bytes = 0;

  /** @param folder on a disk, because a temporary folder may lie in memory */
  constructor(folder: string) {
    const path = join(folder, `.prepared-${randomBytes(8).toString('hex')}`);
    this.#descriptor = openSync(path, 'wx+');
    unlinkSync(path);
  }

  write(rows: Float32Array | Uint8Array): void {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    for (let from = 0; from < bytes.length;) from += writeSync(this.#descriptor, bytes, from);
    this.#bytes += bytes.length;
  }

  finish(): FileRows {
    return { kind: 'file', descriptor: this.#descriptor, bytes: this.#bytes };
  }

  abandon(): void {
    closeSync(this.#descriptor);
  }
}

/** The file's place on the disk is free again. No thread may read it any more. */
export function closeFileRows({ descriptor }: FileRows): void {
  closeSync(descriptor);
}

let scratch = new Uint8Array(SPAN_BYTES);

/**
 * Reads the chosen rows in the order of the file, those that lie near each other at once.
 * @param take gets the place of a row in `order`, and where its bytes begin; they hold until it returns
 */
export function eachFileRow(
  { descriptor }: FileRows,
  rowBytes: number,
  order: Uint32Array,
  take: (place: number, bytes: Uint8Array, at: number) => void,
): void {
  const count = order.length;
  // A row and its place in one number: sorted without a comparison in JavaScript.
  const keys = Float64Array.from(order, (row, place) => row * count + place).sort();
  const rowOf = (i: number): number => Math.floor((keys[i] ?? 0) / count);
  if (rowBytes > scratch.length) scratch = new Uint8Array(rowBytes);
  for (let i = 0; i < count;) {
    const start = rowOf(i) * rowBytes;
    let end = i + 1;
    let last = start + rowBytes;
    for (; end < count; end++) {
      const from = rowOf(end) * rowBytes;
      if (from + rowBytes - start > scratch.length || from - last > MOST_GAP_BYTES) break;
      last = from + rowBytes;
    }
    readExactly(descriptor, scratch, last - start, start);
    for (; i < end; i++) {
      const row = rowOf(i);
      take((keys[i] ?? 0) - row * count, scratch, row * rowBytes - start);
    }
  }
}

/** Bytes [from, to) of the file. */
export function readFileBytes({ descriptor }: FileRows, from: number, to: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(to - from);
  readExactly(descriptor, bytes, bytes.length, from);
  return bytes;
}

function readExactly(descriptor: number, into: Uint8Array, length: number, position: number): void {
  for (let done = 0; done < length;) {
    const read = readSync(descriptor, into, done, length - done, position + done);
    if (read === 0) throw new InternalError('rows_gone', 'a file of prepared rows is shorter than it was');
    done += read;
  }
}
