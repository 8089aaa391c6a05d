import type { Metrics } from '../core/metrics';
import type { LossName } from '../core/specification';
import { focalOf, pointLoss, type RegressionLoss } from './losses';

/** How the target was prepared: value = prepared × deviation + mean. */
export interface TargetScale {
  readonly deviation: number;
  /** A prepared target in its own units, where that is more than a matter of scale. */
  readonly toOwnUnits?: (prepared: number) => number;
}

/**
 * Metrics of regression. `loss` is in units of the prepared target, as training sees it; the others are in the
 * target's own. Undefined ones (no rows; r2 of a constant target) are null.
 * @param output and `y` [rows], prepared
 */
export function regressionMetrics(
  output: Float32Array,
  y: Float32Array,
  loss: RegressionLoss,
  { deviation, toOwnUnits }: TargetScale,
): Metrics {
  const rows = y.length;
  if (rows === 0) return { loss: null, mse: null, rmse: null, mae: null, r2: null };
  if (toOwnUnits !== undefined) {
    const own = { deviation: 1 };
    const { loss: data = null } = regressionMetrics(output, y, loss, own);
    return { ...regressionMetrics(output.map(toOwnUnits), y.map(toOwnUnits), 'mse', own), loss: data };
  }
  const mean = y.reduce((sum, value) => sum + value / rows, 0);
  let losses = 0;
  let squares = 0;
  let distances = 0;
  let spread = 0;
  for (let i = 0; i < rows; i++) {
    const target = y[i] ?? 0;
    const difference = (output[i] ?? 0) - target;
    losses += pointLoss(loss, difference);
    squares += difference * difference;
    distances += Math.abs(difference);
    spread += (target - mean) ** 2;
  }
  const mse = (squares / rows) * deviation * deviation;
  return {
    loss: finite(losses / rows),
    mse: finite(mse),
    rmse: finite(Math.sqrt(mse)),
    mae: finite((distances / rows) * deviation),
    r2: spread === 0 ? null : finite(1 - squares / spread),
  };
}

/**
 * Metrics of classification from logits: [rows, classes], or [rows] of a binary task, where the logit is the second
 * class's. `balancedAccuracy` is the mean recall of the classes that occur; `f1` is the mean over all classes that
 * occur or are predicted; `rocAuc` counts ties half (Mann–Whitney).
 * @param y [rows] class indices
 * @param loss what `loss` is, the cross-entropy (as `logLoss` always is) or the focal loss
 */
export function classificationMetrics(
  logits: Float32Array,
  y: Float32Array,
  classes: number,
  loss: LossName = 'crossentropy',
): Metrics {
  const rows = y.length;
  const binary = logits.length === rows && classes === 2;
  const empty = { loss: null, logLoss: null, accuracy: null, balancedAccuracy: null, f1: null };
  if (rows === 0) return binary ? { ...empty, rocAuc: null } : empty;
  const hits = new Float64Array(classes);
  const actual = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  let losses = 0;
  let focal = 0;
  for (let i = 0; i < rows; i++) {
    const label = y[i] ?? 0;
    const guess = binary ? Number((logits[i] ?? 0) > 0) : argmax(logits, i * classes, classes);
    actual[label] = (actual[label] ?? 0) + 1;
    predicted[guess] = (predicted[guess] ?? 0) + 1;
    if (guess === label) hits[label] = (hits[label] ?? 0) + 1;
    const each = binary
      ? binaryLoss(logits[i] ?? 0, label)
      : softmaxLoss(logits, i * classes, classes, label);
    losses += each;
    if (loss === 'focal') focal += focalOf(each);
  }
  const recalls: number[] = [];
  const scores: number[] = [];
  for (let k = 0; k < classes; k++) {
    const [hit = 0, is = 0, said = 0] = [hits[k], actual[k], predicted[k]];
    if (is > 0) recalls.push(hit / is);
    if (is + said > 0) scores.push((2 * hit) / (is + said));
  }
  const logLoss = finite(losses / rows);
  const metrics = {
    loss: loss === 'focal' ? finite(focal / rows) : logLoss,
    logLoss,
    accuracy: hits.reduce((sum, hit) => sum + hit, 0) / rows,
    balancedAccuracy: meanOf(recalls),
    f1: meanOf(scores),
  };
  return binary ? { ...metrics, rocAuc: rocAuc(logits, y) } : metrics;
}

function argmax(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if ((values[start + k] ?? 0) > (values[start + best] ?? 0)) best = k;
  return best;
}

/** log(1 + exp(−z)) for the class that is, without overflow. */
function binaryLoss(logit: number, label: number): number {
  const z = label === 1 ? logit : -logit;
  return Math.max(0, -z) + Math.log1p(Math.exp(-Math.abs(z)));
}

function softmaxLoss(logits: Float32Array, start: number, count: number, label: number): number {
  let most = -Infinity;
  for (let k = 0; k < count; k++) most = Math.max(most, logits[start + k] ?? 0);
  let sum = 0;
  for (let k = 0; k < count; k++) sum += Math.exp((logits[start + k] ?? 0) - most);
  return Math.log(sum) + most - (logits[start + label] ?? 0);
}

/** Share of the pairs of a positive and a negative in which the positive's score is higher. */
function rocAuc(scores: Float32Array, y: Float32Array): number | null {
  const count = y.reduce((sum, label) => sum + label, 0);
  const positives = new Float32Array(count);
  const negatives = new Float32Array(y.length - count);
  for (let i = 0, p = 0, n = 0; i < y.length; i++) {
    if (y[i] === 1) positives[p++] = scores[i] ?? 0;
    else negatives[n++] = scores[i] ?? 0;
  }
  positives.sort();
  negatives.sort();
  if (positives.length === 0 || negatives.length === 0) return null;
  let won = 0;
  let [below, upTo] = [0, 0];
  for (const score of positives) {
    while (below < negatives.length && (negatives[below] ?? 0) < score) below += 1;
    upTo = Math.max(upTo, below);
    while (upTo < negatives.length && negatives[upTo] === score) upTo += 1;
    won += (below + upTo) / 2;
  }
  return finite(won / (positives.length * negatives.length));
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
