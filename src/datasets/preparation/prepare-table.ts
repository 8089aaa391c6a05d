import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { InternalError, InvalidError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import type { Part } from '../../core/metrics';
import type { PreparationConfig } from '../../core/specification';
import { partsOfSplit, splitRows, type RowSplit, type SplitParts } from '../split';
import { openTable, type Table, type TableColumn } from '../table';
import { fitPreparation } from './fit';
import type { ImageFile } from '../images/each-image';
import { fitImages, imageSizeOf, pixelRows, storeImages, type PixelCounts } from '../images/prepare-images';
import { classCodes, fitTarget, preparedTarget, type RawColumn } from './fit-target';
import { openStores, storeParts, type PreparationRoom } from './store-parts';
import { bareInput, embeddedIn, PREPARATION_VERSION, type FittedPreparation } from './fitted';
import type { PixelShape } from '../images/resize';
import type { RowStore } from '../prepared/row-store';
import { closeRows, type PreparedRows } from '../prepared/rows';

/** One part of the prepared data, over shared memory. */
export interface PreparedPart {
  readonly rows: number;
  /** `rows` times `width` numbers; gatherRows and readRows make numbers of what is kept otherwise. */
  readonly x: PreparedRows;
  /** Inputs beyond the first, in the network's order; left out where there is one. */
  readonly others?: readonly PreparedRows[];
  /** [rows]: class index, or the prepared target. */
  readonly y: Float32Array;
  /** [rows]: what each row counts in training, with a mean of 1 over the training rows; all alike where there are none. */
  readonly weights?: Float32Array | null;
}

/**
 * The parts of a job. As training takes it, all inputs are one tensor of numbers, their columns side by side: embedded
 * categories, as whole numbers, last.
 */
export interface PreparedTable {
  /** Numbers of a row of the input. */
  readonly width: number;
  /** Shape of a row of the input: of images [height, width, channels]; [width] where it is left out. */
  readonly shape?: readonly number[];
  /** Shapes of a row of the inputs beyond the first; left out where there is one. */
  readonly otherShapes?: readonly (readonly number[])[];
  readonly fitted: FittedPreparation;
  readonly parts: Readonly<Record<Part, PreparedPart>>;
}

/** Shape of a row of the first input. */
export function inputShape({ shape, width }: PreparedTable): readonly number[] {
  return shape ?? [width];
}

/** Shapes of a row of every input, in the network's order. */
export function inputShapes(data: PreparedTable): readonly (readonly number[])[] {
  return [inputShape(data), ...(data.otherShapes ?? [])];
}

/** What a network is built on: prepared rows as training takes them. */
export interface InputLayout {
  /** Of a row: [columns], of images [height, width, channels]. */
  readonly shape: readonly number[];
  /** Name of the input that the numbers before the embedded columns are. */
  readonly numbers: string;
  /** The last columns, each an index into a table of `rows` vectors of `size` numbers, and its input's name. */
  readonly embedded: readonly { readonly input: string; readonly rows: number; readonly size: number }[];
}

export function inputLayout(data: PreparedTable): InputLayout {
  const { inputs } = data.fitted;
  const embedded = inputs.flatMap((input) => {
    const step = embeddedIn(input);
    if (step === null) return [];
    const rows = 1 + step.levels.length + Number(step.missing);
    return [{ input: input.name, rows, size: step.size }];
  });
  return { shape: inputShape(data), numbers: inputs[0].name, embedded };
}

/** The rows of every input, in the network's order. */
export function inputRows({ x, others = [] }: PreparedPart): readonly PreparedRows[] {
  return [x, ...others];
}

/** Frees what lies on the disk. Nothing may read the table any more. */
export function closeTable({ parts }: PreparedTable): void {
  for (const part of Object.values(parts)) for (const rows of inputRows(part)) closeRows(rows);
}

/** Equal for jobs that see equal rows and columns, whatever machine they run on. */
export function preparedKey(job: DataJob, config: PreparationConfig): string {
  const { table, ...rest } = job;
  return createHash('sha256')
    .update(JSON.stringify([table.sha256, rest, config]))
    .digest('hex');
}

/**
 * Splits the table, fits the preparation on its training rows and applies it to all parts. No more than a column, or a
 * piece of all columns, is in memory at once, beside the target and the prepared rows where there is room for them.
 * @param memoryBytes of prepared inputs that may be in memory; more lie in a file
 * @throws InvalidError `no_features`, `too_few_rows`
 */
export async function prepareTable(
  job: DataJob,
  config: PreparationConfig,
  memoryBytes = Infinity,
): Promise<PreparedTable> {
  const table = await openTable(job.table.folder);
  const room: PreparationRoom = { memoryBytes, folder: dirname(job.table.folder) };
  const { values, split } = await splitTable(table, job);
  const rows: Rows = { target: { profile: table.profile(job.target) }, values, split };
  const [first] = job.features;
  if (first !== undefined && table.profile(first).type === 'image') {
    return prepareImages(table, first, rows, job, config, room);
  }
  const trained = { ...rows, values: pickedValues(values, split.train), features: job.features };
  const load = async (name: string): Promise<RawColumn> => ({
    profile: table.profile(name),
    column: await table.pick(name, split.train),
  });
  const names = table.profiles.map(({ name }) => name);
  const { fitted, training } = await fitPreparation({ ...trained, load }, job, config, names);
  const weights =
    job.weight == null ? null : weightsOf(await table.numbers(job.weight), split.train, job.weight);
  const stored = await storeParts(table, split, fitted.inputs, training, room);
  const part = (name: Part): PreparedPart => ({
    rows: split[name].length,
    x: stored[name],
    y: preparedTargets(fitted, values, split[name]),
  });
  return {
    width: fitted.inputs.reduce((sum, { features }) => sum + features.length, 0),
    fitted,
    parts: { train: { ...part('train'), weights }, validation: part('validation'), test: part('test') },
  };
}

interface Rows {
  readonly target: Pick<RawColumn, 'profile'>;
  /** Class codes or values, of every row of the table. */
  readonly values: ArrayLike<number>;
  readonly split: SplitParts;
}

/** Images stay bytes; what is fitted is the scale of each channel. */
async function prepareImages(
  table: Table,
  name: string,
  { target, values, split }: Rows,
  job: DataJob,
  config: PreparationConfig,
  room: PreparationRoom,
): Promise<PreparedTable> {
  const file = table.images(name);
  const size = imageSizeOf(file.shape, config.image);
  const stores = openStores(Uint8Array, split, size.height * size.width * size.channels, room);
  const counts = await storeAllImages(file, split, size, stores);
  const image = fitImages(name, file.shape, size, counts, config.scale);
  const trained = pickedValues(values, split.train);
  const fitted: FittedPreparation = {
    format: 'tuneloom-preprocessing',
    version: PREPARATION_VERSION,
    task: job.task,
    inputs: [bareInput([], image)],
    target: fitTarget(target, job.labels, trained, everyRow(trained), config.targetTransform),
    unused: table.profiles.map((profile) => profile.name).filter((other) => other !== name),
  };
  const part = (of: Part): PreparedPart => ({
    rows: split[of].length,
    x: pixelRows(image, stores[of].rows()),
    y: preparedTargets(fitted, values, split[of]),
  });
  return {
    width: size.height * size.width * size.channels,
    shape: [size.height, size.width, size.channels],
    fitted,
    parts: { train: part('train'), validation: part('validation'), test: part('test') },
  };
}

/** @returns how often each byte occurs in each channel of the training images */
export async function storeAllImages(
  file: ImageFile,
  split: SplitParts,
  size: PixelShape,
  stores: Readonly<Record<Part, RowStore<Uint8Array>>>,
): Promise<PixelCounts> {
  try {
    const counts = await storeImages(file, split.train, size, stores.train);
    await storeImages(file, split.validation, size, stores.validation);
    await storeImages(file, split.test, size, stores.test);
    return counts;
  } catch (error) {
    for (const store of Object.values(stores)) store.abandon();
    throw error;
  }
}

/** The rows that a job sees. @throws InvalidError `too_few_rows` */
export async function rowsOfJob(table: Table, job: DataJob): Promise<SplitParts> {
  return (await splitTable(table, job)).split;
}

/**
 * The rows that a job sees, and what the target is in every row of the table: class codes, or values.
 * @throws InvalidError `too_few_rows`
 */
export async function splitTable(table: Table, job: DataJob): Promise<Pick<Rows, 'values' | 'split'>> {
  const { values, split } = await divideTable(table, job);
  return { values, split: partsOfSplit(split, job.fold ?? 0) };
}

/** All parts of a job's split, and the target as {@link splitTable} has it. @throws InvalidError `too_few_rows` */
export async function divideTable(
  table: Table,
  job: DataJob,
): Promise<{ readonly values: ArrayLike<number>; readonly split: RowSplit }> {
  const column = await table.column(job.target);
  const values =
    job.labels === null
      ? numbersOf(column, job.target)
      : classCodes({ profile: table.profile(job.target), column }, job.labels);
  const { group, time } = job.split;
  const split = splitRows(
    {
      target: values,
      isClasses: job.labels !== null,
      groups: group === null ? null : await table.codes(group),
      times: time === null ? null : await table.numbers(time),
    },
    job.split,
  );
  return { values, split };
}

function numbersOf(column: TableColumn, name: string): Float64Array {
  if (column.kind === 'numbers') return column.values;
  throw new InternalError('no_numbers', `column ${name} holds no numbers`);
}

function pickedValues(values: ArrayLike<number>, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row] ?? NaN);
}

