import { deriveSeed } from '../core/random';
import type { TrainingConfig } from '../core/specification';
import { Augmenter, gatherRows, inputLayout, type PreparedTable } from '../datasets';

export interface BatchOptions {
  /** Columns of `y`: one per class, or one. */
  readonly outputs: number;
  /** The trial's. */
  readonly seed: number;
  readonly config: TrainingConfig;
}

/** What the rows of a batch, or of several, are to become. */
export interface BatchTargets {
  /** [places, outputs]: one-hot of classes; shares of them where rows are mixed. */
  readonly y: Float32Array;
  /** [places]; null where all rows weigh the same. */
  readonly weights: Float32Array | null;
}

/** The rows of a batch, or of several, as numbers. */
export interface BatchRows extends BatchTargets {
  /** [places, …] */
  readonly x: Float32Array;
}

/** Where in the training batches stand. */
export interface BatchPlace {
  /** Counted from 1. */
  readonly epoch: number;
  /** The first batch's place in the epoch, counted from 0. */
  readonly step: number;
}

/** What a step that takes its rows out of the table itself gets instead of them. */
export interface StepRows extends BatchTargets {
  /** [places]: rows of the table. */
  readonly rows: Int32Array;
  /** The rows that they are mixed with, and the shares of those: 0 of what fills up the last batch; null without mixup. */
  readonly others: { readonly rows: Int32Array; readonly shares: Float32Array } | null;
}

/** The rows of training batches as numbers, the same for every engine. */
export class Batches {
  readonly #data: PreparedTable;
  readonly #seed: number;
  /** Rows of a whole batch. */
  readonly #batch: number;
  readonly #augmenter: Augmenter | null;
  readonly outputs: number;
  /** What a label counts; null where all count the same. */
  readonly #classWeights: Float32Array | null;
  /** Memory of the rows, used again by the next call: fresh memory costs more than filling it. */
  #room = new Float32Array();
  #targetRoom: BatchTargets = { y: new Float32Array(), weights: null };

  constructor(data: PreparedTable, { outputs, seed, config }: BatchOptions) {
    this.#data = data;
    this.#seed = seed;
    this.outputs = outputs;
    const { shape, embedded } = inputLayout(data);
    const augmentation = config.augmentation ?? null;
    this.#batch = Math.min(config.batchSize, data.parts.train.rows);
    this.#augmenter =
      augmentation === null
        ? null
        : new Augmenter(data.parts.train.x, shape, augmentation, this.#batch, embedded.length);
    this.#classWeights = classWeightsOf(data, config.classWeights);
  }

  /** Whether a compiled step could take its rows out of the table itself, and change them as they are to be. */
  get canBeGatheredInStep(): boolean {
    return this.#augmenter?.onlyAdds ?? true;
  }

  /** Whether rows are mixed with one another. */
  get mixed(): boolean {
    return this.#augmenter?.mixes ?? false;
  }

  /** The pool of the noise that is added to rows; null where none is. */
  get noise(): Float32Array | null {
    return this.#augmenter?.noise ?? null;
  }

  /** Whether rows or classes weigh differently. */
  get weighted(): boolean {
    return this.#classWeights !== null || this.#data.parts.train.weights != null;
  }

  /**
   * @param order places in the training part, whole batches one after the other; only the last may be a short one
   * @returns what holds until the next call; with room for `places` rows, and zeros beyond the rows
   */
  gather(order: Uint32Array, place: BatchPlace, places = order.length): BatchRows {
    const { width, parts } = this.#data;
    const { y, weights } = this.#targets(order, places);
    if (this.#room.length < places * width) this.#room = new Float32Array(places * width);
    const x = this.#room.subarray(0, places * width).fill(0, order.length * width);
    const augmenter = this.#augmenter;
    if (augmenter === null) gatherRows(parts.train.x, width, order, x);
    else {
      const seed = this.#augmentSeed(place.epoch);
      // A batch at a time: what one change has written, the next one finds in the processor's cache.
      this.#eachBatch(order, (rows, from, step) => {
        const to = from + rows.length;
        const [own, targets] = [
          x.subarray(from * width, to * width),
          y.subarray(from * this.outputs, to * this.outputs),
        ];
        augmenter.gather(rows, own, targets, this.outputs, seed, place.step + step);
      });
    }
    return { x, y, weights };
  }

