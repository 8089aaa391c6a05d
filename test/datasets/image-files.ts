import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { ZipFile } from 'yazl';

export type Entry = readonly [name: string, content: Buffer];

export async function zipOf(entries: readonly Entry[], compress = true): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of entries) zip.addBuffer(content, name, { compress });
  zip.end();
  return buffer(zip.outputStream as NodeJS.ReadableStream & AsyncIterable<Uint8Array>);
}

/** A `.npy` file as numpy.save writes it. */
export function npy(
  type: string,
  shape: readonly number[],
  data: ArrayBufferView,
  { fortran = false }: { fortran?: boolean } = {},
): Buffer {
  const sizes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const order = fortran ? 'True' : 'False';
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': ${sizes}, }`;
  const head = Buffer.from(`${text.padEnd(117)}\n`);
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, head.length & 255, head.length >> 8]);
  return Buffer.concat([start, head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

export async function npz(x: Buffer, y: Buffer): Promise<Buffer> {
  return zipOf([
    ['x.npy', x],
    ['y.npy', y],
  ]);
}

/** A grey image of one value. */
export async function greyPng(value: number, height = 8, width = height): Promise<Buffer> {
  const pixels = Buffer.alloc(height * width, value);
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

/** A colour image of one colour. */
export async function colourImage(
  colour: readonly [number, number, number],
  height = 8,
  width = height,
  format: 'png' | 'jpeg' = 'png',
): Promise<Buffer> {
  const [r, g, b] = colour;
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .toFormat(format)
    .toBuffer();
}

/** Bars that stand or lie, at random places: two classes that a small network tells apart. */
export function bars(rows: number, side = 8): { readonly x: Uint8Array; readonly y: Uint8Array } {
  const x = new Uint8Array(rows * side * side);
  const y = Uint8Array.from({ length: rows }, (_, i) => i % 2);
  for (let i = 0; i < rows; i++) {
    const at = (i * 7 + (i >> 3)) % side;
    for (let k = 0; k < side; k++) {
      const place = y[i] === 1 ? at * side + k : k * side + at;
      x[i * side * side + place] = 160 + ((i * 31 + k * 17) % 96);
    }
  }
  return { x, y };
}
