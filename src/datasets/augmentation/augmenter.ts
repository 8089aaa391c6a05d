import { hashedUniform } from '../../core/hashed-uniform';
import type { Augmentation } from '../../core/specification';
import { eachPixelRow, gatherRows, placesOf, type PixelRows, type PreparedRows } from '../prepared/rows';
import { DRAWS, ImageAugmenter } from './augment-image';
import { addNoise, mixRows, mixShares, noiseStart, normalPool, shareOf, type Noise } from './mix';

/** Places among a row's draws that images do not use. */
const NOISE_DRAW = 14;
const MIX_DRAW = 15;

/**
 * Gathers training batches and changes them as they are gathered. Every change of a row is a function of the epoch's
 * seed and the row: engines, slices and restarts see the same batches.
 */
export class Augmenter {
  readonly #rows: PreparedRows;
  readonly #size: number;
  readonly #indices: number;
  readonly #image: ImageAugmenter | null;
  readonly #normals: Float32Array | null;
  readonly #shares: Float32Array | null;
  /** What each row of a batch keeps of itself, and where its noise begins; room that is used again. */
  #own = new Float32Array();
  #starts = new Uint32Array();
  /** 0, 1, 2 … */
  #inPlace = new Uint32Array();

  /**
   * @param shape of a row of the input
   * @param indices columns at a row's end that are no amounts: a category stays what it is, or is that of the row that
   *   counts more in a mixture
   */
  constructor(rows: PreparedRows, shape: readonly number[], strengths: Augmentation, indices = 0) {
    const [height = 1, width = 1, channels = 1] = shape;
    this.#rows = rows;
    this.#size = shape.reduce((product, side) => product * side, 1);
    this.#indices = indices;
    const pixels = pixelsOf(rows);
    this.#image =
      pixels === null ? null : new ImageAugmenter({ height, width, channels }, pixels.scale, strengths);
    const { noise = 0, mixup = 0 } = strengths;
    this.#normals = noise > 0 ? normalPool(this.#size, noise) : null;
    this.#shares = mixup > 0 ? mixShares(mixup) : null;
  }

  /**
   * The rows of one batch, changed, and mixed with one another, inputs and targets.
   * @param order places in the training part @param x [order.length, size] @param y [order.length, outputs], gathered
   * @param seed of the epoch
   */
  gather(order: Uint32Array, x: Float32Array, y: Float32Array, outputs: number, seed: number): void {
    const rows = order.length;
    this.#makeRoom(rows);
    const noise = this.#noiseOf(order, seed);
    const own = this.#own;
    const inPlace = this.#inPlace.subarray(0, rows);
    if (this.#shares !== null)
      for (let i = 0; i < rows; i++) own[i] = shareOf(this.#shares, seed, (order[i] ?? 0) * DRAWS + MIX_DRAW);
    const numbers = numbersOf(this.#rows);
    const changes = this.#shares !== null || noise !== null;
    if (this.#image !== null) this.#gatherImages(this.#image, order, x, seed);
    else if (numbers === null || !changes) gatherRows(this.#rows, this.#size, order, x);
    // Numbers in memory are read from where they lie, not copied first.
    const [source, places] = numbers === null ? [x, inPlace] : [numbers, this.#stored(order)];
    if (this.#shares !== null) {
      mixRows(source, places, x, this.#size, own, this.#indices, noise);
      mixRows(y, inPlace, y, outputs, own, 0);
    } else if (noise !== null) addNoise(source, places, x, this.#size, noise, this.#indices);
  }

  #makeRoom(rows: number): void {
    if (this.#inPlace.length >= rows) return;
    this.#own = new Float32Array(rows);
    this.#starts = new Uint32Array(rows);
    this.#inPlace = Uint32Array.from({ length: rows }, (_, i) => i);
  }

  /** Places in the rows that the training part's are chosen from. */
  #stored(order: Uint32Array): Uint32Array {
    const rows = this.#rows;
    return 'kind' in rows && rows.kind === 'chosen' ? placesOf(rows, order) : order;
  }

  #noiseOf(order: Uint32Array, seed: number): Noise | null {
    const [pool, starts] = [this.#normals, this.#starts];
    if (pool === null) return null;
    for (let i = 0; i < order.length; i++)
      starts[i] = noiseStart(hashedUniform(seed, (order[i] ?? 0) * DRAWS + NOISE_DRAW));
    return { pool, starts };
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