  /** As {@link Batches.gather}, for a step that gathers and changes its rows itself (see {@link Batches.canBeGatheredInStep}). */
  rowsForStep(order: Uint32Array, { epoch }: BatchPlace, places = order.length): StepRows {
    const targets = this.#targets(order, places);
    // A row of the same batch fills it up: where that one is no number, the batch is not either.
    const filled = (): Int32Array => new Int32Array(places).fill(order.at(-1) ?? 0);
    const rows = filled();
    rows.set(order);
    const augmenter = this.#augmenter;
    if (augmenter?.mixes !== true) return { ...targets, rows, others: null };
    const others = { rows: filled(), shares: new Float32Array(places) };
    const seed = this.#augmentSeed(epoch);
    this.#eachBatch(order, (batch, from) => {
      const kept = augmenter.kept(batch, seed);
      augmenter.mixTargets(targets.y.subarray(from * this.outputs), this.outputs, kept);
      for (let i = 0; i < batch.length; i++) {
        others.rows[from + i] = batch[i + 1 < batch.length ? i + 1 : 0] ?? 0;
        others.shares[from + i] = 1 - (kept[i] ?? 1);
      }
    });
    return { ...targets, rows, others };
  }

  /** Where in the pool the noise of so many batches begins. */
  noiseStarts({ epoch, step }: BatchPlace, count: number): readonly number[] {
    const augmenter = this.#augmenter;
    const seed = this.#augmentSeed(epoch);
    if (augmenter === null) return [];
    return Array.from({ length: count }, (_, i) => augmenter.noiseStart(seed, step + i));
  }

  #augmentSeed(epoch: number): number {
    return deriveSeed(this.#seed, 'augment', epoch);
  }

  #eachBatch(order: Uint32Array, work: (rows: Uint32Array, from: number, step: number) => void): void {
    for (let from = 0, step = 0; from < order.length; from += this.#batch, step++)
      work(order.subarray(from, from + this.#batch), from, step);
  }

  #targets(order: Uint32Array, places: number): BatchTargets {
    const { parts, fitted } = this.#data;
    const { train } = parts;
    if (this.#targetRoom.y.length < places * this.outputs) {
      this.#targetRoom = {
        y: new Float32Array(places * this.outputs),
        weights: this.weighted ? new Float32Array(places) : null,
      };
    }
    const y = this.#targetRoom.y.subarray(0, places * this.outputs).fill(0);
    const weights = this.#targetRoom.weights?.subarray(0, places).fill(0, order.length) ?? null;
    const oneHot = fitted.target.kind === 'classes' && this.outputs > 1;
    for (let i = 0; i < order.length; i++) {
      const row = order[i] ?? 0;
      const target = train.y[row] ?? 0;
      if (oneHot) y[i * this.outputs + target] = 1;
      else y[i] = target;
      if (weights !== null) weights[i] = (this.#classWeights?.[target] ?? 1) * (train.weights?.[row] ?? 1);
    }
    return { y, weights };
  }
}

/** Balanced: every class weighs the same in all, and the mean over the rows is 1 (as scikit-learn has it). */
function classWeightsOf(
  { fitted, parts }: PreparedTable,
  given: TrainingConfig['classWeights'],
): Float32Array | null {
  if (given === 'none' || fitted.target.kind !== 'classes') return null;
  const { labels } = fitted.target;
  if (given !== 'balanced') {
    return Float32Array.from(labels, (label) => (Object.hasOwn(given, label) ? Number(given[label]) : 1));
  }
  const counts = new Float64Array(labels.length);
  for (const label of parts.train.y) counts[label] = (counts[label] ?? 0) + 1;
  const present = counts.filter((count) => count > 0).length;
  return Float32Array.from(counts, (count) => (count === 0 ? 1 : parts.train.rows / (present * count)));
}
