import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InvalidError, NotSupportedError } from '../core/errors';
import type { JsonObject } from '../core/json';
import type { ModelConfig } from '../core/specification';
import type { InputLayout } from '../datasets';
import { assertLayers } from './assert-layers';
import { bodyOfLayers } from './network-layers';
import { bodyOfTopology } from './network-topology';
import { correctGradients } from './correct-gradients';
import { withEmbeddings } from './embeddings';
import { everyLayer } from './every-layer';
import type { Mask } from './masks';
import { takeMasks, type MaskSource } from './random-layers';
import { replaceOrthogonal } from './orthogonal';
import { withOutput, type OutputShape } from './output-shape';
import { seedInitializers } from './seed-initializers';

replaceOrthogonal();

/** A step of training, as what is random depends on it. */
export interface Step {
  /** Counted from 1. */
  readonly epoch: number;
  /** Counted from 0 in its epoch. */
  readonly step: number;
  /** Rows of this batch, and of a whole one. */
  readonly rows: number;
  readonly batchRows: number;
}

/** A network in two views that share all weights. */
export interface Network {
  /** Prepared input [rows, width] to logits or the prepared target [rows, units]. */
  readonly raw: tfl.LayersModel;
  /** The same with probabilities: what is exported. Built-in layers alone. */
  readonly exported: tfl.LayersModel;
  readonly parameters: number;
  /** Random layers take what belongs to this step. */
  setStep(step: Step): void;
  /** What random layers take in a step, in the network's order. */
  readonly masks: readonly Mask[];
  /** Masks are taken from outside until this is called with null. */
  feedMasks(source: MaskSource | null): void;
  dispose(): void;
}

/**
 * @param input of the prepared rows, or the shape of one; a number is that of [columns]
 * @throws InvalidError `invalid_model` with the path of the layer that cannot be built
 */
export async function buildNetwork(
  config: ModelConfig,
  input: number | readonly number[] | InputLayout,
  output: OutputShape,
  seed: number,
): Promise<Network> {
  const before = new Set(Object.keys(tf.engine().state.registeredVariables));
  const plain = typeof input === 'number' ? [input] : input;
  const layout = 'shape' in plain ? plain : { shape: plain, numbers: 'input', embedded: [] };
  try {
    return await build(config, layout, output, seed);
  } catch (error) {
    // Variables belong to no scope: those of the layers that could be built are left over.
    for (const [name, variable] of Object.entries(tf.engine().state.registeredVariables)) {
      if (!before.has(name)) variable.dispose();
    }
    throw error;
  }
}

async function build(
  config: ModelConfig,
  layout: InputLayout,
  output: OutputShape,
  seed: number,
): Promise<Network> {
  if ('topology' in config && layout.embedded.length > 0) throw topologyOfIndices();
  const rawModel =
    'topology' in config
      ? await bodyOfTopology(config.topology, layout.shape, output, seed)
      : stacked(config.layers, layout, output, seed);
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
  let now: Step = { epoch: 1, step: 0, rows: 1, batchRows: 1 };
  let fed: MaskSource | null = null;
  assertLayers(rawModel);
  correctGradients(rawModel);
  refuseState(rawModel);
  const masks = takeMasks(rawModel, seed, (mask, part) => fed?.(mask, part) ?? ownMask(mask, part, now));
  return {
    raw: rawModel,
    exported,
    parameters: rawModel.countParams(),
    masks,
    feedMasks: (source) => {
      fed = source;
    },
    setStep: (step) => {
      now = step;
    },
    dispose: () => {
      rawModel.dispose();
      masks.forEach((mask) => {
        mask.dispose();
      });
    },
  };
}

function stacked(
  layers: readonly JsonObject[],
  layout: InputLayout,
  output: OutputShape,
  seed: number,
): tfl.LayersModel {
  const isPlain = layout.embedded.length === 0;
  const input = tfl.input({ shape: [...layout.shape], name: isPlain ? 'input' : 'prepared' });
  const features = isPlain ? input : withEmbeddings(input, layout, seed);
  const outputs = withOutput(bodyOfLayers(layers, features, seed), output, seed);
  const network = tfl.model({ inputs: input, outputs, name: 'network' });
  seedInitializers(network, seed);
  return network;
}

function topologyOfIndices(): InvalidError {
  const message =
    'a topology brings its own inputs, so categories cannot be embedded before it; set preparation.categorical to "one-hot", "ordinal" or "target", or describe the network with layers';
  return new InvalidError('invalid_model', `model.topology: ${message}`, {
    errors: [{ path: 'model.topology', message }],
  });
}

/** What an eager step takes: the run of the mask's pool that a compiled one would take. */
function ownMask(mask: Mask, part: 'mask' | 'shift', { epoch, step, rows, batchRows }: Step): tf.Tensor {
  if (part === 'shift') return tf.scalar(mask.shift ?? 0);
  const shape = [...mask.shapeOf(rows)];
  const start = mask.start(batchRows, epoch, step);
  return tf.tensor(mask.pool(batchRows).slice(start, start + tf.util.sizeFromShape(shape)), shape);
}

function refuseState(network: tfl.LayersModel): void {
  for (const { layer } of everyLayer(network)) {
    if ((layer as unknown as { stateful?: boolean }).stateful !== true) continue;
    throw new NotSupportedError(
      'model',
      `layer ${layer.name}: "stateful" is not supported: rows are shuffled, and no batch goes on where another ended`,
    );
  }
}
