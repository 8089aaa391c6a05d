import { InternalError } from '../../core/errors';
import { newId } from '../../core/id';
import type { DataJob, NetworkArtifact, TrialTransport } from '../../core/job';
import type { BlobStore, StoredNetwork, StoredTrial } from '../../core/storage';
import type { TrialConfig } from '../../core/specification';

export interface NetworkPorts {
  readonly transport: TrialTransport;
  readonly blobs: BlobStore;
}

/** A network from the blobs that a trial names. */
export async function readNetwork(
  blobs: BlobStore,
  { modelJson, weights, preprocessing, inputs, outputs }: StoredNetwork,
  parameters: number | null,
): Promise<NetworkArtifact> {
  const [json, bytes, steps] = await Promise.all([
    blobs.get(modelJson),
    blobs.get(weights),
    blobs.get(preprocessing),
  ]);
  return {
    modelJson: Buffer.from(json).toString('utf8'),
    weights: bytes,
    preprocessing: Buffer.from(steps).toString('utf8'),
    inputs,
    outputs,
    parameters: parameters ?? 0,
  };
}

/** What a trial's network is trained again with: other rows, or more epochs. */
export interface Refit {
  readonly id: string;
  readonly data: DataJob;
  readonly config: TrialConfig;
  /** For how long, without a look at validation. */
  readonly epochs: number;
}

/** The trial's network trained again for so many epochs, as it stands after the last. */
export async function refitNetwork(
  transport: TrialTransport,
  { seed, engine }: Pick<StoredTrial, 'seed' | 'engine'>,
  { id, data, config, epochs }: Refit,
): Promise<NetworkArtifact> {
  const { network } = await transport.perform('fit', {
    id,
    data,
    config: { ...config, training: { ...config.training, epochs, earlyStopping: null } },
    seed,
    engine: engine ?? 'auto',
    objective: null,
    trainShare: 1,
    keepNetwork: true,
  });
  if (network === null) throw new InternalError('no_network', `fit ${id} gave no network`);
  return network;
}

/** The mean of networks; of one it is that one. @throws NotSupportedError where no built-in layers can give it */
export async function averageOf(
  transport: TrialTransport,
  data: DataJob,
  config: TrialConfig,
  networks: readonly { readonly network: NetworkArtifact; readonly count: number }[],
): Promise<NetworkArtifact> {
  const [only] = networks;
  if (networks.length === 1 && only !== undefined) return only.network;
  return transport.perform('average', {
    id: newId('md'),
    data,
    config,
    networks: networks.map(({ network }) => network),
    counts: networks.map(({ count }) => count),
  });
}
