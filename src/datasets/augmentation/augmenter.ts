import { hashedUniform } from '../../core/hashed-uniform';
import type { Augmentation } from '../../core/specification';
import { eachPixelRow, gatherRows, placesOf, type PixelRows, type PreparedRows } from '../prepared/rows';
import { DRAWS, ImageAugmenter } from './augment-image';
import { addNoise, mixRows, mixShares, normalPool, shareOf } from './mix';

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
  readonly #strengths: Augmentation;
  readonly #image: ImageAugmenter | null;
  readonly #normals: Float32Array | null;
  readonly #shares: Float32Array | null;
  /** What each row of a batch keeps of itself; room that is used again. */
  #own = new Float32Array();

  /**
   * @param shape of a row of the input
   * @param indices columns at a row's end that are no amounts: a category stays what it is, or is that of the row that
   *   counts more in a mixture
   */
  constructor(rows: PreparedRows, shape: readonly number[], strengths: Augmentation, indices = 0) {
    const [height = 1, width = 1, channels = 1] = shape;
    this.#rows = rows;
    this.#size = shape.reduce((product, side) => product * side, 1);
    this.#strengths = strengths;
    this.#indices = indices;
    const pixels = pixelsOf(rows);
    this.#image =
      pixels === null ? null : new ImageAugmenter({ height, width, channels }, pixels.scale, strengths);
    const { noise = 0, mixup = 0 } = strengths;
    this.#normals = noise > 0 ? normalPool(this.#size) : null;
    this.#shares = mixup > 0 ? mixShares(mixup) : null;
  }

  /**
   * @param order places in the training part @param x [order.length, size]
   * @param seed of the epoch
   */
  gather(order: Uint32Array, x: Float32Array, seed: number): void {
    if (this.#image === null) gatherRows(this.#rows, this.#size, order, x);
    else this.#gatherImages(this.#image, order, x, seed);
    const { noise = 0 } = this.#strengths;
    if (this.#normals === null) return;
    for (let i = 0; i < order.length; i++) {
      const u = hashedUniform(seed, (order[i] ?? 0) * DRAWS + NOISE_DRAW);
      addNoise(x, i * this.#size, this.#size - this.#indices, noise, this.#normals, u);
    }
  }

  /** Mixes the rows of one batch with one another, inputs and targets. @param x [order.length, size] @param y [order.length, outputs] */
  mix(order: Uint32Array, x: Float32Array, y: Float32Array, outputs: number, seed: number): void {
    const shares = this.#shares;
    if (shares === null) return;
    const own = this.#own.length < order.length ? new Float32Array(order.length) : this.#own;
    this.#own = own;
    for (let i = 0; i < order.length; i++) own[i] = shareOf(shares, seed, (order[i] ?? 0) * DRAWS + MIX_DRAW);
    mixRows(x, this.#size, order.length, own, this.#indices);
    mixRows(y, outputs, order.length, own, 0);
  }

  #gatherImages(image: ImageAugmenter, order: Uint32Array, x: Float32Array, seed: number): void {
    const pixels = pixelsOf(this.#rows);
    if (pixels === null) return;
    const rows = this.#rows;
    const stored = 'kind' in rows && rows.kind === 'chosen' ? placesOf(rows, order) : order;
    eachPixelRow(pixels, this.#size, stored, (place, bytes, at) => {
      image.apply(bytes, at, x, place * this.#size, seed, order[place] ?? 0);
    });
  }
}

/** The images that rows are, or are chosen from; null of numbers. */
function pixelsOf(rows: PreparedRows): PixelRows | null {
  if (!('kind' in rows) || rows.kind === 'file') return null;
  return rows.kind === 'pixels' ? rows : pixelsOf(rows.of);
}
