import { InternalError } from '../../core/errors';
import { newId } from '../../core/id';
import type { DataJob, TrialTransport } from '../../core/job';
import type { Model, ModelFile } from '../../core/model';
import type { BlobStore, StoredNetwork, StoredTrial } from '../../core/storage';
import { toTrialConfig } from '../specification';
import { storeNetwork } from './store-network';

/**
 * The model of a completed trial, measured once on the test part: the trial's best weights as they stand. A k-fold trial
 * has none of its own: it is trained again on all folds, for the median of their best epochs.
 * @throws InternalError `no_weights` when the trial keeps none; what the transport throws when the work fails
 */
export async function measureModel(
  trial: StoredTrial,
  given: DataJob,
  ports: { readonly transport: TrialTransport; readonly blobs: BlobStore },
): Promise<Model> {
  const inFolds = given.split.method === 'kfold';
  const data: DataJob = inFolds ? { ...given, fold: 'all' } : given;
  const network = inFolds ? await refit(trial, data, ports) : trial.network;
  if (network === null) {
    throw new InternalError('no_weights', `trial ${String(trial.number)} of ${trial.study} has no weights`);
  }
  const [modelJson, weights] = await Promise.all([
    ports.blobs.get(network.modelJson),
    ports.blobs.get(network.weights),
  ]);
  const id = newId('md');
  const test = await ports.transport.perform('evaluate', {
    id,
    data,
    config: toTrialConfig(trial.config, data.task),
    network: { modelJson: Buffer.from(modelJson).toString('utf8'), weights },
    part: 'test',
  });
  const file = (name: string, sha256: string, bytes: number): ModelFile => ({ name, bytes, sha256 });
  return {
    id,
    study: trial.study,
    trial: trial.number,
    task: data.task,
    inputs: network.inputs,
    outputs: network.outputs,
    metrics: { ...trial.metrics, test },
    parameters: trial.parameters ?? 0,
    files: [
      file('model.json', network.modelJson, network.bytes.modelJson),
      file('weights.bin', network.weights, network.bytes.weights),
      file('preprocessing.json', network.preprocessing, network.bytes.preprocessing),
    ],
    createdAt: new Date().toISOString(),
  };
}

async function refit(
  trial: StoredTrial,
  data: DataJob,
  { transport, blobs }: { readonly transport: TrialTransport; readonly blobs: BlobStore },
): Promise<StoredNetwork | null> {
  const config = toTrialConfig(trial.config, data.task);
  const training = { ...config.training, epochs: trial.bestEpoch ?? 1, earlyStopping: null };
  const { network } = await transport.perform('fit', {
    id: newId('md'),
    data,
    config: { ...config, training },
    seed: trial.seed,
    engine: trial.engine ?? 'auto',
    objective: null,
    trainShare: 1,
    keepNetwork: true,
  });
  return network === null ? null : storeNetwork(blobs, network);
}
