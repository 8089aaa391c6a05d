/** What a network says of rows whose class is known. */
export interface ClassPredictions {
  readonly kind: 'classes';
  readonly labels: readonly string[];
  /** [rows]: row numbers in the dataset. */
  readonly rows: Uint32Array;
  /** [rows]: index of the class that is. */
  readonly actual: Int32Array;
  /** [rows, classes], row-major; each row sums to 1. Binary tasks have both classes too. */
  readonly probabilities: Float64Array;
}

/** What a network says of rows whose value is known; both in the target's own units. */
export interface ValuePredictions {
  readonly kind: 'values';
  readonly rows: Uint32Array;
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
}

export type Predictions = ClassPredictions | ValuePredictions;

/** A metric with the interval in which it lies at 95 % confidence, over the draw of the rows it was measured on. */
export interface Interval {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export type MetricIntervals = Readonly<Record<string, Interval>>;
