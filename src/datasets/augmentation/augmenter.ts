import { hashedUniform } from '../../core/hashed-uniform';
import type { Augmentation } from '../../core/specification';
import { eachPixelRow, gatherRows, placesOf, type PixelRows, type PreparedRows } from '../prepared/rows';
import { DRAWS, ImageAugmenter } from './augment-image';
import { addNoise, mixRows, mixShares, normalPool, shareOf } from './mix';

/** A place among a row's draws that images do not use. */
const MIX_DRAW = 15;

/**
 * Gathers training batches and changes them as they are gathered. Every change is a function of the epoch's seed and the
 * row, and noise one of the seed and the step: engines, slices and restarts see the same batches.
 */
export class Augmenter {
  readonly #rows: PreparedRows;
  readonly #size: number;
  /** Numbers of a whole batch. */
  readonly #batchNumbers: number;
  readonly #indices: number;
  readonly #image: ImageAugmenter | null;
  /** Empty without mixup. */
  readonly #shares: Float32Array;
  /** The pool that noise is a run of; null where there is none. */
  readonly noise: Float32Array | null;
  /** What each row of a batch keeps of itself, and noise that begins again; room that is used again. */
  #kept = new Float32Array();
  #joined = new Float32Array();
  /** 0, 1, 2 … */
  #inPlace = new Uint32Array();

  /**
   * @param shape of a row of the input
   * @param batch rows of a whole batch
   * @param indices columns at a row's end that are no amounts: a category stays what it is, or is that of the row that
   *   counts more in a mixture
   */
  constructor(
    rows: PreparedRows,
    shape: readonly number[],
    strengths: Augmentation,
    batch: number,
    indices = 0,
  ) {
    const [height = 1, width = 1, channels = 1] = shape;
    this.#rows = rows;
    this.#size = shape.reduce((product, side) => product * side, 1);
    this.#batchNumbers = batch * this.#size;
    this.#indices = indices;
    const pixels = pixelsOf(rows);
    this.#image =
      pixels === null ? null : new ImageAugmenter({ height, width, channels }, pixels.scale, strengths);
    const { noise = 0, mixup = 0 } = strengths;
    this.noise = noise > 0 ? normalPool(this.#batchNumbers, noise) : null;
    this.#shares = mixup > 0 ? mixShares(mixup) : new Float32Array();
  }

  /** Whether rows are mixed with one another. */
  get mixes(): boolean {
    return this.#shares.length > 0;
  }

  /**
   * Whether all that happens to a row is that another one and a run of the noise are added, as a compiled step can do it
   * itself.
   */
  get onlyAdds(): boolean {
    return this.#image === null && this.#indices === 0 && (this.noise === null || this.#noiseIsOneRun);
  }

  /**
   * Where in the pool the noise of a batch begins. Rows draw from places 0 and up of the seed, steps from −1 and down.
   * @param seed of the epoch @param step of the epoch, counted from 0
   */
  noiseStart(seed: number, step: number): number {
    const length = this.noise?.length ?? 0;
    const starts = this.#noiseIsOneRun ? length - this.#batchNumbers + 1 : length;
    return Math.floor(hashedUniform(seed, -1 - step) * starts);
  }

  /** What each row of a batch that is mixed keeps of itself; holds until the next call. @param seed of the epoch */
  kept(order: Uint32Array, seed: number): Float32Array {
    const rows = order.length;
    if (this.#kept.length < rows) this.#kept = new Float32Array(rows);
    const kept = this.#kept.subarray(0, rows);
    for (let i = 0; i < rows; i++) kept[i] = shareOf(this.#shares, seed, (order[i] ?? 0) * DRAWS + MIX_DRAW);
    return kept;
  }

  /** @param y [kept.length, outputs] of one batch */
  mixTargets(y: Float32Array, outputs: number, kept: Float32Array): void {
    mixRows(y, this.#places(kept.length), y, outputs, kept, 0);
  }

  /**
   * The rows of one batch, changed, and mixed with one another, inputs and targets.
   * @param order places in the training part @param x [order.length, size] @param y [order.length, outputs], gathered
   * @param seed of the epoch
   * @param step of the epoch, counted from 0
   */
  gather(
    order: Uint32Array,
    x: Float32Array,
    y: Float32Array,
    outputs: number,
    seed: number,
    step: number,
  ): void {
    const noise = this.#noiseOf(order.length * this.#size, seed, step);
    const numbers = numbersOf(this.#rows);
    const changes = this.mixes || noise !== null;
    if (this.#image !== null) this.#gatherImages(this.#image, order, x, seed);
    else if (numbers === null || !changes) gatherRows(this.#rows, this.#size, order, x);
    // Numbers in memory are read from where they lie, not copied first.
    const [source, places] =
      numbers === null ? [x, this.#places(order.length)] : [numbers, this.#stored(order)];
    if (this.mixes) {
      const kept = this.kept(order, seed);
      mixRows(source, places, x, this.#size, kept, this.#indices, noise);
      this.mixTargets(y, outputs, kept);
    } else if (noise !== null) addNoise(source, places, x, this.#size, noise, this.#indices);
  }

  /** Whether no batch's noise begins again at the pool's start. */
  get #noiseIsOneRun(): boolean {
    return 2 * this.#batchNumbers <= (this.noise?.length ?? 0);
  }

  #noiseOf(numbers: number, seed: number, step: number): Float32Array | null {
    const pool = this.noise;
    if (pool === null) return null;
    const start = this.noiseStart(seed, step);
    if (start + numbers <= pool.length) return pool.subarray(start, start + numbers);
    if (this.#joined.length < numbers) this.#joined = new Float32Array(numbers);
    for (let done = 0, at = start; done < numbers; at = 0) {
      const run = pool.subarray(at, at + numbers - done);
      this.#joined.set(run, done);
      done += run.length;
    }
    return this.#joined;
  }

  #places(rows: number): Uint32Array {
    if (this.#inPlace.length < rows) this.#inPlace = Uint32Array.from({ length: rows }, (_, i) => i);
    return this.#inPlace.subarray(0, rows);
  }

  /** Places in the rows that the training part's are chosen from. */
  #stored(order: Uint32Array): Uint32Array {
    const rows = this.#rows;
    return 'kind' in rows && rows.kind === 'chosen' ? placesOf(rows, order) : order;
  }

  #gatherImages(image: ImageAugmenter, order: Uint32Array, x: Float32Array, seed: number): void {
    const pixels = pixelsOf(this.#rows);
    if (pixels === null) return;
    eachPixelRow(pixels, this.#size, this.#stored(order), (place, bytes, at) => {
      image.apply(bytes, at, x, place * this.#size, seed, order[place] ?? 0);
    });
  }
}

/** The images that rows are, or are chosen from; null of numbers. */
function pixelsOf(rows: PreparedRows): PixelRows | null {
  if (!('kind' in rows) || rows.kind === 'file') return null;
  return rows.kind === 'pixels' ? rows : pixelsOf(rows.of);
}

/** The numbers in memory that rows are, or are chosen from; null of others. */
function numbersOf(rows: PreparedRows): Float32Array | null {
  if (rows instanceof Float32Array) return rows;
  return rows.kind === 'chosen' ? numbersOf(rows.of) : null;
}
