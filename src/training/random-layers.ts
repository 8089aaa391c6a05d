import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import { InvalidError, NotSupportedError } from '../core/errors';
import { everyLayer, type Place } from './every-layer';
import { Mask, type Draw, type MaskShape } from './masks';

type Layer = layers.Layer;

/** Where SELU saturates, −λα: what alpha dropout puts in place of a number (Klambauer et al. 2017). */
const SATURATION = -1.7580993408473766;

/** Gives the tensor that stands for a mask, or for its shift, in the step that runs. */
export type MaskSource = (mask: Mask, part: 'mask' | 'shift') => tf.Tensor;

/** The arguments of TensorFlow.js's random layers, which its types leave out. */
interface RandomArguments {
  readonly rate?: number;
  readonly stddev?: number;
  readonly noiseShape?: readonly (number | null)[] | null;
  readonly dropout?: number;
  readonly recurrentDropout?: number;
}

interface Cell extends RandomArguments {
  readonly units: number;
  readonly kernel: { readonly shape: readonly number[] };
  /** Given to TensorFlow.js, it draws a cell's masks. */
  dropoutFunc: () => tf.Tensor;
}

interface Callable {
  call: (inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) => tf.Tensor;
}

/** Layers whose draws cannot be taken out of their hands. */
const REFUSED = ['RandomWidth', 'RandomHeight', 'ConvLSTM2D', 'ConvLSTM2DCell', 'StackedRNNCells'];
const RECURRENT = ['SimpleRNN', 'GRU', 'LSTM'];

/**
 * Lets a network's random layers take their numbers from `source`, where TensorFlow.js would draw them from a stream
 * that runs on from trial to trial. @returns the masks that the network takes in a step, in the order of its layers
 * @throws NotSupportedError where a layer draws in a way that this cannot replace
 */
export function takeMasks(network: LayersModel, seed: number, source: MaskSource): readonly Mask[] {
  const masks: Mask[] = [];
  everyLayer(network).forEach((place, i) => {
    const { layer } = place;
    const maker = (name: string, draw: Draw, shape: MaskShape): Mask => {
      refuseRepeated(place);
      const mask = new Mask(name, seed, draw, shape);
      masks.push(mask);
      return mask;
    };
    if (RECURRENT.includes(layer.getClassName())) recurrent(layer, `mask${String(i)}`, maker, source);
    else feedForward(place, `mask${String(i)}`, maker, source);
  });
  return masks;
}

type MaskMaker = (name: string, draw: Draw, shape: MaskShape) => Mask;

function feedForward(place: Place, name: string, make: MaskMaker, source: MaskSource): void {
  const { layer } = place;
  const kind = layer.getClassName();
  const given = layer as unknown as RandomArguments;
  const { rate = 0, stddev = 0 } = given;
  const draws = (given.dropout ?? 0) > 0 || (given.recurrentDropout ?? 0) > 0;
  const ownCell = place.inside.some((outer) => RECURRENT.includes(outer.getClassName()));
  if (kind.startsWith('Random') || (draws && !ownCell && (REFUSED.includes(kind) || kind.endsWith('Cell')))) {
    throw new NotSupportedError(
      'model',
      `layer ${layer.name}: the random numbers of ${kind} are not supported`,
    );
  }
  switch (kind) {
    case 'Dropout':
    case 'SpatialDropout1D': {
      if (rate <= 0) return;
      const mask = make(name, { kind: 'keep', rate, kept: 1 / (1 - rate) }, shapeOf(layer));
      replaceCall(layer, (x) => tf.mul(x, source(mask, 'mask')));
      return;
    }
    case 'AlphaDropout': {
      if (rate <= 0) return;
      const scale = ((1 - rate) * (1 + rate * SATURATION ** 2)) ** -0.5;
      // (x·k + s·(1 − k))·a − a·s·r, with k in {0, 1}, is (x − s)·(a·k) + a·s·(1 − r).
      const shift = scale * SATURATION * (1 - rate);
      const mask = make(name, { kind: 'keep', rate, kept: scale }, { ...shapeOf(layer), shift });
      replaceCall(layer, (x) =>
        tf.add(tf.mul(tf.sub(x, SATURATION), source(mask, 'mask')), source(mask, 'shift')),
      );
      return;
    }
    case 'GaussianDropout': {
      if (rate <= 0) return;
      const deviation = Math.sqrt(rate / (1 - rate));
      const mask = make(name, { kind: 'normal', mean: 1, deviation }, shapeOf(layer));
      replaceCall(layer, (x) => tf.mul(x, source(mask, 'mask')));
      return;
    }
    case 'GaussianNoise': {
      if (stddev <= 0) return;
      const mask = make(name, { kind: 'normal', mean: 0, deviation: stddev }, shapeOf(layer));
      replaceCall(layer, (x) => tf.add(x, source(mask, 'mask')));
    }
  }
}

