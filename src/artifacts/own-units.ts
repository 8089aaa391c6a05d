import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** How an output becomes a value: sign(s) · unit · (e^|s| − 1) of s = output × deviation + mean; s itself without `unit`. */
export interface OwnUnits {
  readonly mean: number;
  readonly deviation: number;
  /** Of a logarithm that is undone; null: there is none. */
  readonly logarithm: {
    readonly unit: number;
    /** s is held between these, which lie within ±60: e^(60 + MARGIN) is still a float32. */
    readonly low: number;
    readonly high: number;
  } | null;
}

/** σ(x − MARGIN) is e^(x − MARGIN) to float32 for x ≤ 0. */
const MARGIN = 17;

/**
 * What an output stands for, in other units, by built-in layers alone. There is no exponential among TensorFlow.js's
 * activations, but where its argument is far below 0 the sigmoid is one.
 * @param output [rows, 1] @param to without a logarithm @param name of the layers, as a prefix
 */
export function inUnits(
  output: tfl.SymbolicTensor,
  from: OwnUnits,
  to: Pick<OwnUnits, 'mean' | 'deviation'>,
  name: string,
): tfl.SymbolicTensor {
  const { mean, deviation, logarithm } = from;
  if (logarithm === null) {
    const [factor, offset] = [deviation / to.deviation, (mean - to.mean) / to.deviation];
    if (factor === 1 && offset === 0) return output;
    return dense(output, `${name}_units`, 'linear', [[factor]], [offset]);
  }
  const { unit, low, high } = logarithm;
  const [up, down] = [Math.max(high, 0) + MARGIN, Math.max(-low, 0) + MARGIN];
  // high − s, and how far s is above low, both held at 0.
  const below = dense(output, `${name}_below`, 'relu', [[-deviation]], [high - mean]);
  const above = dense(below, `${name}_above`, 'relu', [[-1]], [high - low]);
  const signs = dense(above, `${name}_signs`, 'relu', [[1, -1]], [low, -low]);
  const powers = dense(
    signs,
    `${name}_powers`,
    'sigmoid',
    [
      [1, 0],
      [0, 1],
    ],
    [-up, -down],
  );
  const scale = unit / to.deviation;
  const weights = [[scale * Math.exp(up)], [-scale * Math.exp(down)]];
  return dense(powers, `${name}_units`, 'linear', weights, [-to.mean / to.deviation]);
}

/** A dense layer of given numbers. @param kernel [columns, units] */
function dense(
  input: tfl.SymbolicTensor,
  name: string,
  activation: 'linear' | 'relu' | 'sigmoid',
  kernel: readonly (readonly number[])[],
  bias: readonly number[],
): tfl.SymbolicTensor {
  const layer = tfl.layers.dense({ units: bias.length, activation, name });
  const output = layer.apply(input) as tfl.SymbolicTensor;
  tf.tidy(() => {
    layer.setWeights([tf.tensor2d(kernel.map((row) => [...row])), tf.tensor1d([...bias])]);
  });
  return output;
}
