import { InternalError } from '../core/errors';
import { isBetter, type Objective } from '../core/metrics';
import type { Predictions } from '../core/predictions';
import { scoreRows } from './measures';

/**
 * How often each network counts in the mean that predicts these rows best: greedy selection with replacement (Caruana
 * et al., ICML 2004). It starts from the first network; each step adds the one whose addition gives the best mean, and
 * the best of all means on the way is taken. So the mean is never worse than the first network on these rows, and
 * [1, 0, …] says that no mean is better.
 * @param predictions of one network each, of the same rows
 * @param objective a metric of predictions, by its plain name
 * @param size networks in the mean at most, repetitions counted, ≥ 1
 * @param room what each network takes, and how much those of a mean may take together; a repetition takes nothing
 * @returns [networks]: counts, whose sum is 1 to `size`
 */
export function selectMembers(
  predictions: readonly Predictions[],
  { metric, direction }: Objective,
  size: number,
  { sizes, most }: Room = { sizes: [], most: Infinity },
): readonly number[] {
  const counts = predictions.map((_, i): number => (i === 0 ? 1 : 0));
  const [first] = predictions;
  if (first === undefined) return counts;
  const valueOf = (sum: Float64Array, members: number): number | null =>
    scoreRows(
      withOutputs(
        first,
        sum.map((value) => value / members),
      ),
    ).measure(null)[metric] ?? null;
  let sum: Float64Array = Float64Array.from(outputsOf(first));
  let best = { counts: [...counts], value: valueOf(sum, 1) };
  for (let members = 2; members <= size; members++) {
    const taken = counts.reduce((total, count, i) => total + (count === 0 ? 0 : (sizes[i] ?? 0)), 0);
    const sums = predictions.map((each) => plus(sum, outputsOf(each)));
    const values = sums.map((each, i) =>
      counts[i] !== 0 || taken + (sizes[i] ?? 0) <= most ? valueOf(each, members) : null,
    );
    let added = 0;
    values.forEach((value, i) => {
      if (isBetter(value, values[added] ?? null, direction)) added = i;
    });
    counts[added] = (counts[added] ?? 0) + 1;
    sum = sums[added] ?? sum;
    const value = values[added] ?? null;
    if (isBetter(value, best.value, direction)) best = { counts: [...counts], value };
  }
  return best.counts;
}

interface Room {
  readonly sizes: readonly number[];
  readonly most: number;
}

/** The mean of predictions of the same rows. @param counts how often each counts */
export function meanOf(predictions: readonly Predictions[], counts: readonly number[]): Predictions {
  const [first] = predictions;
  if (first === undefined) throw new InternalError('no_predictions', 'a mean takes predictions');
  const members = counts.reduce((sum, count) => sum + count, 0);
  const outputs = predictions.map(outputsOf);
  return withOutputs(
    first,
    outputsOf(first).map(
      (_, i) => outputs.reduce((sum, each, k) => sum + (counts[k] ?? 0) * (each[i] ?? NaN), 0) / members,
    ),
  );
}

function outputsOf(predictions: Predictions): Float64Array {
  return predictions.kind === 'classes' ? predictions.probabilities : predictions.predicted;
}

function withOutputs(predictions: Predictions, outputs: Float64Array): Predictions {
  return predictions.kind === 'classes'
    ? { ...predictions, probabilities: outputs }
    : { ...predictions, predicted: outputs };
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + (b[i] ?? NaN));
}
