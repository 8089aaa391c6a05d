import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../../core/errors';
import { valueOf, verify, type Graph, type Port, type TensorType } from '../ir';
import { BACKEND, Recorder, Recording } from './recorder';
import './convolutions';
import './elementwise';
import './matrices';
import './normalization';
import './reductions';
import './resizing';
import './shapes';

export type Tensors = Readonly<Record<string, tf.Tensor>>;

const recorder = new Recorder();
tf.registerBackend(BACKEND, () => recorder, 0);

/**
 * Runs a TensorFlow.js function once on tensors without numbers, and gives what it did as a graph. The function must
 * take everything that may change through its inputs: numbers of JavaScript become constants of the graph.
 * @param most operations that the graph may have
 * @throws Error `Kernel … not registered` where a kernel has no rule; InternalError where it looks at numbers, and
 *   `too_many_operations`
 */
export async function trace(
  inputs: Readonly<Record<string, TensorType>>,
  run: (tensors: Tensors) => Tensors,
  most = Infinity,
): Promise<Graph> {
  const previous = tf.getBackend();
  const recording = new Recording(most);
  recorder.recording = recording;
  if (!(await tf.setBackend(BACKEND)))
    throw new InternalError('no_trace', 'the recording backend does not start');
  try {
    const ports: Port[] = Object.entries(inputs).map(([name, { dtype, shape }]) => ({
      name,
      value: valueOf(dtype, shape),
    }));
    const outputs: Port[] = [];
    tf.tidy(() => {
      const given = ports.map(
        ({ name, value }) => [name, recorder.tensorOf(value, `input ${name}`)] as const,
      );
      const made = run(Object.fromEntries(given));
      for (const [name, tensor] of Object.entries(made))
        outputs.push({ name, value: recorder.valueAt(tensor) });
    });
    const { operations, constants } = recording;
    return verify({ inputs: ports, constants, operations, outputs }, 'the trace');
  } finally {
    recorder.recording = new Recording();
    await tf.setBackend(previous);
  }
}