function everyRow({ length }: Float64Array): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i);
}

export function preparedTargets(
  fitted: Pick<FittedPreparation, 'target'>,
  target: ArrayLike<number>,
  rows: Uint32Array,
): Float32Array {
  const y = shared(rows.length);
  rows.forEach((row, i) => {
    y[i] = preparedTarget(fitted.target, target[row] ?? 0);
  });
  return y;
}

/** Weights of the training rows, with a mean of 1, so that they leave the learning rate its meaning. */
function weightsOf(column: ArrayLike<number>, rows: Uint32Array, name: string): Float32Array {
  const weights = shared(rows.length);
  let sum = 0;
  rows.forEach((row, i) => {
    const weight = column[row] ?? NaN;
    if (!(weight >= 0)) {
      const message = `column ${name} has the weight ${String(weight)}; weights are numbers of at least 0`;
      throw new InvalidError('invalid_weights', message);
    }
    weights[i] = weight;
    sum += weight;
  });
  if (sum === 0) throw new InvalidError('invalid_weights', `the weights in column ${name} are all 0`);
  for (let i = 0; i < weights.length; i++) weights[i] = ((weights[i] ?? 0) * rows.length) / sum;
  return weights;
}

/** Over a SharedArrayBuffer, so that the threads of a worker process see one copy. */
function shared(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}
