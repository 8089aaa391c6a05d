import { createHash } from 'node:crypto';
import { InvalidError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import type { Part } from '../../core/metrics';
import type { PreparationConfig } from '../../core/specification';
import { partsOfSplit, splitRows, type SplitParts } from '../split';
import { openTable, type Table, type TableColumn } from '../table';
import { applyToTable } from './apply';
import { fitPreparation } from './fit';
import { fitImages, imageSizeOf, pixelRows, readImages } from '../images/prepare-images';
import { classCodes, fitTarget, preparedTarget, type RawColumn } from './fit-target';
import { PREPARATION_VERSION, type FittedPreparation } from './fitted';
import type { PreparedRows } from '../prepared/rows';

/** One part of the prepared data, over shared memory. */
export interface PreparedPart {
  readonly rows: number;
  /** `rows` times `width` numbers; gatherRows and readRows make numbers of what is kept otherwise. */
  readonly x: PreparedRows;
  /** [rows]: class index, or the prepared target. */
  readonly y: Float32Array;
  /** [rows]: what each row counts in training, with a mean of 1 over the training rows; all alike where there are none. */
  readonly weights?: Float32Array | null;
}

export interface PreparedTable {
  /** Numbers of a row of the input. */
  readonly width: number;
  /** Shape of a row of the input: of images [height, width, channels]; [width] where it is left out. */
  readonly shape?: readonly number[];
  readonly fitted: FittedPreparation;
  readonly parts: Readonly<Record<Part, PreparedPart>>;
}

/** Shape of a row of the input. */
export function inputShape({ shape, width }: PreparedTable): readonly number[] {
  return shape ?? [width];
}

/** Equal for jobs that see equal rows and columns, whatever machine they run on. */
export function preparedKey(job: DataJob, config: PreparationConfig): string {
  const { table, ...rest } = job;
  return createHash('sha256')
    .update(JSON.stringify([table.sha256, rest, config]))
    .digest('hex');
}

/**
 * Splits the table, fits the preparation on its training rows and applies it to all parts.
 * @throws InvalidError `no_features`, `too_few_rows`
 */
export async function prepareTable(job: DataJob, config: PreparationConfig): Promise<PreparedTable> {
  const table = await openTable(job.table.folder);
  const raw = async (name: string): Promise<RawColumn> => ({
    profile: table.profile(name),
    column: await table.column(name),
  });
  const target = await raw(job.target);
  const codes = job.labels === null ? null : classCodes(target, job.labels);
  const values = codes ?? (target.column.values as Float64Array);
  const split = await splitOfJob(table, values, job);
  const [first] = job.features;
  if (first !== undefined && table.profile(first).type === 'image') {
    return prepareImages(table, first, { target, values, split }, job, config);
  }
  const features = await Promise.all(job.features.map(raw));
  const { fitted, training } = fitPreparation(
    { features, target, values, rows: split.train },
    job,
    config,
    table.profiles.map(({ name }) => name),
  );
  const columns = new Map(features.map(({ profile, column }) => [profile.name, column]));
  const part = (rows: Uint32Array, fixed?: ReadonlyMap<number, Float64Array>): PreparedPart =>
    preparePart(fitted, columns, values, rows, fixed);
  const weights =
    job.weight == null ? null : weightsOf(await table.numbers(job.weight), split.train, job.weight);
  return {
    width: fitted.features.length,
    fitted,
    parts: {
      train: { ...part(split.train, training), weights },
      validation: part(split.validation),
      test: part(split.test),
    },
  };
}

interface Rows {
  readonly target: RawColumn;
  readonly values: ArrayLike<number>;
  readonly split: SplitParts;
}

/** Images stay bytes in memory; what is fitted is the scale of each channel. */
async function prepareImages(
  table: Table,
  name: string,
  { target, values, split }: Rows,
  job: DataJob,
  config: PreparationConfig,
): Promise<PreparedTable> {
  const file = table.images(name);
  const size = imageSizeOf(file.shape, config.image);
  const trained = await readImages(file, split.train, size);
  const image = fitImages(name, file.shape, size, trained, config.scale);
  const fitted: FittedPreparation = {
    format: 'tuneloom-preprocessing',
    version: PREPARATION_VERSION,
    task: job.task,
    columns: [],
    derived: [],
    kept: null,
    pca: null,
    features: [],
    image,
    target: fitTarget(target, job.labels, values, split.train, config.targetTransform),
    unused: table.profiles.map((profile) => profile.name).filter((other) => other !== name),
  };
  const part = (rows: Uint32Array, bytes: Uint8Array): PreparedPart => ({
    rows: rows.length,
    x: pixelRows(image, bytes),
    y: preparedTargets(fitted, values, rows),
  });
  return {
    width: size.height * size.width * size.channels,
    shape: [size.height, size.width, size.channels],
    fitted,
    parts: {
      train: part(split.train, trained),
      validation: part(split.validation, await readImages(file, split.validation, size)),
      test: part(split.test, await readImages(file, split.test, size)),
    },
  };
}

/** The rows that a job sees. @throws InvalidError `too_few_rows` */
export async function rowsOfJob(table: Table, job: DataJob): Promise<SplitParts> {
  const column = await table.column(job.target);
  const target =
    job.labels === null
      ? await table.numbers(job.target)
      : classCodes({ profile: table.profile(job.target), column }, job.labels);
  return splitOfJob(table, target, job);
}

/**
 * The rows that a job sees.
 * @param target class codes, or values
 * @throws InvalidError `too_few_rows`
 */
export async function splitOfJob(table: Table, target: ArrayLike<number>, job: DataJob): Promise<SplitParts> {
  const { group, time } = job.split;
  const split = splitRows(
    {
      target,
      isClasses: job.labels !== null,
      groups: group === null ? null : await table.codes(group),
      times: time === null ? null : await table.numbers(time),
    },
    job.split,
  );
  return partsOfSplit(split, job.fold ?? 0);
}

function preparePart(
  fitted: FittedPreparation,
  columns: ReadonlyMap<string, TableColumn>,
  target: ArrayLike<number>,
  rows: Uint32Array,
  fixed?: ReadonlyMap<number, Float64Array>,
): PreparedPart {
  const width = fitted.features.length;
  const x = shared(rows.length * width);
  applyToTable(fitted, columns, rows, x, fixed);
  return { rows: rows.length, x, y: preparedTargets(fitted, target, rows) };
}

function preparedTargets(
  fitted: FittedPreparation,
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
