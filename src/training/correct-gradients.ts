import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import { InvalidError } from '../core/errors';
import { everyLayer } from './every-layer';

type Layer = layers.Layer;
/** What a layer computes; all of these layers have one input and one output. */
type Call = (x: tf.Tensor, kwargs: Readonly<Record<string, unknown>>) => tf.Tensor;
/** A layer's properties, which its types leave out. */
type Properties = Record<string, unknown>;
/** Gives what a layer computes in training; null where TensorFlow.js has it right. */
type Correction = (layer: Layer, properties: Properties, own: Call) => Call | null;

/** A weight as layers read it. */
interface Readable {
  read(): tf.Tensor;
}

/**
 * Lets layers whose gradients TensorFlow.js lacks or gets wrong compute in training with operations whose gradients are
 * right. What they compute stays the same; predictions are TensorFlow.js's own.
 * @throws InvalidError `invalid_model` for arguments that TensorFlow.js ignores or cannot predict with
 */
export function correctGradients(network: LayersModel): void {
  for (const { layer } of everyLayer(network)) {
    const correction = CORRECTIONS[layer.getClassName()];
    if (correction === undefined) continue;
    const callable = layer as unknown as {
      call: (inputs: tf.Tensor | tf.Tensor[], kwargs: Readonly<Record<string, unknown>>) => tf.Tensor;
    };
    const own = callable.call.bind(layer);
    const corrected = correction(layer, layer as unknown as Properties, own);
    if (corrected === null) continue;
    callable.call = (inputs, kwargs) => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const inTraining = kwargs['training'] === true && x !== undefined;
      return inTraining ? tf.tidy(() => corrected(x, kwargs)) : own(inputs, kwargs);
    };
  }
}

const CORRECTIONS: Readonly<Record<string, Correction>> = {
  Conv1D: undilated('kernel'),
  Conv2D: undilated('kernel'),
  DepthwiseConv2D: refuseDilation,
  SeparableConv2D: undilated('depthwiseKernel'),
  Conv2DTranspose: refuseDilation,
  AveragePooling1D: evenShares,
  AveragePooling2D: evenShares,
  MaxPooling3D: (layer) => {
    const what =
      'TensorFlow.js pools in three dimensions wrong: below zero on WASM, and its gradients on cpu';
    throw wrong(layer, `${what}; take the average`);
  },
  UpSampling2D: repeatedPixels,
  ThresholdedReLU: threshold,
  BatchNormalization: batchNormalization,
  LayerNormalization: (layer, properties, own) => withoutScale(properties, own, () => sizesAlong(layer)),
};

/**
 * TensorFlow.js has no gradients of dilated convolutions. They are convolutions with a kernel that has zeros between its
 * elements.
 */
function undilated(kernelName: string): Correction {
  return (layer, properties, own) => {
    const dilations = properties['dilationRate'] as readonly number[];
    if (dilations.every((dilation) => dilation === 1)) return null;
    if ((properties['strides'] as readonly number[]).some((stride) => stride !== 1)) {
      throw wrong(layer, 'strides and dilationRate cannot both be above 1');
    }
    return (x, kwargs) => {
      const kernel = properties[kernelName] as Readable;
      const replaced = {
        [kernelName]: { read: () => spread(kernel.read(), dilations) },
        dilationRate: dilations.map(() => 1),
      };
      return withProperties(properties, replaced, () => own(x, kwargs));
    };
  };
}

/** Zeros between the elements of a kernel along its first axes. */
function spread(kernel: tf.Tensor, dilations: readonly number[]): tf.Tensor {
  return dilations.reduce((current, dilation, axis) => {
    if (dilation === 1 || current.shape[axis] === 1) return current;
    const [before, after] = [current.shape.slice(0, axis + 1), current.shape.slice(axis + 1)];
    const apart = tf.reshape(current, [...before, 1, ...after]);
    const pads = apart.shape.map((_, i): [number, number] => [0, i === axis + 1 ? dilation - 1 : 0]);
    const length = (before[axis] ?? 0) * dilation;
    const whole = tf.reshape(tf.pad(apart, pads), [...before.slice(0, axis), length, ...after]);
    // The zeros after the last element are none between two.
    const kept = whole.shape.map((size, i) => (i === axis ? size - dilation + 1 : size));
    return tf.slice(
      whole,
      kept.map(() => 0),
      kept,
    );
  }, kernel);
}

function refuseDilation(layer: Layer, { dilationRate }: Properties): null {
  if ((dilationRate as readonly number[]).every((dilation) => dilation === 1)) return null;
  throw wrong(layer, `TensorFlow.js ignores the dilationRate of ${layer.getClassName()}`);
}

/**
 * TensorFlow.js gives the positions of a window at a padded edge the share of a whole window. Here the padding is there as
 * zeros, and means over them are made larger by a constant, so that a share is one of the positions that there are.
 */
