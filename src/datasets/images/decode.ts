import type sharp from 'sharp';
import { InvalidError } from '../../core/errors';
import type { PixelShape } from './resize';

/** Pixels of one image, decoded: 64 megapixels. */
export const MOST_PIXELS = 1 << 26;
/** Formats by their first bytes: nothing else is handed to a decoder. */
const SIGNATURES: readonly (readonly [string, RegExp])[] = [
  ['png', /^\u0089PNG\r\n/],
  ['jpeg', /^\u00ff\u00d8\u00ff/],
  ['webp', /^RIFF[^]{4}WEBP/],
  ['gif', /^GIF8[79]a/],
];
export const IMAGE_FORMATS = SIGNATURES.map(([name]) => name).join(', ');

/** Loaded where images are met: most processes never do. */
let loaded: Promise<typeof sharp> | null = null;

function load(): Promise<typeof sharp> {
  loaded ??= import('sharp').then((module) => {
    module.default.cache(false);
    return module.default;
  });
  return loaded;
}

export interface ImageHead {
  readonly height: number;
  readonly width: number;
  readonly isGrey: boolean;
}

/** Size and colours, upright, from the head of an encoded image. @throws InvalidError `invalid_image` */
export async function readImageHead(bytes: Uint8Array): Promise<ImageHead> {
  const {
    width,
    height,
    orientation = 1,
    space,
    channels,
  } = await attempt(async () => (await imageOf(bytes)).metadata());
  const isTurned = orientation >= 5;
  return {
    height: isTurned ? width : height,
    width: isTurned ? height : width,
    isGrey: space === 'b-w' || channels <= 2,
  };
}

/**
 * The pixels of a PNG, JPEG, WebP or GIF (its first frame): turned upright, stretched to the shape, on white where it
 * is transparent.
 * @throws InvalidError `invalid_image`
 */
export async function decodeImage(
  bytes: Uint8Array,
  { height, width, channels }: PixelShape,
): Promise<Uint8Array> {
  const pixels = await attempt(async () =>
    (await imageOf(bytes))
      .autoOrient()
      .flatten({ background: '#fff' })
      .resize(width, height, { fit: 'fill' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  );
  if (pixels.info.channels !== channels)
    throw broken(`it has ${String(pixels.info.channels)} channels when decoded`);
  return pixels.data;
}

/** A PNG of the pixels. */
export async function encodePng(bytes: Uint8Array, { height, width, channels }: PixelShape): Promise<Buffer> {
  const make = await load();
  return make(bytes, { raw: { width, height, channels: channels === 1 ? 1 : 3 } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}

async function imageOf(bytes: Uint8Array): Promise<sharp.Sharp> {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  if (!SIGNATURES.some(([, signature]) => signature.test(head)))
    throw broken(`it is none of ${IMAGE_FORMATS}`);
  return (await load())(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error', pages: 1 });
}

async function attempt<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof InvalidError) throw error;
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw broken(
      /pixel limit/i.test(message)
        ? `it has more than ${String(MOST_PIXELS)} pixels`
        : message.replace(/^Input buffer/, 'it'),
    );
  }
}

function broken(message: string): InvalidError {
  return new InvalidError('invalid_image', message);
}
