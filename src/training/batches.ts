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

/** The rows of training batches as numbers, the same for every engine. */
export class Batches {
  readonly #data: PreparedTable;
  readonly #seed: number;
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
    this.#augmenter =
      augmentation === null ? null : new Augmenter(data.parts.train.x, shape, augmentation, embedded.length);
    this.#classWeights = classWeightsOf(data, config.classWeights);
  }

  /** Whether an epoch sees other numbers than the table's. */
  get augmented(): boolean {
    return this.#augmenter !== null;
  }

  /** Whether rows or classes weigh differently. */
  get weighted(): boolean {
    return this.#classWeights !== null || this.#data.parts.train.weights != null;
  }

  /**
   * @param order places in the training part, one batch after the other
   * @param epoch counted from 1
   * @param batch rows of a whole batch
   * @returns what holds until the next call; with room for `places` rows, and zeros beyond the rows
   */
  gather(order: Uint32Array, epoch: number, batch: number, places = order.length): BatchRows {
    const { width, parts } = this.#data;
    const { train } = parts;
    const { y, weights } = this.targets(order, places);
    if (this.#room.length < places * width) this.#room = new Float32Array(places * width);
    const x = this.#room.subarray(0, places * width).fill(0, order.length * width);
    if (this.#augmenter === null) {
      gatherRows(train.x, width, order, x);
    } else {
      const seed = deriveSeed(this.#seed, 'augment', epoch);
      // A batch at a time: what one change has written, the next one finds in the processor's cache.
      for (let from = 0; from < order.length; from += batch) {
        const rows = order.subarray(from, from + batch);
        const to = from + rows.length;
        const [own, targets] = [
          x.subarray(from * width, to * width),
          y.subarray(from * this.outputs, to * this.outputs),
        ];
        this.#augmenter.gather(rows, own, targets, this.outputs, seed);
      }
    }
    return { x, y, weights };
  }

  /** As {@link Batches.gather}, without the rows' own numbers; of rows that are not mixed. */
  targets(order: Uint32Array, places = order.length): BatchTargets {
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
