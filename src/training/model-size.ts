import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InvalidError } from '../core/errors';
import type { TrainingConfig } from '../core/specification';
import { everyLayer } from './every-layer';
import { updateRule } from './updates';

const BYTES_A_NUMBER = 4;
/** Of a weight and of each of its optimiser's numbers: what a step begins with, what it computes, and what it gives. */
const COPIES_OF_STATE = 3;
/** Of a weight alone: its gradient, and the best epoch's. */
const COPIES_OF_WEIGHTS = 2;

/** A network that does not fit in the memory of a slot. */
export class ModelTooLargeError extends InvalidError {
  constructor(bytes: number, slot: number) {
    const [needed, given] = [bytes, slot].map((each) => `${String(Math.ceil(each / 2 ** 20))} MiB`);
    const what = 'parameters, optimiser state and activations';
    super(
      'model_too_large',
      `the network needs at least ${String(needed)} for ${what}; a slot has ${String(given)}`,
    );
  }
}

let slotMemory = Infinity;

/** For a thread: the bytes that a network may take in training. */
export function useSlotMemory(bytes: number): void {
  slotMemory = bytes;
}

/** Bytes that training takes for so many parameters. */
function bytesOfParameters(parameters: number, { optimizer }: TrainingConfig): number {
  const state = 1 + updateRule(optimizer).slots.length;
  return parameters * (state * COPIES_OF_STATE + COPIES_OF_WEIGHTS) * BYTES_A_NUMBER;
}

type AddWeight = (name: string, shape: readonly number[], ...others: unknown[]) => unknown;

/**
 * Builds a network whose weights are counted before they are made: what is too large takes no memory, and no time.
 * @throws ModelTooLargeError
 */
export async function withinMemory<T>(training: TrainingConfig, build: () => Promise<T>): Promise<T> {
  const prototype = tfl.layers.Layer.prototype as unknown as { addWeight: AddWeight };
  const { addWeight } = prototype;
  let parameters = 0;
  prototype.addWeight = function counted(this: unknown, name, shape, ...others) {
    parameters += tf.util.sizeFromShape([...shape]);
    const bytes = bytesOfParameters(parameters, training);
    if (bytes > slotMemory) throw new ModelTooLargeError(bytes, slotMemory);
    return addWeight.call(this, name, shape, ...others);
  };
  try {
    return await build();
  } finally {
    prototype.addWeight = addWeight;
  }
}

/** @param rows of a batch @throws ModelTooLargeError where what its layers give for a batch does not fit */
export function assertFitsMemory(network: tfl.LayersModel, training: TrainingConfig, rows: number): void {
  const activations = everyLayer(network).reduce((sum, { layer, inside }) => {
    // Cells and wrapped layers have no shape of their own; what holds them has one.
    const { outputShape } = inside.length === 0 ? layer : { outputShape: [] };
    const shapes = (Array.isArray(outputShape[0]) ? outputShape : [outputShape]) as (number | null)[][];
    return shapes.reduce((total, shape) => total + (shape.length === 0 ? 0 : sizeOfRow(shape)), sum);
  }, 0);
  const bytes =
    bytesOfParameters(network.countParams(), training) +
    // Kept until the gradient comes by; what the engine needs besides depends on the engine.
    activations * rows * BYTES_A_NUMBER;
  if (bytes > slotMemory) throw new ModelTooLargeError(bytes, slotMemory);
}

function sizeOfRow([, ...sizes]: readonly (number | null)[]): number {
  return sizes.reduce<number>((size, dimension) => size * (dimension ?? 1), 1);
}
