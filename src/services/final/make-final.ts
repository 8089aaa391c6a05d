import type { NetworkBytes } from '../../core/job';
import type { JsonObject } from '../../core/json';
import type { Model } from '../../core/model';
import { measureModel, measureNetwork } from '../models/measure-model';
import { chooseFinal } from './choose-final';
import { chooseFinalOfFolds } from './choose-final-folds';
import { memberOf, type FinalPorts, type FinalStep, type FinalStudy, type Member } from './candidates';

/** How the final model came about, as it is stored with the study. */
export interface FinalStory {
  /** Trials whose networks it is made of. */
  readonly members: readonly number[];
  /** [members]: share of each in the mean; their sum is 1. */
  readonly shares: readonly number[];
  readonly refitted: boolean;
  /** The options that were asked for, in the order in which they were tried. */
  readonly steps: readonly FinalStep[];
}

export interface FinalModel {
  readonly model: Model;
  readonly story: FinalStory;
  /** What validation rows may speak of; null: the folds of a k-fold study do. */
  readonly selected: NetworkBytes | null;
  readonly members: readonly [Member, ...Member[]];
}

/** Makes the final model of a study by its rules. @throws TuneloomError where it cannot be made */
export async function makeFinal(study: FinalStudy, ports: FinalPorts): Promise<FinalModel> {
  const { best, data, spec } = study;
  if (spec.split.method === 'kfold') return makeFinalOfFolds(study, ports);
  const { selected, network, refitted, asItStands, steps } = await chooseFinal(study, ports);
  const model = asItStands
    ? await measureModel(best, data, ports)
    : await measureNetwork(best, network, data, refitted, ports);
  const { members } = selected;
  return { model, story: storyOf(members, refitted, steps), selected: selected.network, members };
}

async function makeFinalOfFolds(study: FinalStudy, ports: FinalPorts): Promise<FinalModel> {
  const { best, data, spec } = study;
  const { trainLonger, ensemble, refit } = spec.final;
  if (trainLonger === 1 && ensemble === 1 && refit !== 'none') {
    const members = [memberOf(best, spec)] as const;
    const model = await measureModel(best, data, ports);
    return { model, story: storyOf(members, true, []), selected: null, members };
  }
  const { members, network, refitted, steps } = await chooseFinalOfFolds(study, ports);
  const model = await measureNetwork(best, network, data, true, ports);
  return { model, story: storyOf(members, refitted, steps), selected: null, members };
}

function storyOf(members: readonly Member[], refitted: boolean, steps: readonly FinalStep[]): FinalStory {
  const all = members.reduce((sum, { count }) => sum + count, 0);
  return {
    members: members.map(({ trial }) => trial.number),
    shares: members.map(({ count }) => count / all),
    refitted,
    steps,
  };
}

/** As it is stored: without what JSON leaves out. */
export function storedStory(story: FinalStory): JsonObject {
  return JSON.parse(JSON.stringify(story)) as JsonObject;
}
