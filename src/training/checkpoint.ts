import { UnusableCheckpoint } from '../core/checkpoint';
import type { Metrics } from '../core/metrics';
import type { LearningRateState } from './learning-rate';

/** Copies of all weights, trained ones and others (moving averages), in the network's order. */
export type Weights = readonly Float32Array[];

/** All that the next step depends on beside seed, epoch and step. */
export interface TrainerState {
  /** Weights and what the optimiser remembers, by the engine's own names. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
  readonly stepsDone: number;
  readonly rate: LearningRateState;
}

/** The epoch that speaks for a trial so far, with its weights. */
export interface Best {
  readonly epoch: number;
  readonly value: number;
  readonly validation: Metrics;
  readonly weights: Weights;
}

/** The value that early stopping measures improvement from, and the epoch that set it. */
export interface Reference {
  readonly value: number;
  readonly epoch: number;
}

/**
 * Where a trial stands after an epoch: a trial that goes on from it equals one that was never interrupted, bit for bit.
 * Order, masks and augmentation are functions of (seed, epoch, step), so that their position is the epoch.
 */
export interface TrialProgress {
  readonly epoch: number;
  readonly best: Best | null;
  readonly reference: Reference | null;
}

export interface Checkpoint extends TrialProgress {
  readonly trainer: TrainerState;
}

/** @throws UnusableCheckpoint where the tensors are not those that a trainer has */
export function assertFits(
  tensors: Readonly<Record<string, Float32Array>>,
  own: Readonly<Record<string, Float32Array>>,
): void {
  const shape = (given: Readonly<Record<string, Float32Array>>): string =>
    Object.entries(given)
      .map(([name, { length }]) => `${name} ${String(length)}`)
      .sort()
      .join(', ');
  if (shape(tensors) === shape(own)) return;
  throw new UnusableCheckpoint(`it holds ${shape(tensors)}, the trainer ${shape(own)}`);
}
