import { InvalidError, type FieldError } from '../../core/errors';
import { pixelTable } from '../prepared/rows';
import { decodeImage } from './decode';
import type { ImageStep } from './fitted-image';
import { pixelScaleOf } from './prepare-images';
import { fitPixels, type PixelShape } from './resize';

const MOST_SIDE = 4096;
const WHITE = 255;

/**
 * Prepares images as `predict` has them: a PNG, JPEG, WebP or GIF in base64 (a data URL too), or nested numbers
 * [height][width] or [height][width][channels] in the units of the file that was read.
 * @param unused columns that a row may have besides
 * @returns [rows, height, width, channels]
 * @throws InvalidError `invalid_rows` with the path of every cell that does not fit
 */
export async function applyImages(
  step: ImageStep,
  unused: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<Float32Array> {
  const [height, width] = step.size;
  const size = { height, width, channels: step.channels };
  const numbers = height * width * step.channels;
  const table = pixelTable(pixelScaleOf(step));
  const out = new Float32Array(rows.length * numbers);
  const errors: FieldError[] = [];
  for (const [i, row] of rows.entries()) {
    for (const name of Object.keys(row)) {
      if (name !== step.name && !unused.includes(name)) {
        errors.push({ path: `rows[${String(i)}].${name}`, message: 'the model has no such column' });
      }
    }
    try {
      const stored = await pixelsOf(Object.hasOwn(row, step.name) ? row[step.name] : null, step);
      fitPixels(stored, step.stored, size).forEach((byte, k) => {
        out[i * numbers + k] = table[(k % step.channels) * (WHITE + 1) + byte] ?? 0;
      });
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      errors.push({ path: `rows[${String(i)}].${step.name}`, message: error.message });
    }
  }
  const [first] = errors;
  if (first === undefined) return out;
  throw new InvalidError('invalid_rows', `${first.path}: ${first.message}`, { errors: errors.slice(0, 100) });
}

/** The cell as bytes in the stored shape, as an upload would have them. */
async function pixelsOf(cell: unknown, { stored }: ImageStep): Promise<Uint8Array> {
  if (typeof cell === 'string' && cell !== '') {
    const text = cell.replace(/^data:[^,]*,/, '').trim();
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) throw wrong('is no base64 of an image');
    return decodeImage(Buffer.from(text, 'base64'), stored);
  }
  if (Array.isArray(cell)) {
    const { bytes, shape } = nested(cell, stored.range);
    return fitPixels(bytes, shape, stored);
  }
  throw wrong('must be an image: a base64 PNG or JPEG, or nested numbers');
}

function nested(rows: readonly unknown[], range: number): { bytes: Uint8Array; shape: PixelShape } {
  const first: unknown = rows[0];
  const columns = Array.isArray(first) ? (first as readonly unknown[]) : [];
  const pixel: unknown = columns[0];
  const channels = Array.isArray(pixel) ? pixel.length : 1;
  const [height, width] = [rows.length, columns.length];
  if (height > MOST_SIDE || width > MOST_SIDE)
    throw wrong(`has a side of more than ${String(MOST_SIDE)} pixels`);
  const numbers = rows.flat(2) as readonly unknown[];
  const isWhole = rows.every((row) => {
    if (!Array.isArray(row) || row.length !== width) return false;
    return channels === 1 || row.every((each) => Array.isArray(each) && each.length === channels);
  });
  if (
    width === 0 ||
    (channels !== 1 && channels !== 3) ||
    !isWhole ||
    numbers.length !== height * width * channels
  ) {
    throw wrong('must be numbers [height][width] or [height][width][channels], with 1 or 3 channels');
  }
  const bytes = Uint8Array.from(numbers, (value) => {
    if (typeof value !== 'number' || !(value >= 0 && value <= range)) {
      throw wrong(`${JSON.stringify(value)} is no pixel; they are numbers from 0 to ${String(range)}`);
    }
    return Math.round((value * WHITE) / range);
  });
  return { bytes, shape: { height, width, channels } };
}

function wrong(message: string): InvalidError {
  return new InvalidError('invalid_image', message);
}
