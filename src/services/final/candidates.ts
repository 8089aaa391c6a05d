import { TuneloomError } from '../../core/errors';
import type { DataJob, NetworkArtifact } from '../../core/job';
import { isBetterTrial, violationOf } from '../../core/objectives';
import type { Specification, TrialConfig } from '../../core/specification';
import type { StoredTrial } from '../../core/storage';
import type { PairedComparison } from '../../insight';
import { paramsKey } from '../../space';
import type { Analysts } from '../reports/analysts';
import { toTrialConfig } from '../specification';
import type { NetworkPorts } from './networks';

/** Draws of the bootstrap in which a candidate has to be better, of all. */
export const FAVOURED = 0.9;

export interface FinalPorts extends NetworkPorts {
  readonly analysts: Analysts;
}

export interface FinalStudy {
  readonly id: string;
  readonly spec: Specification;
  readonly data: DataJob;
  readonly best: StoredTrial;
  /** Every trial of the study. */
  readonly trials: readonly StoredTrial[];
}

/** A network that is trained from the search's configurations, and how to train it again. */
export interface Member {
  readonly trial: StoredTrial;
  readonly config: TrialConfig;
  /** Epochs after which its weights stand. */
  readonly epochs: number;
  /** How often it counts in the mean. */
  readonly count: number;
}

export interface Candidate {
  readonly network: NetworkArtifact;
  readonly members: readonly [Member, ...Member[]];
}

/** One of the final options, and what came of it. */
export interface FinalStep {
  readonly step: 'trainLonger' | 'ensemble' | 'boosting' | 'refit' | 'folds';
  readonly kept: boolean;
  readonly detail: string;
  /** On validation rows: with the option against without; null where there was nothing to compare. */
  readonly comparison: PairedComparison | null;
}

/** What an option has made; null: it could not be made, and `detail` says why. */
export interface Attempt<Made> {
  readonly step: FinalStep['step'];
  readonly detail: string;
  readonly candidate: Made | null;
}

export function memberOf(trial: StoredTrial, { task }: Specification): Member {
  return { trial, config: toTrialConfig(trial.config, task), epochs: trial.bestEpoch ?? 1, count: 1 };
}

/** The configuration with more epochs, and as much more patience. */
export function longerConfig(config: TrialConfig, times: number): TrialConfig {
  const { epochs, earlyStopping } = config.training;
  const stopping =
    earlyStopping === null
      ? null
      : { ...earlyStopping, patience: Math.round(earlyStopping.patience * times) };
  return {
    ...config,
    training: { ...config.training, epochs: Math.round(epochs * times), earlyStopping: stopping },
  };
}

export function namesOf(members: readonly Member[]): string {
  const names = members.map(({ trial, count }) =>
    count === 1 ? String(trial.number) : `${String(trial.number)} (counted ${String(count)} times)`,
  );
  return `trials ${names.join(', ')}`;
}

/** Completed trials, best first, without the best one and without copies. */
export function distinctTrials({ trials, spec, best }: FinalStudy): readonly StoredTrial[] {
  const candidateOf = ({ values, metrics, parameters, durationMs }: StoredTrial) => ({
    values: values ?? [],
    violation: violationOf(spec.constraints, { validation: metrics.validation, parameters, durationMs }),
  });
  const isBetter = (a: StoredTrial, b: StoredTrial): boolean =>
    isBetterTrial(candidateOf(a), candidateOf(b), spec.objectives);
  const seen = new Set([paramsKey(best.params)]);
  return trials
    .filter(({ state }) => state === 'completed')
    .sort((a, b) => (isBetter(a, b) ? -1 : isBetter(b, a) ? 1 : a.number - b.number))
    .filter(({ params }) => {
      const key = paramsKey(params);
      return !seen.has(key) && seen.add(key).size > 0;
    });
}

/** The most parameters that the study's constraints allow. */
export function mostParameters({ constraints }: Specification): number {
  return constraints
    .filter(({ metric }) => metric === 'model.parameters')
    .reduce((most, { max }) => Math.min(most, max ?? Infinity), Infinity);
}

/** An option that cannot be carried out leaves the model without it. */
export function failed(step: FinalStep['step'], error: unknown): Attempt<never> {
  if (!(error instanceof TuneloomError) || error.kind === 'unavailable') throw error;
  return { step, detail: `it could not be made: ${error.message}`, candidate: null };
}
