import { createHash } from 'node:crypto';
import type { ImageShape } from '../../core/dataset';
import { eachImage } from '../images/each-image';
import type { Table } from '../table';
import type { ColumnAudit } from './types';

const BYTES = 256;

/** What a column of images is compared by. */
export interface ImageHashes {
  readonly name: string;
  readonly shape: ImageShape;
  /** 48 bits for each row of the table: equal where every pixel is. */
  readonly keys: Float64Array;
  /** How likely two images are equal whose pixels are drawn one by one from those of all. */
  readonly equalByChance: number;
}

/** Reads all images of a table, a block at a time. */
export async function hashImages(table: Table, name: string): Promise<ImageHashes> {
  const file = table.images(name);
  const { shape } = file;
  const rows = Uint32Array.from({ length: table.rowCount }, (_, row) => row);
  const keys = new Float64Array(rows.length);
  const counts = Array.from({ length: shape.channels }, () => new Float64Array(BYTES));
  await eachImage(file, rows, (pixels, row) => {
    keys[row] = createHash('sha1').update(pixels).digest().readUIntBE(0, 6);
    counts.forEach((own, channel) => {
      for (let i = channel; i < pixels.length; i += shape.channels) {
        const byte = pixels[i] ?? 0;
        own[byte] = (own[byte] ?? 0) + 1;
      }
    });
  });
  const pixels = shape.height * shape.width;
  const equalByChance = counts.reduce((product, own) => product * collision(own) ** pixels, 1);
  return { name, shape, keys, equalByChance };
}

/** How likely two draws are the same byte. */
function collision(counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => sum + (count / total) ** 2, 0);
}

/** What the audit shows of images. @param rows that are looked at; null: all */
export function imageStatistics({ name, shape, keys }: ImageHashes, rows: Uint32Array | null): ColumnAudit {
  const distinct = new Set(rows === null ? keys : Float64Array.from(rows, (row) => keys[row] ?? 0)).size;
  return {
    name,
    type: 'image',
    missing: 0,
    distinct,
    numbers: null,
    levels: null,
    length: null,
    image: shape,
    association: null,
  };
}
