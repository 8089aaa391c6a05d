import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InternalError } from '../core/errors';
import type { NetworkArtifact } from '../core/job';
import type { TensorDescription } from '../core/model';

const WEIGHTS_FILE = 'weights.bin';

/** `model.json` and `weights.bin` as `tf.loadLayersModel` reads them. */
export async function networkArtifact(
  network: tfl.LayersModel,
): Promise<Pick<NetworkArtifact, 'modelJson' | 'weights' | 'inputs' | 'outputs'>> {
  let saved: tf.io.ModelArtifacts | null = null;
  await network.save(
    tf.io.withSaveHandler((artifacts) => {
      saved = artifacts;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
    }),
  );
  // Assigned in the closure above, which the compiler does not follow.
  const artifacts = saved as tf.io.ModelArtifacts | null;
  if (artifacts?.weightSpecs === undefined || artifacts.weightData === undefined) {
    throw new InternalError('not_saved', 'TensorFlow.js gave no artifacts');
  }
  const modelJson = JSON.stringify({
    format: 'layers-model',
    generatedBy: artifacts.generatedBy ?? null,
    convertedBy: null,
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: artifacts.weightSpecs }],
  });
  return {
    modelJson,
    weights: new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData)),
    inputs: network.inputs.map((tensor) => describe(tensor, 'input')),
    outputs: network.outputs.map((tensor) => describe(tensor, 'output')),
  };
}

/** A network from its two files. */
export async function loadNetwork(modelJson: string, weights: Uint8Array): Promise<tfl.LayersModel> {
  const parsed = JSON.parse(modelJson) as tf.io.ModelJSON;
  return tfl.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: parsed.modelTopology,
      weightSpecs: parsed.weightsManifest.flatMap((group) => group.weights),
      // A copy of its own: the bytes may lie in a larger buffer.
      weightData: Uint8Array.from(weights).buffer,
    }),
  );
}

/** @param x [rows, …shape of the input], row-major @returns [rows, units], row-major */
export function predictRows(network: tfl.LayersModel, x: Float32Array, rows: number): Float32Array {
  return tf.tidy(() => {
    const sizes = (network.inputs[0]?.shape ?? []).slice(1).map((size) => size ?? 1);
    const input = tf.tensor(x, [rows, ...sizes]);
    return Float32Array.from((network.predict(input) as tf.Tensor).dataSync());
  });
}

function describe(tensor: tfl.SymbolicTensor, name: string): TensorDescription {
  return { name, shape: tensor.shape, dtype: tensor.dtype };
}
