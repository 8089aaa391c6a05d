import { execFile } from 'node:child_process';
import { childEntry } from '../../core/entry';
import { tensorflowEnvironment } from '../../core/tensorflow';
import type { Installation } from './installation';

/** Loading reads some hundred megabytes; on a cold disk that takes its time. */
const PROBE_MS = 120_000;

export interface Probed {
  /** Of the TensorFlow library. */
  readonly version: string;
  /** It found the GPU of the device. */
  readonly gpu: boolean;
}

/**
 * A training step in a process of its own, because a binary that does not fit the machine may end the process. What
 * was found, or the reason why there is nothing.
 */
export function probe(installation: Installation, device: string): Promise<Probed | string> {
  const entry = childEntry(__dirname, 'probe-child');
  const env = tensorflowEnvironment(device, process.env);
  return new Promise((resolve) => {
    const options = { env, timeout: PROBE_MS };
    execFile(process.execPath, [entry, JSON.stringify(installation)], options, (error, stdout, stderr) => {
      if (error === null)
        resolve(probedIn(stdout) ?? `it cannot be used: it printed ${JSON.stringify(stdout.slice(0, 200))}`);
      else resolve(reasonIn(stderr) ?? `its process ended with ${String(error.signal ?? error.code)}`);
    });
  });
}

/** Null where a native library has written there too. */
export function probedIn(stdout: string): Probed | null {
  try {
    const { version, gpu } = JSON.parse(stdout) as Partial<Probed>;
    return typeof version === 'string' && typeof gpu === 'boolean' ? { version, gpu } : null;
  } catch {
    return null;
  }
}

function reasonIn(text: string): string | null {
  return (
    text
      .split('\n')
      .find((line) => /error|cannot/i.test(line))
      ?.trim() ?? null
  );
}
