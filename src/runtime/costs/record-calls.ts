import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall } from './work';

type RunKernel = (name: string, inputs: object, attributes?: object) => tf.TensorInfo | tf.TensorInfo[];
type Named = Readonly<Record<string, unknown>>;

/** The kernels that `run` calls. TensorFlow.js's own profile leaves out their attributes. */
export function recordCalls(run: () => void): readonly KernelCall[] {
  const calls: KernelCall[] = [];
  // Every operation goes through this method of the one engine that there is; it is the prototype's again afterwards.
  const engine = tf.engine() as unknown as { runKernel: RunKernel };
  const own = engine.runKernel.bind(engine);
  engine.runKernel = (name, inputs, attributes = {}) => {
    const outputs = own(name, inputs, attributes);
    const { transposeA, transposeB } = attributes as Named;
    calls.push({
      name,
      inputs: Object.values(inputs as Named)
        .filter(isTensor)
        .map(({ shape }) => shape),
      outputs: [outputs].flat().map(({ shape }) => shape),
      transposed: transposeA === true || transposeB === true,
    });
    return outputs;
  };
  try {
    run();
  } finally {
    delete (engine as Partial<typeof engine>).runKernel;
  }
  return calls;
}

/** Optional inputs that are left out are null or undefined. */
function isTensor(input: unknown): input is tf.TensorInfo {
  return Array.isArray((input as Partial<tf.TensorInfo> | null | undefined)?.shape);
}
