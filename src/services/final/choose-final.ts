import { InternalError } from '../../core/errors';
import { newId } from '../../core/id';
import type { DataJob, NetworkArtifact } from '../../core/job';
import type { Predictions } from '../../core/predictions';
import { leadingObjective, violationOf } from '../../core/objectives';
import type { Specification } from '../../core/specification';
import type { StoredTrial } from '../../core/storage';
import { canAverage } from '../../datasets';
import {
  distinctTrials,
  failed,
  FAVOURED,
  longerConfig,
  memberOf,
  mostParameters,
  namesOf,
  type Attempt,
  type Candidate,
  type FinalPorts,
  type FinalStep,
  type FinalStudy,
  type Member,
} from './candidates';
import { averageOf, readNetwork, refitNetwork } from './networks';

/** Trials that an ensemble is picked from: the best ones. */
const MOST_CANDIDATES = 30;

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

/**
 * Carries out the final options of a holdout study: each is kept only where the paired bootstrap on validation rows is for
 * it in nine draws of ten. The refit, which nothing but the test part could measure, is kept on the user's word.
 * @throws TuneloomError where the best trial's network is not there
 */
export async function chooseFinal(study: FinalStudy, ports: FinalPorts): Promise<FinalChoice> {
  const { best, spec } = study;
  const { trainLonger: times, ensemble, boosting, refit } = spec.final;
  const base: Candidate = { network: await networkOf(best, ports), members: [memberOf(best, spec)] };
  const validationOf = validationPredictions(study, ports);
  const steps: FinalStep[] = [];
  let selected = base;
  const weigh = async (attempt: Promise<Attempt<Candidate>>): Promise<void> => {
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
    const breaks = breaksSize(candidate, spec);
    const kept = comparison.better >= FAVOURED && !breaks;
    const detail = breaks ? `${told.detail}; its size breaks the study's constraints` : told.detail;
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
  const network = await refitted(study, ports, selected.members);
  const detail = `trained on training and validation rows for ${selected.members.map((member) => String(member.epochs)).join(', ')} epochs`;
  steps.push({ step: 'refit', kept: true, detail, comparison: null });
  return { selected, network, refitted: true, asItStands: false, steps };
}

type ValidationOf = (candidate: Candidate) => Promise<Predictions>;

/** What a candidate says of the validation rows; of each once. */
function validationPredictions({ data }: FinalStudy, { transport }: FinalPorts): ValidationOf {
  const known = new Map<Candidate, Promise<Predictions>>();
  return (candidate) => {
    const { network, members } = candidate;
    const job = { id: newId('md'), data, config: members[0].config, network };
    const predictions = known.get(candidate) ?? transport.perform('validate', job);
    known.set(candidate, predictions);
    return predictions;
  };
}

async function networkOf(trial: StoredTrial, { blobs }: FinalPorts): Promise<NetworkArtifact> {
  if (trial.network === null) {
    throw new InternalError('no_weights', `trial ${String(trial.number)} has no weights`);
  }
  return readNetwork(blobs, trial.network, trial.parameters);
}

function breaksSize({ network: { parameters } }: Candidate, { constraints }: Specification): boolean {
  const bounds = constraints.filter(({ metric }) => metric === 'model.parameters');
  return (violationOf(bounds, { validation: null, parameters, durationMs: null }) ?? 0) > 0;
}

/** The best configuration with more epochs, and as much more patience, from the start. */
async function longer(
  { best, spec, data }: FinalStudy,
  { transport }: FinalPorts,
  times: number,
): Promise<Attempt<Candidate>> {
  const member = memberOf(best, spec);
  const config = longerConfig(member.config, times);
  const step = 'trainLonger';
  try {
    const { network, bestEpoch } = await transport.perform('fit', {
      id: newId('md'),
      data,
      config,
      seed: best.seed,
      engine: best.engine ?? 'auto',
      objective: leadingObjective(spec.objectives),
      trainShare: 1,
      keepNetwork: true,
    });
    const detail = `up to ${String(config.training.epochs)} epochs, the best was ${String(bestEpoch)}`;
    const members: Candidate['members'] = [{ ...member, config, epochs: bestEpoch }];
    return { step, detail, candidate: network === null ? null : { network, members } };
  } catch (error) {
    return failed(step, error);
  }
}

interface Averaging {
  readonly first: Candidate;
  readonly of: ValidationOf;
  /** Members at most, repetitions counted. */
  readonly size: number;
}

/** A mean of distinct trials: those that together predict the validation rows best, picked one by one. */
async function averaged(
  study: FinalStudy,
  ports: FinalPorts,
  { first, of, size }: Averaging,
): Promise<Attempt<Candidate>> {
  const { spec, data } = study;
  const step = 'ensemble';
  try {
    const candidates = [first, ...(await others(study, ports, first))];
    if (candidates.length === 1) {
      const detail = 'no other trial has weights that are kept and can be averaged with it';
      return { step, detail, candidate: null };
    }
    const predictions: Predictions[] = [];
    for (const candidate of candidates) predictions.push(await of(candidate));
    const objective = leadingObjective(spec.objectives);
    const { counts } = await ports.analysts.select({
      predictions,
      objective,
      size,
      sizes: candidates.map(({ network }) => network.parameters),
      most: mostParameters(spec),
    });
    const chosen = candidates.flatMap((candidate, i) => {
      const count = counts[i] ?? 0;
      return count === 0 ? [] : [{ ...candidate, count }];
    });
    if (chosen.length < 2) {
      return { step, detail: 'no mean with other trials is better on validation', candidate: null };
    }
    const members = chosen.flatMap((each) =>
      each.members.map((member) => ({ ...member, count: each.count })),
    ) as unknown as Candidate['members'];
    const network = await averageOf(ports.transport, data, members[0].config, chosen);
    return { step, detail: `the mean of ${namesOf(members)}`, candidate: { network, members } };
  } catch (error) {
    return failed(step, error);
  }
}

/** The best distinct trials that can be in a mean with this one. */
async function others(study: FinalStudy, ports: FinalPorts, first: Candidate): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for (const trial of distinctTrials(study)) {
    if (found.length === MOST_CANDIDATES - 1) break;
    if (trial.network === null) continue;
    const network = await networkOf(trial, ports);
    if (canAverage(first.network.preprocessing, network.preprocessing))
      found.push({ network, members: [memberOf(trial, study.spec)] });
  }
  return found;
}

async function boosted(
  { spec, data, best }: FinalStudy,
  { transport }: FinalPorts,
  base: Candidate,
  stages: number,
): Promise<Attempt<Candidate>> {
  const step = 'boosting';
  try {
    const result = await transport.perform('boost', {
      id: newId('md'),
      data,
      config: memberOf(best, spec).config,
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

/** Every member trained again on all but the test part, for the epochs after which its weights stood. */
export async function refitted(
  { data: given }: FinalStudy,
  { transport }: FinalPorts,
  members: readonly [Member, ...Member[]],
): Promise<NetworkArtifact> {
  const data: DataJob = { ...given, fold: 'all' };
  const networks: { network: NetworkArtifact; count: number }[] = [];
  for (const { trial, config, epochs, count } of members) {
    const network = await refitNetwork(transport, trial, { id: newId('md'), data, config, epochs });
    networks.push({ network, count });
  }
  return averageOf(transport, data, members[0].config, networks);
}
