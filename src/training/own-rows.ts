import { inMemory, type PreparedTable } from '../datasets';

/** Bytes that are copied whatever the trial: no more than gathering batches for a step takes. */
const SMALL_BYTES = 2 ** 24;
/** Bytes that are copied for a trial of enough epochs: a copy is one pass over the rows, and every epoch spares another. */
const MOST_BYTES = 2 ** 28;
const LEAST_EPOCHS = 8;

let rowMemory = MOST_BYTES;

/** For a thread: the bytes of training rows that a trial may have to itself. */
export function useRowMemory(bytes: number): void {
  rowMemory = bytes;
}

/**
 * Whether a trial shall have a copy of the training rows to itself, as a step needs it that takes its rows out of the
 * table: ONNX Runtime for Node refuses memory that threads share. Rows that lie in a file stay there.
 */
export function ownsRows({ width, parts: { train } }: PreparedTable, epochs: number): boolean {
  const bytes = train.rows * width * Float32Array.BYTES_PER_ELEMENT;
  const most = epochs < LEAST_EPOCHS ? SMALL_BYTES : MOST_BYTES;
  return inMemory(train.x) && bytes <= Math.min(most, rowMemory);
}
