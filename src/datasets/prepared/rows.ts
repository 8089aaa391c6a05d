/** Images of equal size as bytes: a quarter of the memory of the numbers that training takes. */
export interface PixelRows {
  readonly kind: 'pixels';
  /** [rows, height, width, channels], over shared memory. */
  readonly bytes: Uint8Array;
  readonly scale: PixelScale;
}

/** A byte of channel `c` becomes `byte × factor[c] + offset[c]`. */
export interface PixelScale {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

/**
 * The prepared input of some rows as it is kept: numbers, row-major, or something that becomes numbers when a batch is
 * gathered. Threads share what lies in it.
 */
export type PreparedRows = Float32Array | PixelRows;

/** Rows this short are copied faster in a loop. */
const SHORT_ROW = 16;
const BYTE_VALUES = 256;

/**
 * Writes the chosen rows, one after the other.
 * @param size numbers of a row
 * @param out at least [order.length × size]
 */
export function gatherRows(rows: PreparedRows, size: number, order: Uint32Array, out: Float32Array): void {
  if (!(rows instanceof Float32Array)) {
    gatherPixels(rows, size, order, out);
    return;
  }
  for (let i = 0, to = 0; i < order.length; i++, to += size) {
    const from = (order[i] ?? 0) * size;
    if (size > SHORT_ROW) out.set(rows.subarray(from, from + size), to);
    else for (let k = 0; k < size; k++) out[to + k] = rows[from + k] ?? 0;
  }
}

/** Rows [from, to) as numbers, in memory of their own. */
export function readRows(rows: PreparedRows, size: number, from: number, to: number): Float32Array {
  if (rows instanceof Float32Array) return rows.slice(from * size, to * size);
  const out = new Float32Array((to - from) * size);
  gatherPixels(
    rows,
    size,
    Uint32Array.from({ length: to - from }, (_, i) => from + i),
    out,
  );
  return out;
}

export function bytesOfRows(rows: PreparedRows): number {
  return rows instanceof Float32Array ? rows.byteLength : rows.bytes.byteLength;
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

function gatherPixels(
  { bytes, scale }: PixelRows,
  size: number,
  order: Uint32Array,
  out: Float32Array,
): void {
  const table = pixelTable(scale);
  const channels = scale.factor.length;
  for (let i = 0, to = 0; i < order.length; i++) {
    const from = (order[i] ?? 0) * size;
    if (channels === 1) {
      for (let k = from; k < from + size; k++, to++) out[to] = table[bytes[k] ?? 0] ?? 0;
      continue;
    }
    for (let k = from, channel = 0; k < from + size; k++, to++) {
      out[to] = table[channel * BYTE_VALUES + (bytes[k] ?? 0)] ?? 0;
      channel = channel + 1 === channels ? 0 : channel + 1;
    }
  }
}
