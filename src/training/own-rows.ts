import { inMemory, type PreparedTable } from '../datasets';

/** Of more bytes the copy costs more memory than it is worth. */
const MOST_BYTES = 2 ** 28;

let rowMemory = MOST_BYTES;

/** For a thread: the bytes of training rows that a trial may have to itself. */
export function useRowMemory(bytes: number): void {
  rowMemory = Math.min(MOST_BYTES, bytes);
}

/**
 * Whether a trial may have a copy of the training rows to itself, as a step needs it that takes its rows out of the table:
 * ONNX Runtime does not read memory that threads share. Rows that lie in a file stay there.
 */
export function mayOwnRows({ width, parts: { train } }: PreparedTable): boolean {
  const bytes = train.rows * width * Float32Array.BYTES_PER_ELEMENT;
  return inMemory(train.x) && bytes <= rowMemory;
}
