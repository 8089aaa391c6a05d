import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InvalidError, NotSupportedError } from '../core/errors';
import type { JsonObject } from '../core/json';
import { deriveSeed } from '../core/random';
import type { ModelConfig } from '../core/specification';
import { bodyOfLayers } from './network-layers';
import { bodyOfTopology } from './network-topology';
import { dropoutMask } from './masks';
import { withOutput, type OutputShape } from './output-shape';

/** Layers that draw numbers from a state of their own, which a trial must not depend on. */
const STATEFUL = ['GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'SpatialDropout1D', 'RandomWidth'];

/** A network in two views that share all weights. */
export interface Network {
  /** Prepared input [rows, width] to logits or the prepared target [rows, units]. */
  readonly raw: tfl.LayersModel;
  /** The same with probabilities: what is exported. Built-in layers alone. */
  readonly exported: tfl.LayersModel;
  readonly parameters: number;
  /** Random layers draw what belongs to this epoch and step, counted from 1 and 0. */
  setStep(epoch: number, step: number): void;
  dispose(): void;
}

/**
 * @param width columns of the prepared input
 * @throws InvalidError `invalid_model` with the path of the layer that cannot be built
 */
export async function buildNetwork(
  config: ModelConfig,
  width: number,
  output: OutputShape,
  seed: number,
): Promise<Network> {
  const rawModel =
    'topology' in config
      ? await bodyOfTopology(config.topology, width, output, seed)
      : stacked(config.layers, width, output, seed);
  const logits = rawModel.outputs[0];
  if (logits === undefined) throw new InvalidError('invalid_model', 'model: the network has no output');
  const exported =
    output.activation === 'linear'
      ? rawModel
      : tfl.model({
          inputs: rawModel.inputs,
          outputs: tfl.layers
            .activation({ activation: output.activation, name: 'output' })
            .apply(logits) as tfl.SymbolicTensor,
          name: 'network',
        });
  const clock = { epoch: 1, step: 0 };
  rawModel.layers.forEach((layer, i) => {
    const kind = layer.getClassName();
    if (STATEFUL.includes(kind)) {
      throw new NotSupportedError('model', `layer ${layer.name}: ${kind} is not supported yet; take dropout`);
    }
    if (kind === 'Dropout')
      drawFromClock(layer, (length, rate) =>
        dropoutMask(length, rate, deriveSeed(seed, 'mask', clock.epoch, clock.step, i)),
      );
  });
  return {
    raw: rawModel,
    exported,
    parameters: rawModel.countParams(),
    setStep: (epoch, step) => {
      clock.epoch = epoch;
      clock.step = step;
    },
    dispose: () => {
      rawModel.dispose();
    },
  };
}

function stacked(
  layers: readonly JsonObject[],
  width: number,
  output: OutputShape,
  seed: number,
): tfl.LayersModel {
  const input = tfl.input({ shape: [width], name: 'input' });
  return tfl.model({
    inputs: input,
    outputs: withOutput(bodyOfLayers(layers, input, seed), output, seed),
    name: 'network',
  });
}

interface Callable {
  call: (inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) => tf.Tensor;
}

/** Dropout whose mask belongs to the step, where TensorFlow.js would draw from a stream that runs on. */
function drawFromClock(
  layer: tfl.layers.Layer,
  maskOf: (length: number, rate: number) => Float32Array,
): void {
  const rate = (layer.getConfig() as { rate?: number }).rate ?? 0;
  (layer as unknown as Callable).call = (inputs, { training = false }) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (x === undefined) throw new InvalidError('invalid_model', `layer ${layer.name} has no input`);
    if (!training || rate <= 0) return x.clone();
    return tf.mul(x, tf.tensor(maskOf(x.size, rate), x.shape));
  };
}
