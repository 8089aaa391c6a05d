/** A learning curve in shares of the loss that knowing nothing gives: 1 is chance, 0 is perfect. */
export interface NormalisedCurve {
  /** [epochs]: plain data loss over the training rows as they were trained. */
  readonly train: readonly number[];
  /** [epochs]: loss on the validation rows after each epoch. */
  readonly validation: readonly number[];
  /** Epochs that were allowed. */
  readonly budget: number;
  /** Index of the epoch whose weights were kept. */
  readonly best: number;
  /** Loss of the kept weights on the training rows, without dropout; null where it was not measured. */
  readonly bestTrain: number | null;
}

export interface LearningCurve {
  readonly epochs: readonly { readonly train: number; readonly validation: number }[];
  /** Loss of predicting the class shares, or the mean. > 0 */
  readonly chance: number;
  readonly budget: number;
  /** Epoch whose weights were kept, from 1; null: the one with the least validation loss. */
  readonly bestEpoch: number | null;
  /** Loss of the kept weights on the training rows; null where it was not measured. */
  readonly trainLoss: number | null;
}

/** What a rule sees. */
export interface RuleContext {
  readonly curve: NormalisedCurve;
  readonly diverged: boolean;
  /** In shares of chance. */
  readonly reference: { readonly train: number; readonly validation: number } | null;
}

export function normalise({ epochs, chance, budget, bestEpoch, trainLoss }: LearningCurve): NormalisedCurve {
  const validation = epochs.map((epoch) => epoch.validation / chance);
  return {
    train: epochs.map((epoch) => epoch.train / chance),
    validation,
    budget,
    best: bestEpoch === null ? validation.indexOf(Math.min(...validation)) : bestEpoch - 1,
    bestTrain: trainLoss === null ? null : trainLoss / chance,
  };
}

/** Sums of the steps down and up. */
export function movesOf(values: readonly number[]): { readonly down: number; readonly up: number } {
  let [down, up] = [0, 0];
  for (let i = 1; i < values.length; i++) {
    const step = (values[i] ?? 0) - (values[i - 1] ?? 0);
    if (step < 0) down -= step;
    else up += step;
  }
  return { down, up };
}

/**
 * How far values jump about: the median distance of a value from the mean of its two neighbours, in which a smooth
 * curve, however steep, has almost none.
 */
export function roughnessOf(values: readonly number[]): number {
  const jumps = values
    .slice(1, -1)
    .map((value, i) => Math.abs(value - ((values[i] ?? 0) + (values[i + 2] ?? 0)) / 2))
    .sort((a, b) => a - b);
  return jumps.length === 0 ? 0 : (jumps[Math.floor(jumps.length / 2)] ?? 0);
}

/** Mean of the values from share `from` to share `to` of the curve. */
export function meanOver(values: readonly number[], from: number, to: number): number {
  const part = values.slice(Math.floor(from * values.length), Math.max(1, Math.ceil(to * values.length)));
  return part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
}
