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

export interface Mask {
  readonly name: string;
  /** Place of the layer, which its random stream is named after. */
  readonly layer: number;
  readonly rate: number;
  /** Without the batch. */
  readonly shape: readonly number[];
}

/** A network in two views that share all weights. */
export interface Network {
  /** Prepared input [rows, width] to logits or the prepared target [rows, units]. */
  readonly raw: tfl.LayersModel;
  /** The same with probabilities: what is exported. Built-in layers alone. */
  readonly exported: tfl.LayersModel;
  readonly parameters: number;
  /** Random layers draw what belongs to this epoch and step, counted from 1 and 0. */
  setStep(epoch: number, step: number): void;
  /** The factors that random layers multiply by, in the network's order. */
  readonly masks: readonly Mask[];
  /** Masks are taken from outside, by their name, until this is called with null. */
  feedMasks(source: ((name: string) => tf.Tensor) | null): void;
  dispose(): void;
}

/**
 * @param shape of a row of the prepared input; a number is that of [columns]
 * @throws InvalidError `invalid_model` with the path of the layer that cannot be built
 */
export async function buildNetwork(
  config: ModelConfig,
  shape: number | readonly number[],
  output: OutputShape,
  seed: number,
): Promise<Network> {
  const sizes = typeof shape === 'number' ? [shape] : shape;
  const rawModel =
    'topology' in config
      ? await bodyOfTopology(config.topology, sizes, output, seed)
      : stacked(config.layers, sizes, output, seed);
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
  const masks: Mask[] = [];
  let fed: ((name: string) => tf.Tensor) | null = null;
  rawModel.layers.forEach((layer, i) => {
    const kind = layer.getClassName();
    if (STATEFUL.includes(kind)) {
      throw new NotSupportedError('model', `layer ${layer.name}: ${kind} is not supported yet; take dropout`);
    }
    const rate = (layer.getConfig() as { rate?: number }).rate ?? 0;
    if (kind === 'Dropout' && rate > 0) {
      const name = `mask${String(i)}`;
      masks.push({ name, layer: i, rate, shape: shapeOf(layer).slice(1).map(Number) });
      multiplyBy(layer, (x) => {
        if (fed !== null) return fed(name);
        const streamSeed = deriveSeed(seed, 'mask', clock.epoch, clock.step, i);
        return tf.tensor(dropoutMask(x.size, rate, streamSeed), x.shape);
      });
    }
  });
  return {
    raw: rawModel,
    exported,
    parameters: rawModel.countParams(),
    masks,
    feedMasks: (source) => {
      fed = source;
    },
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
  shape: readonly number[],
  output: OutputShape,
  seed: number,
): tfl.LayersModel {
  const input = tfl.input({ shape: [...shape], name: 'input' });
  return tfl.model({
    inputs: input,
    outputs: withOutput(bodyOfLayers(layers, input, seed), output, seed),
    name: 'network',
  });
}

interface Callable {
  call: (inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) => tf.Tensor;
}

function shapeOf(layer: tfl.layers.Layer): readonly (number | null)[] {
  return layer.outputShape as readonly (number | null)[];
}

/** Dropout whose mask belongs to the step, where TensorFlow.js would draw from a stream that runs on. */
function multiplyBy(layer: tfl.layers.Layer, maskOf: (x: tf.Tensor) => tf.Tensor): void {
  (layer as unknown as Callable).call = (inputs, { training = false }) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (x === undefined) throw new InvalidError('invalid_model', `layer ${layer.name} has no input`);
    return training ? tf.mul(x, maskOf(x)) : x.clone();
  };
}
