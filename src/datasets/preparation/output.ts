import type { FittedPreparation } from './fitted';

export interface PredictedRow {
  readonly value: string | number | boolean | null;
  readonly probabilities?: Readonly<Record<string, number>>;
}

/**
 * What the network's output for one row means: a value in the target's own units, or the likeliest label in its own
 * type with the probability of each. A binary network has one output, the probability of the second label.
 */
export function outputToPrediction({ target }: FittedPreparation, output: ArrayLike<number>): PredictedRow {
  const first = output[0] ?? NaN;
  if (target.kind === 'value') {
    const value = first * target.deviation + target.mean;
    return { value: Number.isFinite(value) ? value : null };
  }
  const shares = output.length === 1 ? [1 - first, first] : Array.from(output);
  const likeliest = shares.indexOf(Math.max(...shares));
  const label = target.labels[likeliest] ?? '';
  // Own data properties, so that a label such as __proto__ is a key like any other.
  const probabilities = Object.fromEntries(target.labels.map((name, i) => [name, shares[i] ?? 0]));
  return { value: typedLabel(label, target.type), probabilities };
}

function typedLabel(label: string, type: 'numeric' | 'categorical' | 'boolean'): string | number | boolean {
  if (type === 'numeric') return Number(label);
  return type === 'boolean' ? label === 'true' : label;
}
