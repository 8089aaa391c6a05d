import { gatherRows, type PreparedTable } from '../datasets';

/** The rows of training batches as numbers, the same for every engine. */
export class Batches {
  readonly #data: PreparedTable;
  /** Columns of `y`: one per class, or one. */
  readonly outputs: number;

  constructor(data: PreparedTable, outputs: number) {
    this.#data = data;
    this.outputs = outputs;
  }

  /**
   * @param order places in the training part
   * @returns x [order.length, width] and y [order.length, outputs], one-hot of classes; both have room for `places` rows,
   *   and zeros beyond
   */
  gather(order: Uint32Array, places = order.length): { readonly x: Float32Array; readonly y: Float32Array } {
    const { width, parts, fitted } = this.#data;
    const { train } = parts;
    const x = new Float32Array(places * width);
    gatherRows(train.x, width, order, x);
    const y = new Float32Array(places * this.outputs);
    const oneHot = fitted.target.kind === 'classes' && this.outputs > 1;
    order.forEach((row, i) => {
      const target = train.y[row] ?? 0;
      if (oneHot) y[i * this.outputs + target] = 1;
      else y[i] = target;
    });
    return { x, y };
  }
}
