import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InternalError } from '../core/errors';
import type { NetworkArtifact } from '../core/job';
import type { JsonObject } from '../core/json';
import type { TensorDescription } from '../core/model';
import { withOwnInputs } from './columns-layer';
import './separable-config';

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
  const { topology, inputs } = withOwnInputs(artifacts.modelTopology as JsonObject);
  const modelJson = JSON.stringify({
    format: 'layers-model',
    generatedBy: artifacts.generatedBy ?? null,
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: artifacts.weightSpecs }],
  });
  return {
    modelJson,
    weights: new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData)),
    inputs: inputs ?? inputNames(network).map((name, i) => describe(network.inputs[i], name)),
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

/** What the inputs of an exported network are called: `input`, or, of several, `input_0`, `input_1` … in its order. */
export function inputNames({ inputs }: Pick<tfl.LayersModel, 'inputs'>): readonly string[] {
  return inputs.length === 1 ? ['input'] : inputs.map((_, i) => `input_${String(i)}`);
}

/** @param inputs of each input [rows, …shape], row-major @returns [rows, units], row-major */
export function predictRows(
  network: tfl.LayersModel,
  inputs: readonly (Float32Array | Int32Array)[],
  rows: number,
): Float32Array {
  return tf.tidy(() => {
    const tensors = inputs.map((x, i) => {
      const sizes = (network.inputs[i]?.shape ?? []).slice(1).map((size) => size ?? 1);
      return tf.tensor(x, [rows, ...sizes], x instanceof Int32Array ? 'int32' : 'float32');
    });
    return Float32Array.from((network.predict(tensors) as tf.Tensor).dataSync());
  });
}

function describe(tensor: tfl.SymbolicTensor | undefined, name: string): TensorDescription {
  return { name, shape: tensor?.shape ?? [], dtype: tensor?.dtype ?? 'float32' };
}
