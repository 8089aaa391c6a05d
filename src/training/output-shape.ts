import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { deriveSeed } from '../core/random';
import type { FittedTarget } from '../datasets';

/** The output kernel starts small, so that the first predictions are those of the bias: what chance gives. */
const OUTPUT_DEVIATION = 0.01;
/** A class without a training row gets this share in the bias. */
const LEAST_PRIOR = 1e-4;

/** What a network must give for a target. */
export interface OutputShape {
  readonly units: number;
  readonly activation: 'softmax' | 'sigmoid' | 'linear';
  /** Logits of the class priors, or the mean of the prepared target. */
  readonly bias: readonly number[];
}

export function outputShapeOf(target: FittedTarget): OutputShape {
  if (target.kind === 'value') return { units: 1, activation: 'linear', bias: [target.preparedMean] };
  const logs = target.priors.map((share) => Math.log(Math.max(share, LEAST_PRIOR)));
  if (target.labels.length > 2) return { units: logs.length, activation: 'softmax', bias: logs };
  return { units: 1, activation: 'sigmoid', bias: [(logs[1] ?? 0) - (logs[0] ?? 0)] };
}

/** The last, linear layer on top of a body: small kernel, bias from the data. */
export function withOutput(body: tfl.SymbolicTensor, output: OutputShape, seed: number): tfl.SymbolicTensor {
  const flat =
    body.shape.length > 2
      ? (tfl.layers.flatten({ name: 'flatten_output' }).apply(body) as tfl.SymbolicTensor)
      : body;
  const { units, bias } = output;
  const dense = tfl.layers.dense({
    units,
    name: 'logits',
    kernelInitializer: tfl.initializers.randomNormal({
      mean: 0,
      stddev: OUTPUT_DEVIATION,
      seed: deriveSeed(seed, 'init', 'output'),
    }),
    biasInitializer: 'zeros',
  });
  const tensor = dense.apply(flat) as tfl.SymbolicTensor;
  setBias(dense, bias);
  return tensor;
}

/** Gives the output layer its starting bias, where it has one of the right size. */
export function setBias(layer: tfl.layers.Layer, bias: readonly number[]): void {
  const [kernel, old] = layer.getWeights();
  if (kernel === undefined || old?.size !== bias.length) return;
  tf.tidy(() => {
    layer.setWeights([kernel, tf.tensor1d([...bias])]);
  });
}
