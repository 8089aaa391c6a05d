import { TuneloomError } from '../../core/errors';
import type { NetworkArtifact } from '../../core/job';
import { leadingObjective } from '../../core/objectives';
import type { Predictions } from '../../core/predictions';
import type { Specification } from '../../core/specification';
import { canAverage } from '../../datasets';
import { foldNetworks, outOfFoldOf } from '../reports/out-of-fold';
import {
  distinctTrials,
  failed,
  FAVOURED,
  longerConfig,
  memberOf,
  mostParameters,
  namesOf,
  type Attempt,
  type FinalPorts,
  type FinalStep,
  type FinalStudy,
  type Member,
} from './candidates';
import { refitted } from './choose-final';
import { averageOf } from './networks';

/** Trials that an ensemble is picked from: each is trained again on every fold. */
const MOST_CANDIDATES = 10;

type Members = readonly [Member, ...Member[]];

/** What was tried, and what it says of every row that it has not seen. */
interface FoldCandidate {
  readonly members: Members;
  readonly outOfFold: Predictions;
  /** `preprocessing.json` of the first fold. */
  readonly preprocessing: string;
  readonly parameters: number;
}

export interface FoldsChoice {
  readonly members: Members;
  readonly network: NetworkArtifact;
  /** False where it is the mean of the networks of the folds. */
  readonly refitted: boolean;
  readonly steps: readonly FinalStep[];
}

/**
 * Carries out the final options of a k-fold study: each is kept only where the paired bootstrap on out-of-fold predictions
 * is for it in nine draws of ten. What was kept is then refitted on all folds; or, with `"refit": "none"`, the model is the
 * mean of the networks of the folds, which no row is left to measure but those of the test part.
 */
export async function chooseFinalOfFolds(study: FinalStudy, ports: FinalPorts): Promise<FoldsChoice> {
  const { best, spec, data } = study;
  const { trainLonger: times, ensemble, refit } = spec.final;
  const steps: FinalStep[] = [];
  let members: Members = [memberOf(best, spec)];
  if (times > 1 || ensemble > 1) {
    let selected = await foldCandidate(members[0], study, ports);
    const weigh = async (attempt: Promise<Attempt<FoldCandidate>>): Promise<void> => {
      const { candidate, ...told } = await attempt;
      if (candidate === null) {
        steps.push({ ...told, kept: false, comparison: null });
        return;
      }
      const comparison = await ports.analysts.compare({
        data: { ...data, fold: 'all' },
        first: candidate.outOfFold,
        second: selected.outOfFold,
        objective: leadingObjective(spec.objectives),
        seed: spec.search.seed,
      });
      const kept = comparison.better >= FAVOURED;
      steps.push({ ...told, kept, comparison });
      if (kept) selected = candidate;
    };
    if (times > 1) await weigh(longer(study, ports, times));
    if (ensemble > 1) await weigh(averaged(study, ports, selected, ensemble));
    members = selected.members;
  }
  if (refit === 'none') {
    const mean = await meanOfFolds(study, ports, members);
    steps.push(mean.step);
    if (mean.network !== null) return { members, network: mean.network, refitted: false, steps };
  }
  const network = await refitted(study, ports, members);
  const detail = `trained on all folds for ${members.map(({ epochs }) => String(epochs)).join(', ')} epochs`;
  steps.push({ step: 'refit', kept: true, detail, comparison: null });
  return { members, network, refitted: true, steps };
}

/** Trains a member on each fold, as its trial was, and asks it for the rows of the others. */
async function foldCandidate(
  member: Member,
  { spec, data }: FinalStudy,
  { transport }: FinalPorts,
): Promise<FoldCandidate> {
  const { predictions, epochs, first } = await outOfFoldOf(member, { spec, data }, transport);
  const { preprocessing, parameters } = first;
  return { members: [{ ...member, epochs }], outOfFold: predictions, preprocessing, parameters };
}

async function longer(study: FinalStudy, ports: FinalPorts, times: number): Promise<Attempt<FoldCandidate>> {
  const step = 'trainLonger';
  const member = memberOf(study.best, study.spec);
  const config = longerConfig(member.config, times);
  try {
    const candidate = await foldCandidate({ ...member, config }, study, ports);
    const { epochs } = candidate.members[0];
    const detail = `up to ${String(config.training.epochs)} epochs, the best of the folds was ${String(epochs)} in the median`;
    return { step, detail, candidate };
  } catch (error) {
    return failed(step, error);
  }
}

