import { dirname } from 'node:path';
import type { DataJob } from '../../core/job';
import type { Part } from '../../core/metrics';
import { pixelRows } from '../images/prepare-images';
import type { PreparedRows } from '../prepared/rows';
import type { SplitParts } from '../split';
import { openTable, type Table } from '../table';
import type { FittedInput, FittedPreparation } from './fitted';
import { preparedTargets, splitTable, storeAllImages, type PreparedTable } from './prepare-table';
import { openStores, storeParts, type PreparationRoom } from './store-parts';

interface StoredInput {
  readonly shape: readonly number[];
  readonly parts: Readonly<Record<Part, PreparedRows>>;
}

/**
 * The rows of a job as a stored preparation has them, which may be that of several networks, and fitted on other rows.
 * Training rows have what any other row would get. Close it when it is no longer needed.
 * @param parts that are needed; the others have no rows
 * @param memoryBytes of all inputs together that may be in memory, shared out evenly; an input that takes more lies in a file
 */
export async function applyStored(
  job: DataJob,
  fitted: FittedPreparation,
  parts: readonly Part[],
  memoryBytes = Infinity,
): Promise<PreparedTable> {
  const table = await openTable(job.table.folder);
  const { values, split: whole } = await splitTable(table, job);
  const rowsOf = (part: Part): Uint32Array => (parts.includes(part) ? whole[part] : new Uint32Array(0));
  const split = { train: rowsOf('train'), validation: rowsOf('validation'), test: rowsOf('test') };
  const room = { memoryBytes: memoryBytes / fitted.inputs.length, folder: dirname(job.table.folder) };
  const [first, ...others] = fitted.inputs;
  const x = await storeInput(table, split, first, room);
  const more: StoredInput[] = [];
  for (const input of others) more.push(await storeInput(table, split, input, room));
  const part = (of: Part): PreparedTable['parts'][Part] => ({
    rows: split[of].length,
    x: x.parts[of],
    others: more.map((each) => each.parts[of]),
    y: preparedTargets(fitted, values, split[of]),
  });
  return {
    width: x.shape.reduce((product, size) => product * size, 1),
    shape: x.shape,
    otherShapes: more.map(({ shape }) => shape),
    fitted,
    parts: { train: part('train'), validation: part('validation'), test: part('test') },
  };
}

async function storeInput(
  table: Table,
  split: SplitParts,
  input: FittedInput,
  room: PreparationRoom,
): Promise<StoredInput> {
  const { image, features } = input;
  if (image === undefined) {
    return { shape: [features.length], parts: await storeParts(table, split, [input], new Map(), room) };
  }
  const [height, width] = image.size;
  const size = { height, width, channels: image.channels };
  const stores = openStores(Uint8Array, split, height * width * image.channels, room);
  await storeAllImages(table.images(image.name), split, size, stores);
  const rows = (of: Part): PreparedRows => pixelRows(image, stores[of].rows());
  return {
    shape: [height, width, image.channels],
    parts: { train: rows('train'), validation: rows('validation'), test: rows('test') },
  };
}
