import { closeFileRows, eachFileRow, readFileBytes, type FileRows } from './file-rows';

/** Images of equal size as bytes: a quarter of the memory of the numbers that training takes. */
export interface PixelRows {
  readonly kind: 'pixels';
  /** [rows, height, width, channels], over shared memory or in a file. */
  readonly bytes: Uint8Array | FileRows;
  readonly scale: PixelScale;
}

/** A byte of channel `c` becomes `byte × factor[c] + offset[c]`. */
export interface PixelScale {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

/** Some rows of others, in an order of their own. */
export interface ChosenRows {
  readonly kind: 'chosen';
  readonly of: PreparedRows;
  readonly places: Uint32Array;
}

/**
 * The prepared input of some rows as it is kept: numbers, row-major, in memory or as float32 in a file; or something that
 * becomes numbers when a batch is gathered. Threads share what lies in it.
 */
export type PreparedRows = Float32Array | FileRows | PixelRows | ChosenRows;

const BYTES = Float32Array.BYTES_PER_ELEMENT;
/** Rows this short are copied faster in a loop. */
const SHORT_ROW = 16;
const BYTE_VALUES = 256;

/**
 * Writes the chosen rows, one after the other.
 * @param size numbers of a row
 * @param out at least [order.length × size]
 */
export function gatherRows(rows: PreparedRows, size: number, order: Uint32Array, out: Float32Array): void {
  if (rows instanceof Float32Array) {
    for (let i = 0, to = 0; i < order.length; i++, to += size)
      copyRow(rows, (order[i] ?? 0) * size, size, out, to);
    return;
  }
  switch (rows.kind) {
    case 'chosen':
      gatherRows(rows.of, size, placesOf(rows, order), out);
      return;
    case 'file':
      eachFileRow(rows, size * BYTES, order, (place, bytes, at) => {
        const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / BYTES);
        copyRow(numbers, at / BYTES, size, out, place * size);
      });
      return;
    case 'pixels': {
      const write = pixelWriter(rows.scale, size, out);
      eachPixelRow(rows, size, order, (place, bytes, at) => {
        write(bytes, at, place * size);
      });
    }
  }
}

/**
 * Passes the pixels of the chosen rows, not always in their order.
 * @param take gets the place of a row in `order`, and where its bytes begin; they hold until it returns
 */
export function eachPixelRow(
  { bytes }: PixelRows,
  size: number,
  order: Uint32Array,
  take: (place: number, bytes: Uint8Array, at: number) => void,
): void {
  if (bytes instanceof Uint8Array) {
    for (let i = 0; i < order.length; i++) take(i, bytes, (order[i] ?? 0) * size);
  } else eachFileRow(bytes, size, order, take);
}

/** Rows [from, to) as numbers, in memory of their own. */
export function readRows(rows: PreparedRows, size: number, from: number, to: number): Float32Array {
  if (rows instanceof Float32Array) {
    // Of memory that threads share a slice is copied number by number.
    const copy = new Float32Array((to - from) * size);
    copy.set(rows.subarray(from * size, to * size));
    return copy;
  }
  if (rows.kind === 'file')
    return new Float32Array(readFileBytes(rows, from * size * BYTES, to * size * BYTES).buffer);
  const out = new Float32Array((to - from) * size);
  const order = Uint32Array.from({ length: to - from }, (_, i) => from + i);
  gatherRows(rows, size, order, out);
  return out;
}

export function chooseRows(rows: PreparedRows, places: Uint32Array): ChosenRows {
  if ('kind' in rows && rows.kind === 'chosen') return chooseRows(rows.of, placesOf(rows, places));
  return { kind: 'chosen', of: rows, places };
}

/** Places in the chosen rows as places in those that they were chosen from. */
export function placesOf({ places }: ChosenRows, order: Uint32Array): Uint32Array {
  return order.map((place) => places[place] ?? 0);
}

/** Whether nothing of the rows lies in a file. */
export function inMemory(rows: PreparedRows): boolean {
  if (rows instanceof Float32Array) return true;
  if (rows.kind === 'chosen') return inMemory(rows.of);
  return rows.kind === 'pixels' && rows.bytes instanceof Uint8Array;
}

/** In memory, and on the disk. */
export function bytesOfRows(rows: PreparedRows): { readonly memory: number; readonly disk: number } {
  if (rows instanceof Float32Array) return { memory: rows.byteLength, disk: 0 };
  if (rows.kind === 'file') return { memory: 0, disk: rows.bytes };
  if (rows.kind === 'chosen') return { memory: rows.places.byteLength, disk: 0 };
  const { bytes } = rows;
  return bytes instanceof Uint8Array
    ? { memory: bytes.byteLength, disk: 0 }
    : { memory: 0, disk: bytes.bytes };
}

/** Frees what lies on the disk. Nothing may read the rows any more. */
export function closeRows(rows: PreparedRows): void {
  if (rows instanceof Float32Array || rows.kind === 'chosen') return;
  if (rows.kind === 'file') closeFileRows(rows);
  else if (!(rows.bytes instanceof Uint8Array)) closeFileRows(rows.bytes);
}

/** [channels × 256]: what each byte becomes. */
export function pixelTable({ factor, offset }: PixelScale): Float32Array {
  const table = new Float32Array(factor.length * BYTE_VALUES);
  factor.forEach((each, channel) => {
    for (let byte = 0; byte < BYTE_VALUES; byte++) {
      table[channel * BYTE_VALUES + byte] = byte * each + (offset[channel] ?? 0);
    }
  });
  return table;
}

function copyRow(from: Float32Array, at: number, size: number, out: Float32Array, to: number): void {
  if (size > SHORT_ROW) out.set(from.subarray(at, at + size), to);
  else for (let k = 0; k < size; k++) out[to + k] = from[at + k] ?? 0;
}

function pixelWriter(
  scale: PixelScale,
  size: number,
  out: Float32Array,
): (bytes: Uint8Array, at: number, to: number) => void {
  const table = pixelTable(scale);
  const channels = scale.factor.length;
  if (channels === 1) {
    return (bytes, at, to) => {
      for (let k = 0; k < size; k++) out[to + k] = table[bytes[at + k] ?? 0] ?? 0;
    };
  }
  return (bytes, at, to) => {
    for (let k = 0, channel = 0; k < size; k++) {
      out[to + k] = table[channel * BYTE_VALUES + (bytes[at + k] ?? 0)] ?? 0;
      channel = channel + 1 === channels ? 0 : channel + 1;
    }
  };
}