/** A mean of distinct trials, picked one by one by what they say of the rows that they have not seen. */
async function averaged(
  study: FinalStudy,
  ports: FinalPorts,
  first: FoldCandidate,
  size: number,
): Promise<Attempt<FoldCandidate>> {
  const step = 'ensemble';
  const { spec } = study;
  try {
    const candidates = [first];
    for (const trial of distinctTrials(study).slice(0, MOST_CANDIDATES - 1)) {
      const candidate = await foldCandidate(memberOf(trial, spec), study, ports);
      if (canAverage(first.preprocessing, candidate.preprocessing)) candidates.push(candidate);
    }
    if (candidates.length === 1) {
      return { step, detail: 'no other trial can be averaged with it', candidate: null };
    }
    const predictions = candidates.map(({ outOfFold }) => outOfFold);
    const { counts, mean } = await ports.analysts.select({
      predictions,
      objective: leadingObjective(spec.objectives),
      size,
      sizes: candidates.map(({ parameters }) => parameters),
      most: mostOfMembers(study),
    });
    const members = candidates.flatMap((each, i) => {
      const count = counts[i] ?? 0;
      return count === 0 ? [] : each.members.map((member) => ({ ...member, count }));
    }) as unknown as Members;
    if (members.length < 2) {
      return { step, detail: 'no mean with other trials is better out of fold', candidate: null };
    }
    const parameters = candidates.reduce((sum, each, i) => sum + (counts[i] === 0 ? 0 : each.parameters), 0);
    return {
      step,
      detail: `the mean of ${namesOf(members)}`,
      candidate: { ...first, members, outOfFold: mean, parameters },
    };
  } catch (error) {
    return failed(step, error);
  }
}

/** The most parameters that members may have together: in a mean of the folds' networks each is there once a fold. */
function mostOfMembers({ best, spec }: FinalStudy): number {
  const most = mostParameters(spec);
  const { folds } = spec.split;
  // Where not even the best trial's networks would be small enough, the model is a refit.
  const isMean = spec.final.refit === 'none' && parametersOfFolds([{ trial: best }], spec) <= most;
  return isMean ? most / (folds ?? 1) : most;
}

/** Of the networks of all folds together, as far as trials tell: levels of a category differ from fold to fold. */
function parametersOfFolds(members: readonly Pick<Member, 'trial'>[], { split }: Specification): number {
  return (split.folds ?? 1) * members.reduce((sum, { trial }) => sum + (trial.parameters ?? 0), 0);
}

/** The mean of the networks of all folds; null where they cannot be averaged, or would be too large together. */
async function meanOfFolds(
  { spec, data }: FinalStudy,
  { transport }: FinalPorts,
  members: Members,
): Promise<{ readonly network: NetworkArtifact | null; readonly step: FinalStep }> {
  const step = { step: 'folds', comparison: null } as const;
  const most = mostParameters(spec);
  const without = (detail: string) => ({ network: null, step: { ...step, kept: false, detail } });
  const tooLarge = (parameters: number) =>
    without(
      `the networks of ${String(spec.split.folds)} folds have ${String(parameters)} parameters together; the study's constraint allows ${String(most)}`,
    );
  const expected = parametersOfFolds(members, spec);
  if (expected > most) return tooLarge(expected);
  const networks: { network: NetworkArtifact; count: number }[] = [];
  for (const member of members) {
    for (const { network } of await foldNetworks(member, { spec, data }, transport))
      networks.push({ network, count: member.count });
  }
  try {
    const network = await averageOf(transport, { ...data, fold: 'all' }, members[0].config, networks);
    if (network.parameters > most) return tooLarge(network.parameters);
    const detail = `the mean of the networks of ${String(spec.split.folds)} folds`;
    return { network, step: { ...step, kept: true, detail } };
  } catch (error) {
    if (!(error instanceof TuneloomError) || error.code !== 'not_supported') throw error;
    return without(error.message);
  }
}
