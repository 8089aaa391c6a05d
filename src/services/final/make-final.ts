import type { NetworkBytes } from '../../core/job';
import type { JsonObject } from '../../core/json';
import type { Model } from '../../core/model';
import { measureModel, measureNetwork } from '../models/measure-model';
import { chooseFinal, type FinalPorts, type FinalStep, type FinalStudy } from './choose-final';

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
}

/** Makes the final model of a study by its rules. @throws TuneloomError where it cannot be made */
export async function makeFinal(study: FinalStudy, ports: FinalPorts): Promise<FinalModel> {
  const { best, data, spec } = study;
  if (spec.split.method === 'kfold') {
    const story = { members: [best.number], shares: [1], refitted: true, steps: [] };
    return { model: await measureModel(best, data, ports), story, selected: null };
  }
  const { selected, network, refitted, asItStands, steps } = await chooseFinal(study, ports);
  const model = asItStands
    ? await measureModel(best, data, ports)
    : await measureNetwork(best, network, data, refitted, ports);
  const members = selected.members.map(({ trial }) => trial.number);
  const all = selected.members.reduce((sum, { count }) => sum + count, 0);
  const shares = selected.members.map(({ count }) => count / all);
  return { model, story: { members, shares, refitted, steps }, selected: selected.network };
}

/** As it is stored: without what JSON leaves out. */
export function storedStory(story: FinalStory): JsonObject {
  return JSON.parse(JSON.stringify(story)) as JsonObject;
}
