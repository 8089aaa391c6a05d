import type { EngineStatus } from '../core/job';

/**
 * One list for the whole service of what the workers of each device have found: an engine is there where one of them
 * has it, and drives what any of them drives.
 */
export function mergedStatuses(byDevice: readonly (readonly EngineStatus[])[]): readonly EngineStatus[] {
  const merged = new Map<string, EngineStatus>();
  for (const status of byDevice.flat()) {
    const known = merged.get(status.name);
    if (known === undefined) merged.set(status.name, status);
    else {
      const better = known.available ? known : status;
      const devices = [...new Set([...known.devices, ...status.devices])];
      merged.set(status.name, { ...better, devices });
    }
  }
  return [...merged.values()];
}

/** Why no engine can train on the device; null where one can. */
export function undriven(device: string, engines: readonly EngineStatus[]): string | null {
  if (engines.some(({ available, devices }) => available && devices.includes(device))) return null;
  const reasons = engines.map(({ name, reason }) => `${name}: ${reason ?? `does not drive ${device}`}`);
  return reasons.join('; ');
}
