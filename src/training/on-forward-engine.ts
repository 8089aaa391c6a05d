import { InternalError } from '../core/errors';
import { forwardEngines, lackOf } from '../runtime';

/** Runs networks forward on the fastest engine that has all their kernels; `work` begins anew on the next where one is missing. */
export async function onForwardEngine<T>(work: () => Promise<T>): Promise<T> {
  const lacking: string[] = [];
  for (const engine of await forwardEngines()) {
    await engine.activate();
    try {
      return await work();
    } catch (error) {
      const lack = lackOf(error);
      if (lack === null) throw error;
      lacking.push(`${engine.name}: ${lack}`);
    }
  }
  throw new InternalError('no_engine', `no engine can run the network: ${lacking.join('; ')}`);
}
