import type { DataJob, TrialTransport } from '../../core/job';
import type { JsonObject } from '../../core/json';
import type { Specification } from '../../core/specification';
import type { BlobStore, StoredTrial } from '../../core/storage';
import { toTrialConfig } from '../specification';
import type { Analysts } from './analysts';

export interface AnalysisPorts {
  readonly transport: TrialTransport;
  readonly blobs: BlobStore;
  readonly analysts: Analysts;
}

/**
 * The analysis of a completed trial's errors, as it is stored: a worker predicts, an analyst's thread does the rest.
 * Null where the trial keeps no weights, or there is nothing to compare it by.
 */
export async function analyseTrial(
  trial: StoredTrial,
  spec: Pick<Specification, 'objectives' | 'search'>,
  data: DataJob,
  { transport, blobs, analysts }: AnalysisPorts,
): Promise<JsonObject | null> {
  const { network } = trial;
  const [objective] = spec.objectives;
  if (network === null || objective === undefined) return null;
  const [modelJson, weights, preprocessing] = await Promise.all([
    blobs.get(network.modelJson),
    blobs.get(network.weights),
    blobs.get(network.preprocessing),
  ]);
  const { seed } = spec.search;
  const predictions = await transport.perform('predict', {
    id: `${trial.study}/predictions`,
    data,
    config: toTrialConfig(trial.config, data.task),
    network: { modelJson: Buffer.from(modelJson).toString('utf8'), weights },
    importance: true,
    seed,
  });
  return analysts.analyse({
    data,
    predictions,
    preprocessing: Buffer.from(preprocessing).toString('utf8'),
    objective,
    seed,
  });
}
