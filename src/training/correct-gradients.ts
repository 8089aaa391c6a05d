import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import { InvalidError } from '../core/errors';
import { everyLayer } from './every-layer';

type Layer = layers.Layer;
type Call = (inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) => tf.Tensor | tf.Tensor[];

/** A weight as layers read it. */
interface Readable {
  read(): tf.Tensor;
}

/**
 * Lets layers whose gradients TensorFlow.js lacks or gets wrong compute in training with operations whose gradients are
 * right. What they compute stays the same; predictions are TensorFlow.js's own.
 */
export function correctGradients(network: LayersModel): void {
  for (const { layer } of everyLayer(network)) {
    if (layer.getClassName() === 'UpSampling2D') repeatPixels(layer);
    else undilate(layer);
  }
}

/** The `cpu` backend's gradient of nearest neighbours is wrong for more than one image, and WASM has none. */
function repeatPixels(layer: Layer): void {
  const { size, interpolation, dataFormat } = layer as unknown as {
    size: readonly [number, number];
    interpolation: string;
    dataFormat: string;
  };
  if (interpolation !== 'nearest') return;
  const axis = dataFormat === 'channelsFirst' ? 2 : 1;
  inTraining(layer, (x) => repeated(repeated(x, axis, size[0]), axis + 1, size[1]));
}

/** Every slice along an axis, `times` times in a row. */
function repeated(x: tf.Tensor, axis: number, times: number): tf.Tensor {
  if (times === 1) return x;
  const [before, after] = [x.shape.slice(0, axis + 1), x.shape.slice(axis + 1)];
  const apart = tf.reshape(x, [...before, 1, ...after]);
  const ones = tf.ones([...before.map(() => 1), times, ...after.map(() => 1)]);
  const shape = x.shape.map((length, i) => (i === axis ? length * times : length));
  return tf.reshape(tf.mul(apart, ones), shape);
}

/**
 * TensorFlow.js has no gradients of dilated convolutions. They are convolutions with a kernel that has zeros between its
 * elements.
 */
function undilate(layer: Layer): void {
  const holder = layer as unknown as Record<string, unknown> & { strides?: readonly number[] };
  const rates = holder['dilationRate'];
  if (!Array.isArray(rates) || rates.every((rate) => rate === 1)) return;
  const dilations = rates as readonly number[];
  const kind = layer.getClassName();
  const name = {
    Conv1D: 'kernel',
    Conv2D: 'kernel',
    DepthwiseConv2D: 'depthwiseKernel',
    SeparableConv2D: 'depthwiseKernel',
  }[kind];
  const problem =
    name === undefined
      ? `TensorFlow.js ignores the dilationRate of ${kind}`
      : holder.strides?.some((stride) => stride !== 1) === true
        ? 'strides and dilationRate cannot both be above 1'
        : null;
  if (problem !== null || name === undefined) {
    throw new InvalidError('invalid_model', `layer ${layer.name}: ${problem ?? ''}`);
  }
  const own = (layer as unknown as { call: Call }).call.bind(layer);
  (layer as unknown as { call: Call }).call = (inputs, kwargs) => {
    if (kwargs.training !== true) return own(inputs, kwargs);
    const kernel = holder[name] as Readable;
    holder[name] = { read: () => spread(kernel.read(), dilations) } satisfies Readable;
    holder['dilationRate'] = dilations.map(() => 1);
    try {
      return own(inputs, kwargs);
    } finally {
      holder[name] = kernel;
      holder['dilationRate'] = dilations;
    }
  };
}

/** Zeros between the elements of a kernel along its first axes. */
function spread(kernel: tf.Tensor, dilations: readonly number[]): tf.Tensor {
  return dilations.reduce((current, dilation, axis) => {
    if (dilation === 1 || current.shape[axis] === 1) return current;
    const [before, after] = [current.shape.slice(0, axis + 1), current.shape.slice(axis + 1)];
    const apart = tf.reshape(current, [...before, 1, ...after]);
    const pads = apart.shape.map((_, i): [number, number] => [0, i === axis + 1 ? dilation - 1 : 0]);
    const padded = tf.pad(apart, pads);
    const length = (before[axis] ?? 0) * dilation;
    const whole = tf.reshape(padded, [...before.slice(0, axis), length, ...after]);
    // The zeros after the last element are none between two.
    return tf.slice(
      whole,
      whole.shape.map(() => 0),
      whole.shape.map((size, i) => (i === axis ? size - dilation + 1 : size)),
    );
  }, kernel);
}

function inTraining(layer: Layer, call: (x: tf.Tensor) => tf.Tensor): void {
  const own = (layer as unknown as { call: Call }).call.bind(layer);
  (layer as unknown as { call: Call }).call = (inputs, kwargs) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    return kwargs.training === true && x !== undefined ? tf.tidy(() => call(x)) : own(inputs, kwargs);
  };
}
