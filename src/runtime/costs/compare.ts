import * as tf from '@tensorflow/tfjs-core';
import type { MeasuredCosts } from './costs';
import { estimate, workOf, type KernelCall } from './work';

export interface Comparison {
  readonly faster: 'tensorflow' | 'wasm';
  /** Why, in words for `engineReason`. */
  readonly why: string;
}

/** Which of the two takes a training step sooner, by what this machine was measured to take. */
export function compareEngines(calls: readonly KernelCall[], costs: MeasuredCosts): Comparison {
  const there = new Set(tf.getKernelsForBackend('wasm').map(({ kernelName }) => kernelName));
  const lacking = calls.find(({ name }) => !there.has(name));
  if (lacking !== undefined) return { faster: 'tensorflow', why: `wasm has no kernel ${lacking.name}` };
  const work = workOf(calls);
  const [tensorflow, wasm] = [estimate(work, costs.tensorflow), estimate(work, costs.wasm)];
  const why = `a step is estimated at ${inWords(tensorflow)} on tensorflow and ${inWords(wasm)} on wasm`;
  return { faster: tensorflow <= wasm ? 'tensorflow' : 'wasm', why };
}

function inWords(milliseconds: number): string {
  return `${milliseconds.toPrecision(2)} ms`;
}
