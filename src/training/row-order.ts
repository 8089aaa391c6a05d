import { streamOf } from '../core/random';

/** Numbers of a block of rows that stay together, and blocks that are shuffled with one another. */
const BLOCK_NUMBERS = 1 << 13;
const WINDOW_BLOCKS = 512;

/**
 * The order in which an epoch sees the training rows, a function of (seed, epoch) and the data's shape. Up to four million
 * numbers are shuffled whole. Of more, blocks of neighbouring rows are shuffled, and then the rows of each 512 blocks that
 * follow one another: what lies in a file is read nearly in one piece, and no more than a window of the order is in memory.
 * The order is the same wherever the rows lie.
 */
export class RowOrder {
  readonly #rows: number;
  readonly #seed: number;
  readonly #epoch: number;
  readonly #blockRows: number;
  /** Blocks in the order of their windows; null where there is one window. */
  readonly #blocks: Uint32Array | null;
  #window = -1;
  /** Place of the window's first row in the order. */
  #start = 0;
  #order: Uint32Array = new Uint32Array();

  /** @param width numbers of a row @param epoch counted from 1 */
  constructor(rows: number, width: number, seed: number, epoch: number) {
    this.#rows = rows;
    this.#seed = seed;
    this.#epoch = epoch;
    this.#blockRows = Math.max(1, Math.floor(BLOCK_NUMBERS / width));
    const blocks = Math.ceil(rows / this.#blockRows);
    this.#blocks = blocks <= WINDOW_BLOCKS ? null : streamOf(seed, 'order', epoch).shuffle(upTo(0, blocks));
  }

  /** Rows at places [from, to) of the order; asked for from the first place to the last. */
  range(from: number, to: number): Uint32Array {
    const out = new Uint32Array(Math.max(0, to - from));
    for (let done = 0; done < out.length;) {
      const at = from + done;
      while (at >= this.#start + this.#order.length) this.#nextWindow();
      const piece = this.#order.subarray(at - this.#start, to - this.#start);
      out.set(piece, done);
      done += piece.length;
    }
    return out;
  }

  #nextWindow(): void {
    this.#start += this.#order.length;
    this.#window += 1;
    if (this.#blocks === null) {
      this.#order = streamOf(this.#seed, 'order', this.#epoch).shuffle(upTo(0, this.#rows));
      return;
    }
    const first = this.#window * WINDOW_BLOCKS;
    const blocks = this.#blocks.subarray(first, first + WINDOW_BLOCKS);
    const order = new Uint32Array(blocks.length * this.#blockRows);
    let count = 0;
    for (const block of blocks) {
      const rows = upTo(block * this.#blockRows, Math.min(this.#rows, (block + 1) * this.#blockRows));
      order.set(rows, count);
      count += rows.length;
    }
    this.#order = streamOf(this.#seed, 'order', this.#epoch, this.#window).shuffle(order.subarray(0, count));
  }
}

function upTo(from: number, to: number): Uint32Array {
  const rows = new Uint32Array(to - from);
  for (let i = 0; i < rows.length; i++) rows[i] = from + i;
  return rows;
}
