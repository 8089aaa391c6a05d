import { deriveSeed } from '../core/random';
import type { Augmentation } from '../core/specification';
import { Augmenter, gatherRows, inputShape, type PreparedTable } from '../datasets';

export interface BatchOptions {
  /** Columns of `y`: one per class, or one. */
  readonly outputs: number;
  /** The trial's. */
  readonly seed: number;
  readonly augmentation: Augmentation | null;
}

/** The rows of training batches as numbers, the same for every engine. */
export class Batches {
  readonly #data: PreparedTable;
  readonly #seed: number;
  readonly #augmenter: Augmenter | null;
  readonly outputs: number;

  constructor(data: PreparedTable, { outputs, seed, augmentation }: BatchOptions) {
    this.#data = data;
    this.#seed = seed;
    this.outputs = outputs;
    this.#augmenter =
      augmentation === null ? null : new Augmenter(data.parts.train.x, inputShape(data), augmentation);
  }

  /**
   * @param order places in the training part, one batch after the other
   * @param epoch counted from 1 @param batch rows of a whole batch
   * @returns x [order.length, width] and y [order.length, outputs], one-hot of classes; both have room for `places` rows,
   *   and zeros beyond
   */
  gather(
    order: Uint32Array,
    epoch: number,
    batch: number,
    places = order.length,
  ): { readonly x: Float32Array; readonly y: Float32Array } {
    const { width, parts, fitted } = this.#data;
    const { train } = parts;
    const x = new Float32Array(places * width);
    const y = new Float32Array(places * this.outputs);
    const oneHot = fitted.target.kind === 'classes' && this.outputs > 1;
    order.forEach((row, i) => {
      const target = train.y[row] ?? 0;
      if (oneHot) y[i * this.outputs + target] = 1;
      else y[i] = target;
    });
    if (this.#augmenter === null) {
      gatherRows(train.x, width, order, x);
    } else {
      const seed = deriveSeed(this.#seed, 'augment', epoch);
      this.#augmenter.gather(order, x, seed);
      this.#augmenter.mix(order, batch, x, y, this.outputs, seed);
    }
    return { x, y };
  }
}
