import { open } from 'node:fs/promises';
import type { ImageShape } from '../../core/dataset';
import { InternalError } from '../../core/errors';

/** Bytes of stored images that are read at once. */
const BLOCK_BYTES = 1 << 24;

/** Images one after the other, each height × width × channels bytes. */
export interface ImageFile {
  readonly path: string;
  readonly shape: ImageShape;
}

/**
 * Reads the images of the rows, a block at a time.
 * @param rows ascending
 * @param visit gets the pixels, which are overwritten afterwards, and the place among the rows
 */
export async function eachImage(
  { path, shape }: ImageFile,
  rows: Uint32Array,
  visit: (pixels: Uint8Array, place: number) => void,
): Promise<void> {
  const size = shape.height * shape.width * shape.channels;
  const block = Math.max(1, Math.floor(BLOCK_BYTES / size));
  const bytes = new Uint8Array(block * size);
  const handle = await open(path, 'r');
  try {
    for (let i = 0; i < rows.length;) {
      const first = rows[i] ?? 0;
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, first * size + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      for (; i < rows.length && (rows[i] ?? 0) < first + block; i++) {
        const at = ((rows[i] ?? 0) - first) * size;
        if (at + size > filled) throw new InternalError('table_short', `${path} is shorter than it was`);
        visit(bytes.subarray(at, at + size), i);
      }
    }
  } finally {
    await handle.close();
  }
}
