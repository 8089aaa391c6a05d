import type { Predictions } from '../../core/predictions';

const MOST_ROWS = 20;

export interface WorstRow {
  /** Row number in the dataset, from 0. */
  readonly row: number;
  /** Log loss, or absolute error in the target's own units. */
  readonly error: number;
  readonly actual: string | number;
  readonly predicted: string | number;
  /** Classes: the probability of the class that is. */
  readonly probability: number | null;
}

/** The rows with the largest errors, worst first. @param losses [rows] error of each row */
export function worstRows(predictions: Predictions, losses: Float64Array): readonly WorstRow[] {
  const order = Uint32Array.from(losses, (_, i) => i).sort(
    (a, b) => (losses[b] ?? 0) - (losses[a] ?? 0) || a - b,
  );
  return Array.from(order.subarray(0, MOST_ROWS), (i) => ({
    row: predictions.rows[i] ?? 0,
    error: losses[i] ?? 0,
    ...saidOf(predictions, i),
  }));
}

function saidOf(predictions: Predictions, i: number): Omit<WorstRow, 'row' | 'error'> {
  if (predictions.kind === 'values') {
    const { actual, predicted } = predictions;
    return { actual: actual[i] ?? 0, predicted: predicted[i] ?? 0, probability: null };
  }
  const { labels, actual, probabilities } = predictions;
  const shares = probabilities.subarray(i * labels.length, (i + 1) * labels.length);
  const label = actual[i] ?? 0;
  return {
    actual: labels[label] ?? '',
    predicted: labels[shares.indexOf(Math.max(...shares))] ?? '',
    probability: shares[label] ?? 0,
  };
}
