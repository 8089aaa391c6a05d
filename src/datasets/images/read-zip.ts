import { createHash } from 'node:crypto';
import type { ImageShape } from '../../core/dataset';
import { InvalidError } from '../../core/errors';
import { fileError } from '../ingest/csv-scan';
import type { Write } from '../ingest/write-file';
import type { Archive, ArchiveEntry } from './archive';
import { decodeImage, IMAGE_FORMATS, readImageHead, type ImageHead } from './decode';
import { MOST_SIDE, MOST_STORED_BYTES } from './limits';
import type { ReadImages } from './read-npz';

/** An encoded image: a photograph of 64 MB is larger than any camera's. */
const MOST_IMAGE_BYTES = 1 << 26;
/** Images that are decoded at the same time. */
const AT_ONCE = 4;
const MOST_NAMED = 20;
const MOST_ERRORS = 1000;
const IMAGE_NAME = /\.(png|jpe?g|webp|gif)$/i;
const TABLE_NAME = /\.(csv|tsv)$/i;

/** The table of labels of a zip, where it has one. @throws InvalidError `invalid_file` where it has several */
export function labelTableOf(archive: Archive): ArchiveEntry | null {
  const [table, other] = archive.entries.filter(({ name }) => TABLE_NAME.test(name));
  if (other !== undefined)
    throw fileError(other.name, `is a second table beside ${table?.name ?? ''}; one table has all labels`);
  return table ?? null;
}

/**
 * Decodes every image of a zip into one size: the most common one, or the median where they differ.
 * @param labelOf the label of an image by its name; null where it has none
 * @throws InvalidError `broken_images` with the name of each image that cannot be read, `invalid_file`
 */
export async function readZip(
  archive: Archive,
  labelOf: (image: ArchiveEntry) => string | null,
  write: Write,
): Promise<ReadImages> {
  const images = archive.entries.filter(({ name }) => IMAGE_NAME.test(name));
  const stranger = archive.entries.find(({ name }) => !IMAGE_NAME.test(name) && !TABLE_NAME.test(name));
  if (stranger !== undefined)
    throw fileError(stranger.name, `is no image; there may be ${IMAGE_FORMATS} and one CSV of labels`);
  if (images.length === 0) throw fileError('file', `there are no images in the zip (${IMAGE_FORMATS})`);
  const labels = images.map(labelOf);
  const broken = new Map<string, string>();
  const heads: ImageHead[] = [];
  const encoded = (image: ArchiveEntry): Promise<Buffer> => bytesOf(archive, image);
  await inGroups(
    images,
    broken,
    async (image) => readImageHead(await encoded(image)),
    (head) => {
      heads.push(head);
      return Promise.resolve();
    },
  );
  const shape = commonShape(heads);
  const seen = new Set<string>();
  await inGroups(
    images,
    broken,
    async (image) => decodeImage(await encoded(image), shape),
    (pixels) => {
      seen.add(createHash('md5').update(pixels).digest('base64'));
      return write(pixels);
    },
  );
  if (broken.size > 0) throw brokenImages(broken, images.length);
  return { shape, rows: images.length, distinct: seen.size, labels };
}

/** Works on a few images at a time and takes the results in their order; what is wrong with an image goes to `broken`. */
async function inGroups<T>(
  images: readonly ArchiveEntry[],
  broken: Map<string, string>,
  work: (image: ArchiveEntry) => Promise<T>,
  take: (result: T) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < images.length; start += AT_ONCE) {
    const group = images.slice(start, start + AT_ONCE).filter(({ name }) => !broken.has(name));
    const results = await Promise.all(
      group.map((image) =>
        work(image).catch((error: unknown) => {
          if (!(error instanceof InvalidError)) throw error;
          broken.set(image.name, error.message.replace(`${image.name}: `, ''));
          return null;
        }),
      ),
    );
    for (const result of results) if (result !== null) await take(result);
  }
}

async function bytesOf(archive: Archive, image: ArchiveEntry): Promise<Buffer> {
  if (image.bytes > MOST_IMAGE_BYTES) {
    throw fileError(
      image.name,
      `has ${String(image.bytes)} bytes; at most ${String(MOST_IMAGE_BYTES)} are read`,
    );
  }
  return archive.read(image);
}

/** Grey where all images are; sides no longer than may be stored, in the same proportion. */
function commonShape(heads: readonly ImageHead[]): ImageShape {
  const channels = heads.every(({ isGrey }) => isGrey) ? 1 : 3;
  const { height, width } = commonSize(heads);
  const room = Math.sqrt(MOST_STORED_BYTES / (Math.max(1, heads.length) * height * width * channels));
  const scale = Math.min(1, room, MOST_SIDE / Math.max(height, width));
  const side = (length: number): number => Math.max(1, Math.floor(length * scale));
  return { height: side(height), width: side(width), channels, range: 255 };
}

function commonSize(heads: readonly ImageHead[]): { readonly height: number; readonly width: number } {
  const counts = new Map<string, { readonly head: ImageHead; count: number }>();
  for (const head of heads) {
    const key = `${String(head.height)}×${String(head.width)}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { head, count: 1 });
    else known.count += 1;
  }
  const [most] = [...counts.values()].sort((a, b) => b.count - a.count);
  if (most !== undefined && most.count * 2 >= heads.length) return most.head;
  const middle = (sides: number[]): number => sides.sort((a, b) => a - b)[sides.length >> 1] ?? 1;
  return {
    height: middle(heads.map(({ height }) => height)),
    width: middle(heads.map(({ width }) => width)),
  };
}

function brokenImages(broken: ReadonlyMap<string, string>, images: number): InvalidError {
  const errors = [...broken].map(([path, message]) => ({ path, message }));
  const named = errors.slice(0, MOST_NAMED).map(({ path, message }) => `${path} (${message})`);
  const more = broken.size > MOST_NAMED ? ` and ${String(broken.size - MOST_NAMED)} more` : '';
  const message = `${String(broken.size)} of ${String(images)} images cannot be read: ${named.join('; ')}${more}`;
  return new InvalidError('broken_images', message, { errors: errors.slice(0, MOST_ERRORS) });
}
