import type { Metrics } from '../core/metrics';
import type { ClassPredictions, Predictions, ValuePredictions } from '../core/predictions';

/** How often each row counts; null: once. */
export type Weights = ArrayLike<number> | null;

/** Predictions whose rows are scored once, so that metrics of many weightings of the rows are cheap. */
export interface ScoredRows {
  readonly rows: number;
  /** [rows]: log loss of a row, or its absolute error in the target's own units. */
  readonly losses: Float64Array;
  /** Metrics of the rows, each counted by its weight; undefined ones are null. O(rows). */
  measure(weights: Weights): Metrics;
}

/** The metrics of `core/metrics` from predictions; equal to what training measures from logits, within rounding. */
export function scoreRows(predictions: Predictions): ScoredRows {
  return predictions.kind === 'classes' ? scoreClasses(predictions) : scoreValues(predictions);
}

function scoreValues({ actual, predicted }: ValuePredictions): ScoredRows {
  const rows = actual.length;
  const losses = Float64Array.from(actual, (value, i) => Math.abs((predicted[i] ?? NaN) - value));
  const measure = (weights: Weights): Metrics => {
    let [total, sum, squares, errors, distances] = [0, 0, 0, 0, 0];
    for (let i = 0; i < rows; i++) {
      const weight = weights === null ? 1 : (weights[i] ?? 0);
      const value = actual[i] ?? 0;
      const distance = losses[i] ?? 0;
      total += weight;
      sum += weight * value;
      squares += weight * value * value;
      errors += weight * distance * distance;
      distances += weight * distance;
    }
    const spread = squares - (sum * sum) / total;
    const mse = errors / total;
    return {
      mse: finite(mse),
      rmse: finite(Math.sqrt(mse)),
      mae: finite(distances / total),
      // A spread that is nothing but rounding is a constant target.
      r2: spread > 1e-12 * squares ? finite(1 - errors / spread) : null,
    };
  };
  return { rows, losses, measure };
}

function scoreClasses({ labels, actual, probabilities }: ClassPredictions): ScoredRows {
  const rows = actual.length;
  const classes = labels.length;
  const losses = new Float64Array(rows);
  const guesses = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if ((probabilities[i * classes + k] ?? 0) > (probabilities[i * classes + best] ?? 0)) best = k;
    }
    guesses[i] = best;
    losses[i] = -Math.log(Math.max(Number.MIN_VALUE, probabilities[i * classes + (actual[i] ?? 0)] ?? 0));
  }
  const scores = classes === 2 ? Float64Array.from(actual, (_, i) => probabilities[i * 2 + 1] ?? 0) : null;
  const order = scores === null ? null : Uint32Array.from(actual, (_, i) => i).sort(byScore(scores));
  const measure = (weights: Weights): Metrics => {
    const metrics = fromCounts(classes, rows, { actual, guesses, losses }, weights);
    if (scores === null || order === null) return metrics;
    return { ...metrics, rocAuc: weightedAuc(scores, order, actual, weights) };
  };
  return { rows, losses, measure };
}

interface ClassRows {
  readonly actual: Int32Array;
  readonly guesses: Int32Array;
  readonly losses: Float64Array;
}

function fromCounts(
  classes: number,
  rows: number,
  { actual, guesses, losses }: ClassRows,
  weights: Weights,
): Metrics {
  const is = new Float64Array(classes);
  const said = new Float64Array(classes);
  const hits = new Float64Array(classes);
  let [total, loss] = [0, 0];
  for (let i = 0; i < rows; i++) {
    const weight = weights === null ? 1 : (weights[i] ?? 0);
    const [label = 0, guess = 0] = [actual[i], guesses[i]];
    is[label] = (is[label] ?? 0) + weight;
    said[guess] = (said[guess] ?? 0) + weight;
    if (label === guess) hits[label] = (hits[label] ?? 0) + weight;
    total += weight;
    loss += weight * (losses[i] ?? 0);
  }
  const recalls: number[] = [];
  const f1s: number[] = [];
  for (let k = 0; k < classes; k++) {
    const [hit = 0, have = 0, told = 0] = [hits[k], is[k], said[k]];
    if (have > 0) recalls.push(hit / have);
    if (have + told > 0) f1s.push((2 * hit) / (have + told));
  }
  return {
    logLoss: finite(loss / total),
    accuracy: finite(hits.reduce((sum, hit) => sum + hit, 0) / total),
    balancedAccuracy: mean(recalls),
    f1: mean(f1s),
  };
}

/** Area under the ROC curve by ranks (Mann–Whitney), ties half, rows counted by weight. */
function weightedAuc(
  scores: Float64Array,
  order: Uint32Array,
  actual: Int32Array,
  weights: Weights,
): number | null {
  let [below, pairs, positives, negatives] = [0, 0, 0, 0];
  for (let start = 0; start < order.length;) {
    let [end, tiedPositive, tiedNegative] = [start, 0, 0];
    const score = scores[order[start] ?? 0];
    for (; end < order.length && scores[order[end] ?? 0] === score; end++) {
      const row = order[end] ?? 0;
      const weight = weights === null ? 1 : (weights[row] ?? 0);
      if (actual[row] === 1) tiedPositive += weight;
      else tiedNegative += weight;
    }
    pairs += tiedPositive * (below + tiedNegative / 2);
    below += tiedNegative;
    positives += tiedPositive;
    negatives += tiedNegative;
    start = end;
  }
  return positives === 0 || negatives === 0 ? null : finite(pairs / (positives * negatives));
}

function byScore(scores: Float64Array): (a: number, b: number) => number {
  return (a, b) => (scores[a] ?? 0) - (scores[b] ?? 0);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
