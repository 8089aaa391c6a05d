import type { Part } from '../../core/metrics';
import { RowStore } from '../prepared/row-store';
import type { PreparedRows } from '../prepared/rows';
import type { SplitParts } from '../split';
import { ROWS_AT_ONCE, type Table, type TableColumn } from '../table';
import { applyToTable } from './apply';
import type { FittedInput } from './fitted';

/** How much memory prepared rows may take, and where they go beyond it. */
export interface PreparationRoom {
  readonly memoryBytes: number;
  /** On a disk: a temporary folder may lie in memory. */
  readonly folder: string;
}

const PARTS: readonly Part[] = ['train', 'validation', 'test'];

/** A store for each part: in memory where all of them fit, else in files. */
export function openStores<Elements extends Float32Array | Uint8Array>(
  kind: (new (buffer: SharedArrayBuffer) => Elements) & { readonly BYTES_PER_ELEMENT: number },
  split: SplitParts,
  width: number,
  { memoryBytes, folder }: PreparationRoom,
): Readonly<Record<Part, RowStore<Elements>>> {
  const rows = PARTS.reduce((sum, part) => sum + split[part].length, 0);
  const fits = rows * width * kind.BYTES_PER_ELEMENT <= memoryBytes;
  const store = (part: Part): RowStore<Elements> =>
    fits ? RowStore.inMemory(kind, split[part].length * width) : RowStore.inFile<Elements>(folder);
  return { train: store('train'), validation: store('validation'), test: store('test') };
}

/**
 * Prepares the rows of all parts in one pass over the table, a piece of it at a time: the columns of several inputs stand side
 * by side.
 * @param training what training rows get instead of what a step of the first input gives, [training rows, columns of the step]
 */
export async function storeParts(
  table: Table,
  split: SplitParts,
  inputs: readonly FittedInput[],
  training: ReadonlyMap<number, Float64Array>,
  room: PreparationRoom,
): Promise<Readonly<Record<Part, PreparedRows>>> {
  const width = inputs.reduce((sum, { features }) => sum + features.length, 0);
  const names = new Set(inputs.flatMap((input) => input.columns.map(({ name }) => name)));
  const stores = openStores(Float32Array, split, width, room);
  const done: Record<Part, number> = { train: 0, validation: 0, test: 0 };
  try {
    for (let start = 0; start < table.rowCount; start += ROWS_AT_ONCE) {
      const end = Math.min(table.rowCount, start + ROWS_AT_ONCE);
      const columns = new Map<string, TableColumn>();
      for (const name of names) columns.set(name, await table.slice(name, start, end));
      for (const part of PARTS) {
        const first = done[part];
        const rows = rowsBelow(split[part], first, end).map((row) => row - start);
        const fixed =
          part === 'train' ? cutFrom(training, first, rows.length, split.train.length) : undefined;
        const made = inputs.map((input, i) => {
          const out = new Float32Array(rows.length * input.features.length);
          applyToTable(input, columns, rows, out, i === 0 ? fixed : undefined);
          return out;
        });
        stores[part].write(sideBySide(made, rows.length));
        done[part] = first + rows.length;
      }
    }
    return { train: stores.train.rows(), validation: stores.validation.rows(), test: stores.test.rows() };
  } catch (error) {
    for (const part of PARTS) stores[part].abandon();
    throw error;
  }
}

/** Inputs of the same rows as one, [rows, all columns]. @param inputs [rows, columns], each */
export function sideBySide(
  inputs: readonly Float32Array<ArrayBuffer>[],
  rows: number,
): Float32Array<ArrayBuffer> {
  const [only] = inputs;
  if (inputs.length === 1 && only !== undefined) return only;
  const width = inputs.reduce((sum, { length }) => sum + length, 0) / Math.max(1, rows);
  const out = new Float32Array(rows * width);
  let offset = 0;
  for (const input of inputs) {
    const own = input.length / Math.max(1, rows);
    for (let i = 0; i < rows; i++) out.set(input.subarray(i * own, (i + 1) * own), i * width + offset);
    offset += own;
  }
  return out;
}

/** Of ascending rows those from a place on that are below `end`. */
function rowsBelow(rows: Uint32Array, first: number, end: number): Uint32Array {
  let last = first;
  while (last < rows.length && (rows[last] ?? 0) < end) last += 1;
  return rows.subarray(first, last);
}

function cutFrom(
  training: ReadonlyMap<number, Float64Array>,
  first: number,
  rows: number,
  all: number,
): ReadonlyMap<number, Float64Array> {
  return new Map(
    [...training].map(([step, values]) => {
      const own = values.length / all;
      return [step, values.subarray(first * own, (first + rows) * own)];
    }),
  );
}
