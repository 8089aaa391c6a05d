import type { FittedPreparation } from './fitted';
import { interpret, type Prediction } from './preprocess';

export type PredictedRow = Prediction;

/** What the network's output for one row means. */
export function outputToPrediction(fitted: FittedPreparation, output: ArrayLike<number>): PredictedRow {
  return interpret(fitted, output)[0] ?? { value: null };
}
