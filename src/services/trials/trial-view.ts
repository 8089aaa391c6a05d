import type { StoredTrial } from '../../core/storage';
import type { Trial } from '../../core/trial';

/** The trial as the API shows it: without what only recovery and scheduling need. */
export function toTrial(stored: StoredTrial): Trial {
  const { number, state, params, config, seed, values, metrics, epochs, bestEpoch, parameters } = stored;
  const { startedAt, finishedAt, durationMs, device, engine, engineReason, attempts, error } = stored;
  return {
    number,
    state,
    params,
    config,
    seed,
    values,
    metrics,
    epochs,
    bestEpoch,
    parameters,
    startedAt,
    finishedAt,
    durationMs,
    device,
    engine,
    engineReason,
    attempts,
    error,
  };
}
