import { inputShape, readRows, type PreparedTable } from '../datasets';
import type { Feeds } from '../runtime';
import type { Batches, BatchPlace, BatchTargets } from './batches';
import type { RowChanges } from './compiled-step';
import { ownsRows } from './own-rows';

/**
 * What a compiled step is fed of the rows of its batches: the rows themselves; or, where that costs less, the whole table and the
 * places of the rows in it.
 */
export class RowFeeds {
  readonly #data: PreparedTable;
  readonly #batches: Batches;
  /** How the step takes its rows out of the table; null where it gets them. */
  readonly changes: RowChanges | null;
  /** The training rows of this trial alone, from its first step on. */
  #table: Float32Array | null = null;

  /** @param epochs of the whole training @param device that the step runs on */
  constructor(data: PreparedTable, batches: Batches, epochs: number, device: string) {
    this.#data = data;
    this.#batches = batches;
    const { canBeGatheredInStep, mixed, noise } = batches;
    const gathered = device === 'cpu' && canBeGatheredInStep && ownsRows(data, epochs);
    this.changes = gathered ? { mixed, noisy: noise !== null } : null;
  }

  /** Numbers of a row that are copied for a step. */
  get copiedWidth(): number {
    return this.changes === null ? this.#data.width : 0;
  }

  /** @param count batches @param batch rows of one @param order their places in the training part */
  feeds(place: BatchPlace, count: number, batch: number, order: Uint32Array): Record<string, Feeds[string]> {
    const shape = inputShape(this.#data);
    const feeds: Record<string, Feeds[string]> = {};
    const put = (name: string, data: Feeds[string]['data'], sizes: readonly number[]): void => {
      feeds[name] = { data, shape: sizes };
    };
    const putTargets = ({ y, weights }: BatchTargets): void => {
      put('y', y, [count, batch, this.#batches.outputs]);
      if (weights !== null) put('rowWeights', weights, [count, batch]);
    };
    if (this.changes === null) {
      const gathered = this.#batches.gather(order, place, count * batch);
      put('x', gathered.x, [count, batch, ...shape]);
      putTargets(gathered);
      return feeds;
    }
    const { train } = this.#data.parts;
    const table = (this.#table ??= readRows(train.x, this.#data.width, 0, train.rows));
    const taken = this.#batches.rowsForStep(order, place, count * batch);
    put('x', table, [train.rows, ...shape]);
    put('x.rows', taken.rows, [count, batch]);
    putTargets(taken);
    const { others } = taken;
    if (others !== null) {
      put('mixed', table, [train.rows, ...shape]);
      put('mixed.rows', others.rows, [count, batch]);
      put('mixed.share', others.shares, [count, batch, ...shape.map(() => 1)]);
    }
    const { noise } = this.#batches;
    if (noise !== null) {
      put('noise', noise, [noise.length]);
      put('noise.starts', BigInt64Array.from(this.#batches.noiseStarts(place, count), BigInt), [count, 1]);
    }
    return feeds;
  }

  /** Lets go of the table, which may be large. */
  dispose(): void {
    this.#table = null;
  }
}
