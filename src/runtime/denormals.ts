import * as ort from 'onnxruntime-node';
import { operation, plainModel, valueOf } from '../compiler';

/**
 * Lets this process take denormal numbers, those below 1.2e-38, for zero. The moments of weights whose gradient has become
 * zero decay into them and stay there, and processors compute with them many times slower.
 *
 * ONNX Runtime sets this once in a process, in the thread that makes its first session, and threads made later inherit it
 * (on Linux; elsewhere they compute with denormals, and no session changes that). So it must be called before any session
 * and before any thread is made: then all of them compute alike, whatever they ran before.
 */
export async function flushDenormals(): Promise<void> {
  const x = valueOf('float32', [1]);
  const { output, ...rest } = operation('Identity', [x]);
  const graph = {
    inputs: [{ name: 'x', value: x }],
    constants: [],
    operations: [{ output, ...rest }],
    outputs: [{ name: 'y', value: output }],
  };
  const session = await ort.InferenceSession.create(plainModel(graph), {
    extra: { session: { set_denormal_as_zero: '1' } },
  });
  await session.release();
}

/** Whether the calling thread takes denormal numbers for zero. */
export function flushesDenormals(): boolean {
  const numbers = Float32Array.of(2 ** -126, 0.5);
  return Math.fround((numbers[0] ?? 0) * (numbers[1] ?? 0)) === 0;
}
