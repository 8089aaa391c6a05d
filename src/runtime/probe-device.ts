import { execFile } from 'node:child_process';
import { childEntry } from '../core/entry';
import { deviceKind } from '../core/devices';

const PROBE_MS = 30_000;

/** Null when the device computes in a process of its own, else why not, in words for whoever set `DEVICES`. */
export function probeDevice(device: string): Promise<string | null> {
  if (deviceKind(device) === 'cpu') return Promise.resolve(null);
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [childEntry(__dirname, 'device-probe'), device],
      { timeout: PROBE_MS },
      (error, stdout, stderr) => {
        if (error === null) resolve(null);
        else resolve(whyNot(error, stdout, stderr));
      },
    );
  });
}

/** The reason that the probe printed; where it ended before, the last that was heard of it. */
function whyNot(
  { killed, signal, message }: { killed?: boolean; signal?: string | null; message: string },
  stdout: string,
  stderr: string,
): string {
  const last = (text: string): string => text.trim().split('\n').at(-1) ?? '';
  if (killed === true) return `it did not answer within ${String(PROBE_MS / 1000)} seconds`;
  const heard = last(stdout) || last(stderr) || message;
  return signal == null ? heard : `the process that tried it was ended by ${signal}: ${heard}`;
}
