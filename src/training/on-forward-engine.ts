import { InternalError } from '../core/errors';
import { forwardEngines, missingKernel } from '../runtime';

/** Runs networks forward on the fastest engine that has all their kernels; `work` begins anew on the next where one is missing. */
export async function onForwardEngine<T>(work: () => Promise<T>): Promise<T> {
  const lacking: string[] = [];
  for (const engine of await forwardEngines()) {
    await engine.activate();
    try {
      return await work();
    } catch (error) {
      const kernel = missingKernel(error);
      if (kernel === null) throw error;
      lacking.push(`${engine.name} has no kernel ${kernel}`);
    }
  }
  throw new InternalError('no_engine', `no engine can run the network: ${lacking.join('; ')}`);
}
