import { newId } from '../../core/id';
import type {
  BaselinePredictions,
  DataJob,
  NetworkBytes,
  PredictionResult,
  TrialTransport,
} from '../../core/job';
import type { JsonObject } from '../../core/json';
import type { Model } from '../../core/model';
import { leadingObjective } from '../../core/objectives';
import type { Specification, TrialConfig } from '../../core/specification';
import type { BlobStore, StoredTrial } from '../../core/storage';
import { toTrialConfig } from '../specification';
import type { Analysts } from './analysts';
import { outOfFold, outOfFoldBaselines, type FoldMember } from './out-of-fold';

export interface AnalysisPorts {
  readonly transport: TrialTransport;
  readonly blobs: BlobStore;
  readonly analysts: Analysts;
}

export interface AnalysedModel {
  readonly trial: StoredTrial;
  readonly spec: Specification;
  readonly data: DataJob;
  readonly model: Model;
  /** The network that validation rows may speak of: not one that was trained on them. Null: none, there are folds. */
  readonly selected: NetworkBytes | null;
  /** What the model is made of. */
  readonly members: readonly [FoldMember, ...FoldMember[]];
  /** True where the model is a refit of it. */
  readonly refitted: boolean;
}

/**
 * The analysis of a final model's errors, as it is stored: workers predict, an analyst's thread does the rest. Validation
 * rows are judged by a network that was not trained on them (of a k-fold study: out of fold), test rows by the model.
 */
export async function analyseModel(about: AnalysedModel, ports: AnalysisPorts): Promise<JsonObject> {
  const { spec, data, model } = about;
  const { blobs, analysts } = ports;
  const file = async (name: string): Promise<Uint8Array> => {
    const { sha256 = '' } = model.files.find((each) => each.name === name) ?? {};
    return blobs.get(sha256);
  };
  const [modelJson, weights, preprocessing] = await Promise.all([
    file('model.json'),
    file('weights.bin'),
    file('preprocessing.json'),
  ]);
  const network = {
    modelJson: Buffer.from(modelJson).toString('utf8'),
    weights,
    preprocessing: Buffer.from(preprocessing).toString('utf8'),
  };
  return analysts.analyse({
    data,
    predictions: await predictionsOf(about, network, ports),
    baselines: spec.checks === 'off' ? [] : await baselinesOf(about, ports),
    network,
    objective: leadingObjective(spec.objectives),
    seed: spec.search.seed,
  });
}

async function predictionsOf(
  { trial, spec, data, selected, members, refitted }: AnalysedModel,
  network: NetworkBytes,
  { transport }: AnalysisPorts,
): Promise<PredictionResult> {
  const config = toTrialConfig(trial.config, spec.task);
  const predict = (of: NetworkBytes, from: DataJob, importance: boolean): Promise<PredictionResult> =>
    transport.perform('predict', {
      id: newId('md'),
      data: from,
      config,
      network: of,
      importance,
      seed: spec.search.seed,
    });
  if (selected !== null && !refitted) return predict(network, data, true);
  const { test } = await predict(network, { ...data, fold: 'all' }, false);
  const judged =
    selected === null
      ? await outOfFold(members, { spec, data }, transport)
      : await predict(selected, data, true);
  return { ...judged, test };
}

async function baselinesOf(
  { trial, spec, data }: AnalysedModel,
  { transport }: AnalysisPorts,
): Promise<readonly BaselinePredictions[]> {
  const config: TrialConfig = toTrialConfig(trial.config, spec.task);
  const job = { config, seed: spec.search.seed, engine: spec.engine };
  if (spec.split.folds === null) return transport.perform('baselines', { ...job, id: newId('md'), data });
  return outOfFoldBaselines(job, data, spec.split.folds, transport);
}
