import type { ClassPredictions } from '../../src/core/predictions';
import { streamOf } from '../../src/core/random';

/** Rows of `classes` whose outcomes are drawn from softmax(logits); what is said is softmax(sharpness · logits). */
export function drawnClasses(
  seed: number,
  rows: number,
  { classes = 3, sharpness = 1 } = {},
): ClassPredictions {
  const stream = streamOf('drawn classes', seed);
  const actual = new Int32Array(rows);
  const probabilities = new Float64Array(rows * classes);
  for (let i = 0; i < rows; i++) {
    const logits = Array.from({ length: classes }, () => 1.5 * stream.normal());
    const truth = softmax(logits);
    let left = stream.uniform();
    actual[i] = Math.max(
      0,
      truth.findIndex((share) => (left -= share) < 0),
    );
    probabilities.set(softmax(logits.map((logit) => logit * sharpness)), i * classes);
  }
  const labels = Array.from({ length: classes }, (_, k) => `class ${String(k)}`);
  return {
    kind: 'classes',
    labels,
    rows: Uint32Array.from({ length: rows }, (_, i) => i),
    actual,
    probabilities,
  };
}

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
