import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import { InvalidError } from '../core/errors';
import { constraintOf } from './constraints';
import { everyLayer } from './every-layer';

/**
 * Refuses what TensorFlow.js builds and then fails on in words of its own: layers that leave nothing of their input, axes
 * that there are not, a bound below zero. @throws InvalidError `invalid_model` naming the layer
 */
export function assertLayers(network: LayersModel): void {
  for (const { layer, inside } of everyLayer(network)) {
    if (inside.length === 0) assertSizes(layer);
    assertArguments(layer);
    for (const weight of layer.weights) {
      const { axis = [] } = (constraintOf(weight) ?? {}) as { readonly axis?: number | readonly number[] };
      assertAxes(layer, 'constraint', [axis].flat(), 0, weight.shape.length - 1);
    }
  }
}

function assertSizes(layer: layers.Layer): void {
  const { outputShape } = layer;
  const shapes = (Array.isArray(outputShape[0]) ? outputShape : [outputShape]) as (number | null)[][];
  for (const shape of shapes) {
    if (shape.every((size) => size === null || size >= 1)) continue;
    throw fail(layer, `leaves nothing of its input: its output has the shape [${shape.slice(1).join(', ')}]`);
  }
}

/** Arguments that TensorFlow.js's types leave out. */
interface Given {
  readonly maxValue?: number | null;
  readonly sharedAxes?: number | readonly number[] | null;
}

function assertArguments(layer: layers.Layer): void {
  const { maxValue, sharedAxes } = layer as unknown as Given;
  const kind = layer.getClassName();
  if (kind === 'ReLU' && maxValue != null && maxValue < 0)
    throw fail(layer, `its maxValue, ${String(maxValue)}, is below 0`);
  if (kind === 'PReLU' && sharedAxes != null)
    assertAxes(layer, 'sharedAxes', [sharedAxes].flat(), 1, layer.outputShape.length - 1);
}

function assertAxes(
  layer: layers.Layer,
  what: string,
  axes: readonly number[],
  low: number,
  high: number,
): void {
  const wrong = axes.find((axis) => axis < low || axis > high);
  if (wrong === undefined) return;
  throw fail(layer, `its ${what} names axis ${String(wrong)}; there are ${String(low)} to ${String(high)}`);
}

function fail(layer: layers.Layer, message: string): InvalidError {
  return new InvalidError('invalid_model', `layer ${layer.name}: ${message}`);
}
