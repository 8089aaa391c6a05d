import { createHash } from 'node:crypto';
import type { ImageShape } from '../../core/dataset';
import { TuneloomError } from '../../core/errors';
import { fileError } from '../ingest/csv-scan';
import type { Write } from '../ingest/write-file';
import type { Archive, ArchiveEntry } from './archive';
import { MOST_SIDE } from './limits';
import { NPY_HEADER_BYTES, npyNumbers, npyTexts, parseNpyHeader, type NpyHeader } from './npy';

const PIXELS = 'x.npy';
const LABELS = 'y.npy';
const MOST_LABEL_BYTES = 1 << 30;

export interface ReadImages {
  readonly shape: ImageShape;
  readonly rows: number;
  /** Different images. */
  readonly distinct: number;
  /** One a row; null where there is none. */
  readonly labels: readonly (string | null)[];
}

/**
 * The arrays `x` [rows, height, width] or [rows, height, width, 1 or 3] and `y` [rows] of an npz. Pixels are bytes,
 * numbers from 0 to 255, or fractions from 0 to 1.
 * @throws InvalidError `invalid_file` with the array's name
 */
export async function readNpz(archive: Archive, write: Write): Promise<ReadImages> {
  const x = entryOf(archive, PIXELS);
  const y = entryOf(archive, LABELS);
  const extra = archive.entries.find(({ name }) => name !== PIXELS && name !== LABELS);
  if (extra !== undefined)
    throw fileError(extra.name, 'is not expected; an npz of images has the arrays x and y');
  const header = await headerOf(archive, x);
  const size = shapeOf(header);
  const labels = await labelsOf(archive, y, header.shape[0] ?? 0);
  const range = await rangeOf(archive, x, header);
  const rowNumbers = size.height * size.width * size.channels;
  const seen = new Set<string>();
  let row = Buffer.alloc(rowNumbers);
  let filled = 0;
  for await (const numbers of numbersOf(archive, x, header)) {
    for (let i = 0; i < numbers.length; i++) {
      row[filled++] = range === 1 ? Math.round((numbers[i] ?? 0) * 255) : Math.round(numbers[i] ?? 0);
      if (filled < rowNumbers) continue;
      seen.add(createHash('md5').update(row).digest('base64'));
      await write(row);
      row = Buffer.alloc(rowNumbers);
      filled = 0;
    }
  }
  return { shape: { ...size, range }, rows: labels.length, distinct: seen.size, labels };
}

function entryOf(archive: Archive, name: string): ArchiveEntry {
  const entry = archive.entries.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  const names = archive.entries.map((candidate) => candidate.name).slice(0, 10);
  const found = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  throw fileError(name, `is missing; an npz of images has the arrays x and y, ${found}`);
}

async function headerOf(archive: Archive, entry: ArchiveEntry): Promise<NpyHeader> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stream = await archive.stream(entry);
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length >= NPY_HEADER_BYTES) break;
  }
  stream.destroy();
  const header = parseNpyHeader(entry.name, Buffer.concat(chunks));
  const expected =
    header.start + header.itemBytes * header.shape.reduce((product, size) => product * size, 1);
  if (expected !== entry.bytes) {
    throw fileError(entry.name, `has ${String(entry.bytes)} bytes, its shape needs ${String(expected)}`);
  }
  return header;
}

function shapeOf({ kind, shape }: NpyHeader): Pick<ImageShape, 'height' | 'width' | 'channels'> {
  const [rows = 0, height = 0, width = 0, channels = 1] = shape;
  const shown = `(${shape.join(', ')})`;
  if (kind === 'U' || kind === 'S') throw fileError(PIXELS, 'holds texts; pixels are numbers');
  if (shape.length !== 3 && shape.length !== 4) {
    throw fileError(
      PIXELS,
      `has the shape ${shown}; images are [rows, height, width] or [rows, height, width, channels]`,
    );
  }
  if (channels !== 1 && channels !== 3) {
    const first =
      height === 1 || height === 3 ? '; move the channels to the end, numpy.moveaxis(x, 1, -1)' : '';
    throw fileError(
      PIXELS,
      `has the shape ${shown}; the last size is the number of channels, 1 or 3${first}`,
    );
  }
  if (rows === 0) throw fileError(PIXELS, 'has no rows');
  if (height < 1 || width < 1 || height > MOST_SIDE || width > MOST_SIDE) {
    throw fileError(
      PIXELS,
      `has images of ${String(height)}×${String(width)}; a side is 1 to ${String(MOST_SIDE)} pixels`,
    );
  }
  return { height, width, channels };
}

async function labelsOf(
  archive: Archive,
  entry: ArchiveEntry,
  rows: number,
): Promise<readonly (string | null)[]> {
  if (entry.bytes > MOST_LABEL_BYTES) throw fileError(LABELS, 'is larger than 1 GiB');
  const header = await headerOf(archive, entry);
  const { shape } = header;
  const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (!isColumn) {
    const oneHot = shape.length === 2 ? '; of one-hot labels save numpy.argmax(y, axis=1)' : '';
    throw fileError(LABELS, `has the shape (${shape.join(', ')}); labels are [rows]${oneHot}`);
  }
  if (shape[0] !== rows) {
    throw fileError(LABELS, `has ${String(shape[0])} labels, x has ${String(rows)} images`);
  }
  return npyTexts(header, (await archive.read(entry)).subarray(header.start));
}

/** Whether white is 1 or 255. Floats are fractions where none is above 1. @throws where a number is no pixel */
async function rangeOf(archive: Archive, entry: ArchiveEntry, header: NpyHeader): Promise<1 | 255> {
  if (header.kind === 'b') return 1;
  if (header.kind === 'u' && header.itemBytes === 1) return 255;
  let low = Infinity;
  let high = -Infinity;
  for await (const numbers of numbersOf(archive, entry, header)) {
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i] ?? NaN;
      if (!(value >= 0 && value <= 255)) {
        throw fileError(
          PIXELS,
          `holds ${String(value)}; pixels are numbers from 0 to 255, or fractions from 0 to 1`,
        );
      }
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return header.kind === 'f' && high <= 1 ? 1 : 255;
}

async function* numbersOf(
  archive: Archive,
  entry: ArchiveEntry,
  header: NpyHeader,
): AsyncGenerator<ArrayLike<number>> {
  let skip = header.start;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of await archive.stream(entry)) {
      let bytes = chunk as Buffer;
      const skipped = Math.min(skip, bytes.length);
      skip -= skipped;
      bytes = Buffer.concat([rest, bytes.subarray(skipped)]);
      const whole = bytes.length - (bytes.length % header.itemBytes);
      rest = bytes.subarray(whole);
      if (whole > 0) yield npyNumbers(header, bytes.subarray(0, whole));
    }
  } catch (error) {
    if (error instanceof TuneloomError) throw error;
    throw fileError(
      entry.name,
      `cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
