import { InternalError } from '../../core/errors';
import * as tf from '@tensorflow/tfjs-core';
import type { Value } from '../ir';
import { BACKEND, Recorder, type Recording } from './recorder';

export type Inputs = Readonly<Record<string, Value>>;
// TensorFlow.js gives each kernel attributes of its own shape, which no type of it covers.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type KernelAttributes = Readonly<Record<string, any>>;

/** How a TensorFlow.js kernel is written in the IR. Inputs have the kernel's names for them. */
export type Rule = (r: Recording, inputs: Inputs, attributes: KernelAttributes) => Value | readonly Value[];

/** Registers rules under their kernels' names. */
export function rules(table: Readonly<Record<string, Rule>>): void {
  for (const [kernelName, rule] of Object.entries(table)) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => {
        if (!(backend instanceof Recorder))
          throw new InternalError('trace', 'the kernel of a trace runs on another backend');
        const recorder = backend;
        const values = Object.entries(
          inputs as Readonly<Record<string, tf.TensorInfo | null | undefined>>,
        ).flatMap(([name, info]) => (info == null ? [] : [[name, recorder.valueAt(info)] as const]));
        const made = rule(recorder.recording, Object.fromEntries(values), attrs ?? {});
        const info = (value: Value): tf.TensorInfo => recorder.infoOf(value, kernelName);
        return Array.isArray(made) ? made.map(info) : info(made as Value);
      },
    });
  }
}

/** An input that the kernel always has. */
export function need(inputs: Inputs, name: string): Value {
  const value = inputs[name];
  if (value === undefined) throw new InternalError('trace', `the kernel has no input ${name}`);
  return value;
}

export function axesOf(axis: number | number[] | undefined, shape: readonly number[]): readonly number[] {
  return tf.util.parseAxisParam(axis ?? shape.map((_, i) => i), [...shape]);
}
