import { hashedUniform } from '../core/hashed-uniform';
import { deriveSeed } from '../core/random';

/** The least numbers of a pool; it holds twice what a step takes, too. */
const POOL_NUMBERS = 1 << 16;

/** What a random layer draws for each number of its input, or of the part of it that its shape names. */
export type Draw =
  /** 0 with probability `rate`, else `kept`: what is kept is multiplied by it. */
  | { readonly kind: 'keep'; readonly rate: number; readonly kept: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number };

/**
 * What a random layer takes from outside instead of drawing it: a function of (trial seed, epoch, step, layer). It is a
 * run of a longer list of random numbers, the pool, which begins somewhere else at every step; so a compiled step needs
 * one number per step, and no random operation of its own.
 */
export class Mask {
  readonly name: string;
  /** Sizes of the mask without the batch's; one where all places of an axis share their number. */
  readonly shape: readonly number[];
  /** False where all rows of a batch share one mask. */
  readonly perRow: boolean;
  /** A number that the layer adds, and which depends on its rate (alpha dropout); null where there is none. */
  readonly shift: number | null;
  readonly #seed: number;
  readonly #draw: Draw;
  #pool: Float32Array = new Float32Array();

  constructor(name: string, seed: number, draw: Draw, { shape, perRow = true, shift = null }: MaskShape) {
    this.name = name;
    this.shape = shape;
    this.perRow = perRow;
    this.shift = shift;
    this.#seed = seed;
    this.#draw = draw;
  }

  /** The shape for a batch of `rows`. */
  shapeOf(rows: number): readonly number[] {
    return [this.perRow ? rows : 1, ...this.shape];
  }

  /** @param rows of a whole batch of the training */
  pool(rows: number): Float32Array {
    const length = Math.max(POOL_NUMBERS, 2 * sizeOf(this.shapeOf(rows)));
    if (this.#pool.length !== length)
      this.#pool = poolOf(length, this.#draw, deriveSeed(this.#seed, 'pool', this.name));
    return this.#pool;
  }

  /** Lets go of the pool. TensorFlow.js's executor remembers the layers of its last hundred networks, and so this object. */
  dispose(): void {
    this.#pool = new Float32Array();
  }

  /**
   * Where the mask of a step begins in the pool. A last, shorter batch takes the first rows of the mask.
   * @param rows of a whole batch of the training
   */
  start(rows: number, epoch: number, step: number): number {
    const room = this.pool(rows).length - sizeOf(this.shapeOf(rows)) + 1;
    return deriveSeed(this.#seed, 'mask', epoch, step, this.name) % room;
  }
}

export interface MaskShape {
  readonly shape: readonly number[];
  readonly perRow?: boolean;
  readonly shift?: number | null;
}

function poolOf(length: number, draw: Draw, seed: number): Float32Array {
  const pool = new Float32Array(length);
  if (draw.kind === 'keep') {
    for (let i = 0; i < length; i++) if (hashedUniform(seed, i) >= draw.rate) pool[i] = draw.kept;
    return pool;
  }
  // Box–Muller, a pair at a time.
  for (let i = 0; i < length; i += 2) {
    const radius = draw.deviation * Math.sqrt(-2 * Math.log(1 - hashedUniform(seed, i)));
    const angle = 2 * Math.PI * hashedUniform(seed, i + 1);
    pool[i] = draw.mean + radius * Math.cos(angle);
    if (i + 1 < length) pool[i + 1] = draw.mean + radius * Math.sin(angle);
  }
  return pool;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
