import { TuneloomError } from '../../core/errors';
import { newId } from '../../core/id';
import type { DataJob, NetworkArtifact } from '../../core/job';
import type { Predictions } from '../../core/predictions';
import { isBetterTrial, leadingObjective, violationOf } from '../../core/objectives';
import type { Specification } from '../../core/specification';
import type { StoredTrial } from '../../core/storage';
import type { PairedComparison } from '../../insight';
import { paramsKey } from '../../space';
import type { Analysts } from '../reports/analysts';
import { toTrialConfig } from '../specification';
import { readNetwork, refitNetwork, type NetworkPorts } from './networks';

/** Trials that an ensemble is picked from: the best ones. */
const MOST_CANDIDATES = 30;
/** Draws of the bootstrap in which a candidate has to be better, of all. */
const FAVOURED = 0.9;

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
interface Member {
  readonly trial: StoredTrial;
  /** Epochs after which its weights stand. */
  readonly epochs: number;
  /** How often it counts in the mean. */
  readonly count: number;
}

export interface Candidate {
  readonly network: NetworkArtifact;
  readonly members: readonly Member[];
}

/** One of the final options, and what came of it. */
export interface FinalStep {
  readonly step: 'trainLonger' | 'ensemble' | 'boosting' | 'refit';
  readonly kept: boolean;
  readonly detail: string;
  /** On validation rows: with the option against without; null where there was nothing to compare. */
  readonly comparison: PairedComparison | null;
}

export interface FinalChoice {
  /** What validation speaks for: the best trial's network, or what was kept over it. */
  readonly selected: Candidate;
  /** The same, or a refit of it on training and validation rows together. */
  readonly network: NetworkArtifact;
  readonly refitted: boolean;
  /** True where the network is the best trial's as it stands. */
  readonly asItStands: boolean;
  readonly steps: readonly FinalStep[];
}

interface Attempt {
  readonly step: FinalStep['step'];
  readonly detail: string;
  /** Null: it could not be made, and `detail` says why. */
  readonly candidate: Candidate | null;
}

/**
 * Carries out the final options of a study: each is kept only where the paired bootstrap on validation rows is for it
 * in nine draws of ten. The refit, which nothing but the test part could measure, is kept on the user's word.
 * @throws TuneloomError where the best trial's network is not there
 */
export async function chooseFinal(study: FinalStudy, ports: FinalPorts): Promise<FinalChoice> {
  const { best, spec } = study;
  const { trainLonger: times, ensemble, boosting, refit } = spec.final;
  const base: Candidate = { network: await networkOf(best, ports), members: [memberOf(best)] };
  const predictions = new Map<Candidate, Promise<Predictions>>();
  const validationOf = (candidate: Candidate): Promise<Predictions> => {
    const known = predictions.get(candidate) ?? predictValidation(study, ports, candidate.network);
    predictions.set(candidate, known);
    return known;
  };
  const steps: FinalStep[] = [];
  let selected = base;
  const weigh = async (attempt: Promise<Attempt>): Promise<void> => {
    const { candidate, ...told } = await attempt;
    if (candidate === null) {
      steps.push({ ...told, kept: false, comparison: null });
      return;
    }
    const comparison = await ports.analysts.compare({
      data: study.data,
      first: await validationOf(candidate),
      second: await validationOf(selected),
      objective: leadingObjective(spec.objectives),
      seed: spec.search.seed,
    });
    const tooLarge = breaksSize(candidate, spec);
    const kept = comparison.better >= FAVOURED && !tooLarge;
    const detail = tooLarge ? `${told.detail}; too large for the study's constraints` : told.detail;
    steps.push({ ...told, kept, detail, comparison });
    if (kept) selected = candidate;
  };
  if (times > 1) await weigh(longer(study, ports, times));
  if (ensemble > 1)
    await weigh(averaged(study, ports, { first: selected, of: validationOf, size: ensemble }));
  if (boosting > 0) await weigh(boosted(study, ports, base, boosting));
  if (refit === 'none') {
    return { selected, network: selected.network, refitted: false, asItStands: selected === base, steps };
  }
  const network = await refitted(study, ports, selected);
  const detail = `trained on training and validation rows for ${selected.members.map((member) => String(member.epochs)).join(', ')} epochs`;
  steps.push({ step: 'refit', kept: true, detail, comparison: null });
  return { selected, network, refitted: true, asItStands: false, steps };
}

async function networkOf(trial: StoredTrial, { blobs }: FinalPorts): Promise<NetworkArtifact> {
  if (trial.network === null) {
    throw new TuneloomError('internal', 'no_weights', `trial ${String(trial.number)} has no weights`);
  }
  return readNetwork(blobs, trial.network, trial.parameters);
}

async function predictValidation(
  { spec, data, best }: FinalStudy,
  { transport }: FinalPorts,
  network: NetworkArtifact,
): Promise<Predictions> {
  const { validation } = await transport.perform('predict', {
    id: newId('md'),
    data,
    config: toTrialConfig(best.config, spec.task),
    network,
    importance: false,
    seed: spec.search.seed,
  });
  return validation;
}

function breaksSize({ network }: Candidate, { constraints }: Specification): boolean {
  const bounds = constraints.filter(({ metric }) => metric === 'model.parameters');
  const { parameters } = network;
  return (violationOf(bounds, { validation: null, parameters, durationMs: null }) ?? 0) > 0;
}

