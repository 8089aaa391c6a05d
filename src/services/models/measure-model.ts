import { InternalError } from '../../core/errors';
import { newId } from '../../core/id';
import type { DataJob, NetworkArtifact, TrialTransport } from '../../core/job';
import type { Metrics, Part } from '../../core/metrics';
import type { Model, ModelFile } from '../../core/model';
import type { BlobStore, StoredTrial } from '../../core/storage';
import { readNetwork, refitNetwork } from '../final/networks';
import { toTrialConfig } from '../specification';
import { storeNetwork } from './store-network';

interface Ports {
  readonly transport: TrialTransport;
  readonly blobs: BlobStore;
}

/**
 * The model of a completed trial, measured once on the test part: the trial's best weights as they stand. A k-fold trial
 * has none of its own: it is trained again on all folds, for the median of their best epochs.
 * @throws InternalError `no_weights` when the trial keeps none; what the transport throws when the work fails
 */
export async function measureModel(trial: StoredTrial, given: DataJob, ports: Ports): Promise<Model> {
  const inFolds = given.split.method === 'kfold';
  const data: DataJob = inFolds ? { ...given, fold: 'all' } : given;
  const network = inFolds ? await refit(trial, data, ports) : await ownNetwork(trial, ports);
  const test = await measurePart(trial, network, data, 'test', ports);
  return storeModel(trial, network, { ...trial.metrics, test }, data, ports);
}

/**
 * A model of a network that is not the trial's as it stands.
 * @param refitted it was trained on training and validation rows: nothing but the test part is left to measure it
 */
export async function measureNetwork(
  trial: StoredTrial,
  network: NetworkArtifact,
  given: DataJob,
  refitted: boolean,
  ports: Ports,
): Promise<Model> {
  const data: DataJob = refitted ? { ...given, fold: 'all' } : given;
  const on = (part: Part): Promise<Metrics> => measurePart(trial, network, data, part, ports);
  const metrics = {
    train: await on('train'),
    validation: refitted ? null : await on('validation'),
    test: await on('test'),
  };
  return storeModel(trial, network, metrics, data, ports);
}

function measurePart(
  trial: StoredTrial,
  network: NetworkArtifact,
  data: DataJob,
  part: Part,
  { transport }: Ports,
): Promise<Metrics> {
  const config = toTrialConfig(trial.config, data.task);
  return transport.perform('evaluate', { id: newId('md'), data, config, network, part });
}

async function storeModel(
  trial: StoredTrial,
  network: NetworkArtifact,
  metrics: Model['metrics'],
  { task }: DataJob,
  { blobs }: Ports,
): Promise<Model> {
  const stored = await storeNetwork(blobs, network);
  const file = (name: string, sha256: string, bytes: number): ModelFile => ({ name, bytes, sha256 });
  return {
    id: newId('md'),
    study: trial.study,
    trial: trial.number,
    task,
    inputs: stored.inputs,
    outputs: stored.outputs,
    metrics,
    parameters: network.parameters,
    files: [
      file('model.json', stored.modelJson, stored.bytes.modelJson),
      file('weights.bin', stored.weights, stored.bytes.weights),
      file('preprocessing.json', stored.preprocessing, stored.bytes.preprocessing),
    ],
    createdAt: new Date().toISOString(),
  };
}

function ownNetwork(trial: StoredTrial, { blobs }: Ports): Promise<NetworkArtifact> {
  if (trial.network === null) {
    throw new InternalError('no_weights', `trial ${String(trial.number)} of ${trial.study} has no weights`);
  }
  return readNetwork(blobs, trial.network, trial.parameters);
}

function refit(trial: StoredTrial, data: DataJob, { transport }: Ports): Promise<NetworkArtifact> {
  const config = toTrialConfig(trial.config, data.task);
  return refitNetwork(transport, trial, { id: newId('md'), data, config, epochs: trial.bestEpoch ?? 1 });
}
