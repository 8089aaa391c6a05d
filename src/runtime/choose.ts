import { InvalidError } from '../core/errors';
import type { EngineStatus } from '../core/job';
import type { EngineRequest } from '../core/specification';
import { engines } from './eager-engines';
import type { Engine } from './engine';

export interface Choice {
  readonly engine: Engine;
  /** Why it is not a better one; null where there is nothing to say. */
  readonly reason: string | null;
}

export async function engineStatuses(): Promise<readonly EngineStatus[]> {
  return Promise.all(engines.map((engine) => engine.status()));
}

/**
 * The engines to try for a trial, best first. An engine that was asked for by name is the only one.
 * @throws InvalidError `engine_unavailable`
 */
export async function candidateEngines(request: EngineRequest): Promise<readonly Choice[]> {
  const candidates: Choice[] = [];
  const missing: string[] = [];
  for (const engine of engines) {
    if (request !== 'auto' && engine.name !== request) continue;
    const { available, reason } = await engine.status();
    if (available)
      candidates.push({ engine, reason: request === 'auto' ? missing.join('; ') || null : null });
    else missing.push(`${engine.name}: ${reason ?? 'not available'}`);
  }
  if (candidates.length === 0) throw new InvalidError('engine_unavailable', missing.join('; '));
  return candidates;
}