/** Recurrent layers drop the same places at every time step: one mask for the input, one for the state (Gal 2016). */
function recurrent(layer: Layer, name: string, make: MaskMaker, source: MaskSource): void {
  const { cell } = layer as unknown as { cell: Cell };
  const { dropout = 0, recurrentDropout = 0, units } = cell;
  const width = cell.kernel.shape[0] ?? 0;
  const maskOf = (part: string, rate: number, size: number): Mask | null =>
    rate > 0
      ? make(`${name}.${part}`, { kind: 'keep', rate, kept: 1 / (1 - rate) }, { shape: [size] })
      : null;
  const wanted = [maskOf('input', dropout, width), maskOf('state', recurrentDropout, units)].filter(
    (mask) => mask !== null,
  );
  if (wanted.length === 0) return;
  // A cell asks for the masks of its gates when a batch begins, the input's before the state's, and takes the first.
  const gates = layer.getClassName() === 'LSTM' ? 4 : layer.getClassName() === 'GRU' ? 3 : 1;
  let asked = 0;
  cell.dropoutFunc = (): tf.Tensor => {
    const mask = wanted[Math.floor(asked / gates) % wanted.length];
    asked += 1;
    if (mask === undefined) throw new InvalidError('invalid_model', `layer ${layer.name} asks for no mask`);
    return source(mask, 'mask');
  };
}

/** What the layer computes in training; at all other times it gives its input. */
function replaceCall(layer: Layer, call: (x: tf.Tensor) => tf.Tensor): void {
  (layer as unknown as Callable).call = (inputs, { training = false }) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (x === undefined) throw new InvalidError('invalid_model', `layer ${layer.name} has no input`);
    return training ? call(x) : x.clone();
  };
}

/** The mask's sizes: those of the layer's output, but where `noiseShape` lets an axis share its numbers. */
function shapeOf(layer: Layer): MaskShape {
  const [, ...sizes] = layer.outputShape as readonly (number | null)[];
  const whole = sizes.map(Number);
  if (layer.getClassName() === 'SpatialDropout1D') return { shape: [1, ...whole.slice(1)] };
  const { noiseShape } = layer as unknown as RandomArguments;
  if (noiseShape == null) return { shape: whole };
  const [batch = null, ...others] = noiseShape;
  const fits = (size: number | null, i: number): boolean => size === null || size === 1 || size === whole[i];
  if (others.length !== whole.length || (batch !== null && batch !== 1) || !others.every(fits)) {
    throw new InvalidError(
      'invalid_model',
      `layer ${layer.name}: noiseShape ${JSON.stringify(noiseShape)} must be [null or 1, …], with null, 1 or the size of ` +
        `each axis of [${whole.join(', ')}]`,
    );
  }
  return { shape: whole.map((size, i) => others[i] ?? size), perRow: batch === null };
}

/** A layer that runs several times in a step would need as many masks. */
function refuseRepeated({ layer, inside }: Place): void {
  const repeats = [...inside, layer].some(
    (each) => each.getClassName() === 'TimeDistributed' || usesOf(each) > 1,
  );
  if (!repeats) return;
  throw new NotSupportedError(
    'model',
    `layer ${layer.name}: a random layer that is applied several times is not supported; give each place one of its own`,
  );
}

/** A network inside another has a node for its own inputs, too. */
function usesOf(layer: Layer): number {
  return layer.inboundNodes.length - ('layers' in layer ? 1 : 0);
}
