import type { NetworkArtifact } from '../../core/job';
import type { BlobStore, StoredNetwork } from '../../core/storage';

/** Blobs first: the row that names them comes after. */
export async function storeNetwork(
  blobs: BlobStore,
  { modelJson, weights, preprocessing, inputs, outputs }: NetworkArtifact,
): Promise<StoredNetwork> {
  const files = { modelJson: Buffer.from(modelJson), weights, preprocessing: Buffer.from(preprocessing) };
  const [a, b, c] = await Promise.all([
    blobs.put(files.modelJson),
    blobs.put(files.weights),
    blobs.put(files.preprocessing),
  ]);
  const bytes = {
    modelJson: files.modelJson.byteLength,
    weights: weights.byteLength,
    preprocessing: files.preprocessing.byteLength,
  };
  return { modelJson: a, weights: b, preprocessing: c, bytes, inputs, outputs };
}
