import { InvalidError } from '../core/errors';
import type { EngineStatus } from '../core/job';
import type { EngineName, EngineRequest } from '../core/specification';
import { compareEngines, type Comparison, type KernelCall } from './costs';
import { engines } from './eager-engines';
import type { Engine } from './engine';
import { currentSurvey } from './survey';

export interface Choice {
  readonly engine: Engine;
  /** Why it is not a better one; null where there is nothing to say. */
  readonly reason: string | null;
}

export async function engineStatuses(): Promise<readonly EngineStatus[]> {
  return Promise.all(engines.map((engine) => engine.status()));
}

/**
 * The engines of this thread's device to try for a trial, best first; between TensorFlow and WASM
 * {@link compareWithWasm} decides when a network is there. An engine that was asked for by name is the only one.
 * @throws InvalidError `engine_unavailable`
 */
export async function candidateEngines(request: EngineRequest): Promise<readonly Choice[]> {
  const { device } = await currentSurvey();
  const candidates: Choice[] = [];
  const missing: string[] = [];
  for (const engine of engines) {
    if (request !== 'auto' && engine.name !== request) continue;
    const { available, reason, devices } = await engine.status();
    const drives = devices.includes(device);
    // On a graphics device's slot an eager engine computes beside it, rather than not at all.
    const beside =
      !drives && devices.includes('cpu') ? `${engine.name} computes on the CPU beside ${device}` : null;
    const why = [...(request === 'auto' ? missing : []), beside].filter((part) => part !== null).join('; ');
    if (available && (drives || beside !== null))
      candidates.push({ engine, reason: why === '' ? null : why });
    else missing.push(`${engine.name}: ${reason ?? `it does not drive ${device}`}`);
  }
  if (candidates.length === 0) throw new InvalidError('engine_unavailable', missing.join('; '));
  return candidates;
}

/**
 * The engines that can run a stored network forward, fastest first. Each of them may lack a kernel, but the last, which
 * has them all.
 */
export async function forwardEngines(): Promise<readonly Engine[]> {
  const order: readonly EngineName[] = ['tensorflow', 'wasm', 'cpu'];
  const choices = await candidateEngines('auto');
  return order.flatMap((name) => choices.flatMap(({ engine }) => (engine.name === name ? [engine] : [])));
}

/**
 * Whether WASM takes the step that has just been run on TensorFlow sooner; null where there is nothing to compare.
 * A function of the kernels and the machine's measured costs alone, so that a trial gets the same engine every time.
 */
export async function compareWithWasm(calls: readonly KernelCall[]): Promise<Comparison | null> {
  const { costs } = await currentSurvey();
  return costs === null ? null : compareEngines(calls, costs);
}