/** The best configuration with more epochs, and as much more patience, from the start. */
async function longer(
  { best, spec, data }: FinalStudy,
  { transport }: FinalPorts,
  times: number,
): Promise<Attempt> {
  const config = toTrialConfig(best.config, spec.task);
  const { epochs, earlyStopping } = config.training;
  const budget = Math.round(epochs * times);
  const stopping =
    earlyStopping === null
      ? null
      : { ...earlyStopping, patience: Math.round(earlyStopping.patience * times) };
  const step = 'trainLonger';
  try {
    const { network, bestEpoch } = await transport.perform('fit', {
      id: newId('md'),
      data,
      config: { ...config, training: { ...config.training, epochs: budget, earlyStopping: stopping } },
      seed: best.seed,
      engine: best.engine ?? 'auto',
      objective: leadingObjective(spec.objectives),
      trainShare: 1,
      keepNetwork: true,
    });
    const detail = `up to ${String(budget)} epochs, the best was ${String(bestEpoch)}`;
    const members = [{ trial: best, epochs: bestEpoch, count: 1 }];
    return { step, detail, candidate: network === null ? null : { network, members } };
  } catch (error) {
    return failed(step, error);
  }
}

interface Averaging {
  readonly first: Candidate;
  /** What a network says of the validation rows. */
  readonly of: (candidate: Candidate) => Promise<Predictions>;
  /** Members at most, repetitions counted. */
  readonly size: number;
}

/** A mean of distinct trials: those that together predict the validation rows best, picked one by one. */
async function averaged(
  study: FinalStudy,
  ports: FinalPorts,
  { first, of, size }: Averaging,
): Promise<Attempt> {
  const { spec, data, best } = study;
  const step = 'ensemble';
  const others = distinctTrials(study).slice(0, MOST_CANDIDATES - 1);
  if (others.length === 0) return { step, detail: 'no other trial has its weights kept', candidate: null };
  try {
    const candidates = [first];
    for (const trial of others) {
      candidates.push({ network: await networkOf(trial, ports), members: [memberOf(trial)] });
    }
    const predictions: Predictions[] = [];
    for (const candidate of candidates) predictions.push(await of(candidate));
    const objective = leadingObjective(spec.objectives);
    const all = await ports.analysts.select({ predictions, objective, size });
    const chosen = candidates.flatMap((candidate, i) => {
      const count = all[i] ?? 0;
      return count === 0 ? [] : [{ ...candidate, count }];
    });
    if (chosen.length < 2) {
      return { step, detail: 'no mean with other trials is better on validation', candidate: null };
    }
    const network = await ports.transport.perform('average', {
      id: newId('md'),
      data,
      config: toTrialConfig(best.config, spec.task),
      networks: chosen.map((each) => each.network),
      counts: chosen.map(({ count }) => count),
    });
    const members = chosen.flatMap((each) =>
      each.members.map((member) => ({ ...member, count: each.count })),
    );
    return { step, detail: `the mean of ${namesOf(members)}`, candidate: { network, members } };
  } catch (error) {
    return failed(step, error);
  }
}

function namesOf(members: readonly Member[]): string {
  const names = members.map(({ trial, count }) =>
    count === 1 ? String(trial.number) : `${String(trial.number)} (counted ${String(count)} times)`,
  );
  return `trials ${names.join(', ')}`;
}

async function boosted(
  { spec, data, best }: FinalStudy,
  { transport }: FinalPorts,
  base: Candidate,
  stages: number,
): Promise<Attempt> {
  const step = 'boosting';
  try {
    const result = await transport.perform('boost', {
      id: newId('md'),
      data,
      config: toTrialConfig(best.config, spec.task),
      network: base.network,
      stages,
      seed: best.seed,
      engine: best.engine ?? 'auto',
    });
    const { network } = result;
    const detail =
      network === null
        ? 'no stage lowered the validation loss'
        : `${String(result.stages)} stages on trial ${String(best.number)}`;
    return { step, detail, candidate: network === null ? null : { network, members: base.members } };
  } catch (error) {
    return failed(step, error);
  }
}

/** Completed trials whose weights are kept, best first, without the best one and without copies. */
function distinctTrials({ trials, spec, best }: FinalStudy): readonly StoredTrial[] {
  const candidateOf = ({ values, metrics, parameters, durationMs }: StoredTrial) => ({
    values: values ?? [],
    violation: violationOf(spec.constraints, { validation: metrics.validation, parameters, durationMs }),
  });
  const seen = new Set([paramsKey(best.params)]);
  return trials
    .filter(({ state, network }) => state === 'completed' && network !== null)
    .sort((a, b) => (isBetterTrial(candidateOf(a), candidateOf(b), spec.objectives) ? -1 : 1))
    .filter(({ params }) => {
      const key = paramsKey(params);
      return !seen.has(key) && seen.add(key).size > 0;
    });
}

function memberOf(trial: StoredTrial): Member {
  return { trial, epochs: trial.bestEpoch ?? 1, count: 1 };
}

/** Every member trained again on all but the test part, for the epochs after which its weights stood. */
async function refitted(
  study: FinalStudy,
  { transport }: FinalPorts,
  selected: Candidate,
): Promise<NetworkArtifact> {
  const { spec, best } = study;
  const data: DataJob = { ...study.data, fold: 'all' };
  const networks: NetworkArtifact[] = [];
  for (const { trial, epochs } of selected.members) {
    const config = toTrialConfig(trial.config, spec.task);
    networks.push(await refitNetwork(transport, trial, { id: newId('md'), data, config, epochs }));
  }
  const [only] = networks;
  if (networks.length === 1 && only !== undefined) return only;
  const config = toTrialConfig(best.config, spec.task);
  const counts = selected.members.map(({ count }) => count);
  return transport.perform('average', { id: newId('md'), data, config, networks, counts });
}

/** An option that cannot be carried out leaves the model without it. */
function failed(step: FinalStep['step'], error: unknown): Attempt {
  if (!(error instanceof TuneloomError) || error.kind === 'unavailable') throw error;
  return { step, detail: `it could not be made: ${error.message}`, candidate: null };
}
