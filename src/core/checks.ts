import type { Metrics } from './metrics';

/**
 * What the checks measure, in a worker; what it means is judged elsewhere. Losses are plain data losses without
 * penalties, weights or smoothing, in the units of training; `chance` is that of knowing nothing.
 */
export interface CheckMeasurements {
  /** Rows that were used: the first of a shuffled order where there are many. */
  readonly rows: { readonly train: number; readonly validation: number };
  /** Share of each class in the training rows; null for regression. */
  readonly priors: readonly number[] | null;
  /** Of the class shares, or the mean, of the training rows. */
  readonly chance: { readonly train: number; readonly validation: number };
  readonly inputs: InputStatistics;
  readonly smallBatch: SmallBatch | null;
  /** From the smallest to the largest; the first is linear. Null: the loss stopped being finite. */
  readonly capacity: readonly CapacityStep[];
  readonly baselines: readonly Baseline[];
  /** The study's own network, or why there is none. */
  readonly network:
    NetworkMeasurements | { readonly error: { readonly code: string; readonly message: string } };
}

export interface CapacityStep {
  readonly name: string;
  readonly parameters: number;
  /** The least training loss of the epochs; null: it stopped being finite. */
  readonly train: number | null;
  readonly validation: number | null;
}

export interface Baseline {
  readonly name: string;
  /** On the validation rows that were used. */
  readonly metrics: Metrics;
}

/** The tensor right before the network, over the training rows that were used. */
export interface InputStatistics {
  readonly columns: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly deviation: number;
  readonly notFinite: number;
  /** Columns that have one value. */
  readonly constant: number;
  /** Columns by their root mean square, the largest first, and of those that vary the smallest deviation. */
  readonly largest: readonly { readonly name: string; readonly rms: number }[];
  readonly smallestDeviation: number | null;
  /** The first rows, cut to the first columns. */
  readonly sample: { readonly features: readonly string[]; readonly rows: readonly (readonly number[])[] };
}

/** A few rows, no two with the same input, that a network without regularisation is trained on until it knows them by heart. */
export interface SmallBatch {
  readonly rows: number;
  readonly chance: number;
  /** Null: the loss stopped being finite. */
  readonly loss: number | null;
  readonly epochs: number;
}

export interface NetworkMeasurements {
  readonly parameters: number;
  /** Training loss before the first step, of one network a seed; null: it is not finite. */
  readonly initial: readonly (number | null)[];
  readonly epochs: number;
  /** Null: the loss stopped being finite. */
  readonly trained: { readonly train: number; readonly validation: number; readonly metrics: Metrics } | null;
  /** Outputs (probabilities, or prepared values) of some validation rows: [snapshots, rows, outputs]. */
  readonly predictions: {
    readonly epochs: readonly number[];
    readonly values: readonly (readonly (readonly number[])[])[];
    /** Spread of the outputs over the validation rows at the end, the largest of the outputs'. */
    readonly spread: number;
    /** The largest change of any output from the first to the last snapshot. */
    readonly moved: number;
  };
  /** Layers of the ReLU family, after training. */
  readonly activations: readonly { readonly layer: string; readonly units: number; readonly dead: number }[];
  /** Kernels from the input to the output, before and after training. */
  readonly gradients: readonly GradientSnapshot[];
}

export interface GradientSnapshot {
  readonly when: 'start' | 'end';
  /** Of all gradients together, per unit of chance; null: not finite. */
  readonly norm: number | null;
  readonly kernels: readonly { readonly name: string; readonly rms: number | null }[];
}
