import { parsePreparation } from './apply';
import type { FittedTarget, ValueTarget } from './fitted';
import { shortened, valueOf } from './preprocess';

/** A logarithm up to this can be undone in float32, with a margin of a few powers of ten. */
const MOST_LOGARITHM = 60;

/** How an output becomes a value: sign(s) · unit · (e^|s| − 1) of s = output × deviation + mean; s itself without a logarithm. */
export interface TargetUnits {
  readonly mean: number;
  readonly deviation: number;
  /** s is held between `low` and `high`. */
  readonly logarithm: { readonly unit: number; readonly low: number; readonly high: number } | null;
}

export interface CommonTarget {
  /** What the mean of the outputs means. */
  readonly whole: FittedTarget;
  /** What each output has to be brought from into the units of `whole`; null: they are averaged as they are. */
  readonly units: readonly TargetUnits[] | null;
}

/**
 * What several networks of one target can be averaged in: probabilities, or values in the target's own units. Of
 * `yeo-johnson`, which no built-in layer undoes, the prepared values are averaged, where all have the same.
 * @returns null where they cannot be averaged
 */
export function commonTarget(targets: readonly [FittedTarget, ...FittedTarget[]]): CommonTarget | null {
  const [first] = targets;
  if (first.kind === 'classes') return { whole: first, units: null };
  const values = targets.filter((target): target is ValueTarget => target.kind === 'value');
  const alike = targets.every((target) => JSON.stringify(target) === JSON.stringify(first));
  if (alike && (first.tail === null || !isExpressible(first))) return { whole: first, units: null };
  if (!values.every(isExpressible)) return null;
  const plain = values.find(({ tail }) => tail === null);
  const [low, high] = first.bounds;
  const { mean, deviation } = plain ?? { mean: (low + high) / 2, deviation: (high - low) / 2 || 1 };
  const preparedMean = (valueOf(first, first.preparedMean) - mean) / deviation;
  return {
    whole: { ...first, tail: null, mean, deviation, preparedMean },
    units: values.map(unitsOf),
  };
}

/** Whether two networks can be averaged, by their `preprocessing.json`. */
export function canAverage(one: string, other: string): boolean {
  return commonTarget([parsePreparation(one).target, parsePreparation(other).target]) !== null;
}

function unitsOf({ tail, mean, deviation, bounds }: ValueTarget): TargetUnits {
  if (tail === null) return { mean, deviation, logarithm: null };
  const [low, high] = [shortened(bounds[0], tail), shortened(bounds[1], tail)];
  return { mean, deviation, logarithm: { unit: tail.unit, low, high } };
}

function isExpressible(target: ValueTarget): boolean {
  if (target.tail?.kind === 'yeo-johnson') return false;
  const { logarithm } = unitsOf(target);
  return logarithm === null || Math.max(logarithm.high, -logarithm.low) <= MOST_LOGARITHM;
}
