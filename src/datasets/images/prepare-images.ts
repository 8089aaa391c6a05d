import type { ImageShape } from '../../core/dataset';
import type { ImageConfig } from '../../core/specification';
import type { RowStore } from '../prepared/row-store';
import type { PixelRows, PixelScale } from '../prepared/rows';
import { eachImage, type ImageFile } from './each-image';
import type { ImageStep } from './fitted-image';
import { fitPixels, type PixelShape } from './resize';

const WHITE = 255;
/** A channel whose bytes all but equal each other is only centred. */
const LEAST_DEVIATION = 1e-6;

/** The shape that a study's images have, and that of the input. */
export function imageSizeOf(stored: ImageShape, config: ImageConfig | null | undefined): PixelShape {
  const [height, width] = config?.size ?? [stored.height, stored.width];
  return { height, width, channels: config?.channels ?? stored.channels };
}

/** How often each byte occurs in each channel: [channels][256]. */
export type PixelCounts = readonly Float64Array[];

/**
 * Writes the pixels of the rows as bytes, in ascending order of the rows.
 * @returns how often each byte occurs in each channel
 */
export async function storeImages(
  file: ImageFile,
  rows: Uint32Array,
  size: PixelShape,
  store: RowStore<Uint8Array>,
): Promise<PixelCounts> {
  const counts = Array.from({ length: size.channels }, () => new Float64Array(WHITE + 1));
  await eachImage(file, rows, (stored) => {
    const pixels = fitPixels(stored, file.shape, size);
    countPixels(pixels, counts);
    store.write(pixels);
  });
  return counts;
}

function countPixels(pixels: Uint8Array, counts: PixelCounts): void {
  const channels = counts.length;
  counts.forEach((own, channel) => {
    for (let i = channel; i < pixels.length; i += channels) {
      const byte = pixels[i] ?? 0;
      own[byte] = (own[byte] ?? 0) + 1;
    }
  });
}

/**
 * Learns each channel's scale.
 * @param counts of the training pixels @param scale `standard`, `minmax` (to 0..1) or `none`
 */
export function fitImages(
  name: string,
  stored: ImageShape,
  size: PixelShape,
  counts: PixelCounts,
  scale: string,
): ImageStep {
  const { channels } = size;
  const unit = stored.range / WHITE;
  const moments = counts.map(momentsOf);
  const fitted = moments.map(({ mean, deviation }) => {
    if (scale === 'none') return { mean: 0, deviation: 1 };
    if (scale === 'minmax') return { mean: 0, deviation: stored.range };
    return { mean: mean * unit, deviation: deviation > LEAST_DEVIATION ? deviation * unit : stored.range };
  });
  return {
    name,
    stored,
    size: [size.height, size.width],
    channels: channels === 1 ? 1 : 3,
    mean: fitted.map(({ mean }) => mean),
    deviation: fitted.map(({ deviation }) => deviation),
  };
}

/** What a byte becomes. */
export function pixelScaleOf({ stored, mean, deviation }: ImageStep): PixelScale {
  return {
    factor: deviation.map((each) => stored.range / WHITE / each),
    offset: deviation.map((each, channel) => -(mean[channel] ?? 0) / each),
  };
}

export function pixelRows(step: ImageStep, bytes: PixelRows['bytes']): PixelRows {
  return { kind: 'pixels', bytes, scale: pixelScaleOf(step) };
}

/** Exact: a byte has 256 values. */
function momentsOf(counts: Float64Array): { readonly mean: number; readonly deviation: number } {
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const mean = counts.reduce((sum, count, byte) => sum + count * byte, 0) / total;
  const variance = counts.reduce((sum, count, byte) => sum + count * (byte - mean) ** 2, 0) / total;
  return { mean, deviation: Math.sqrt(variance) };
}