function evenShares(_: Layer, properties: Properties, own: Call): Call | null {
  if (properties['padding'] !== 'same') return null;
  const [sizes, strides] = [properties['poolSize'] as number[], properties['strides'] as number[]];
  const first = properties['dataFormat'] === 'channelsFirst' ? 2 : 1;
  return (x, kwargs) => {
    const axes = sizes.map((size, i) => samePadding(x.shape[first + i] ?? 0, size, strides[i] ?? 1));
    if (axes.every(({ pads }) => pads[0] + pads[1] === 0)) return own(x, kwargs);
    const pads = x.shape.map((_, i): [number, number] => axes[i - first]?.pads ?? [0, 0]);
    const means = withProperties(properties, { padding: 'valid' }, () => own(tf.pad(x, pads), kwargs));
    return axes.reduce<tf.Tensor>((current, { factors }, i) => {
      const shape = x.shape.map((_, axis) => (axis === first + i ? factors.length : 1));
      return tf.mul(current, tf.tensor(factors, shape));
    }, means);
  };
}

/** Along one axis: what "same" pads, and for each window its size by how many positions of it there are. */
function samePadding(
  length: number,
  size: number,
  stride: number,
): { readonly pads: [number, number]; readonly factors: number[] } {
  const windows = Math.ceil(length / stride);
  const padding = Math.max(0, (windows - 1) * stride + size - length);
  const before = Math.floor(padding / 2);
  const factors = Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return size / (Math.min(length, start + size) - Math.max(0, start));
  });
  return { pads: [before, padding - before], factors };
}

/** The `cpu` backend's gradient of nearest neighbours is wrong for more than one image, and WASM has none. */
function repeatedPixels(_: Layer, { size, interpolation, dataFormat }: Properties): Call | null {
  if (interpolation !== 'nearest') return null;
  const [rows, columns] = size as readonly [number, number];
  const axis = dataFormat === 'channelsFirst' ? 2 : 1;
  return (x) => repeated(repeated(x, axis, rows), axis + 1, columns);
}

/** Every slice along an axis, `times` times in a row. */
function repeated(x: tf.Tensor, axis: number, times: number): tf.Tensor {
  if (times === 1) return x.clone();
  const [before, after] = [x.shape.slice(0, axis + 1), x.shape.slice(axis + 1)];
  const apart = tf.reshape(x, [...before, 1, ...after]);
  const ones = tf.ones([...before.map(() => 1), times, ...after.map(() => 1)]);
  const shape = x.shape.map((length, i) => (i === axis ? length * times : length));
  return tf.reshape(tf.mul(apart, ones), shape);
}

/** TensorFlow.js multiplies by a comparison, which has no gradient there; a step has. */
function threshold(_: Layer, { theta }: Properties): Call {
  return (x) => tf.mul(x, tf.step(tf.sub(x, theta as number)));
}

function batchNormalization(layer: Layer, properties: Properties, own: Call): Call | null {
  const rank = (layer.outputShape as readonly (number | null)[]).length;
  const axis = properties['axis'] as number;
  if (axis !== -1 && axis !== rank - 1) {
    throw wrong(
      layer,
      'TensorFlow.js normalises batches along the last axis alone: leave "axis" out, or permute',
    );
  }
  return withoutScale(properties, own, () => sizesAlong(layer));
}

/** Training without scale or centre fails in TensorFlow.js: it gets the ones and zeros that it leaves out. */
function withoutScale(properties: Properties, own: Call, sizes: () => number[]): Call | null {
  const { scale, center } = properties;
  if (scale === true && center === true) return null;
  const gamma: Properties = scale === true ? {} : { scale: true, gamma: { read: () => tf.ones(sizes()) } };
  const beta: Properties = center === true ? {} : { center: true, beta: { read: () => tf.zeros(sizes()) } };
  return (x, kwargs) => withProperties(properties, { ...gamma, ...beta }, () => own(x, kwargs));
}

/** Sizes of the axes that a layer normalises along: the shape of its weights. */
function sizesAlong(layer: Layer): number[] {
  const shape = layer.outputShape as readonly (number | null)[];
  const { axis } = layer as unknown as { axis: number | readonly number[] };
  return [axis].flat().map((i) => Number(shape[(i + shape.length) % shape.length]));
}

function withProperties<T>(properties: Properties, replaced: Properties, run: () => T): T {
  const before = Object.fromEntries(Object.keys(replaced).map((name) => [name, properties[name]]));
  Object.assign(properties, replaced);
  try {
    return run();
  } finally {
    Object.assign(properties, before);
  }
}

function wrong(layer: Layer, problem: string): InvalidError {
  return new InvalidError('invalid_model', `layer ${layer.name}: ${problem}`);
}
