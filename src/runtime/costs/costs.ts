import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { childEntry } from '../../core/entry';
import { tensorflowEnvironment } from '../../core/tensorflow';
import type { Installation } from '../tensorflow';
import type { EngineCosts } from './work';

/** Of one machine; both engines in the same minute, so that their ratio holds where the times do not. */
export interface MeasuredCosts {
  readonly tensorflow: EngineCosts;
  readonly wasm: EngineCosts;
}

interface Stored {
  readonly machine: string;
  readonly costs: MeasuredCosts;
}

const MEASURE_MS = 120_000;

/**
 * Reads what was measured before on this machine, or measures it once and keeps it: a choice between engines stays the
 * same however often the service is started. Null where it cannot be measured.
 */
export async function machineCosts(
  installation: Installation,
  version: string,
  file: string,
): Promise<MeasuredCosts | null> {
  const machine = [process.arch, cpus()[0]?.model ?? '', version].join(', ');
  const known = await readStored(file);
  if (known?.machine === machine) return known.costs;
  const costs = await measure(installation);
  if (costs !== null) await store(file, { machine, costs });
  return costs;
}

function measure(installation: Installation): Promise<MeasuredCosts | null> {
  const entry = childEntry(__dirname, 'measure-child');
  const env = tensorflowEnvironment('cpu', process.env);
  return new Promise((resolve) => {
    const options = { env, timeout: MEASURE_MS };
    execFile(process.execPath, [entry, JSON.stringify(installation)], options, (error, stdout) => {
      resolve(error === null ? costsIn(stdout) : null);
    });
  });
}

/** Null where a native library has written there too. */
export function costsIn(stdout: string): MeasuredCosts | null {
  try {
    const costs: unknown = JSON.parse(stdout);
    return areCosts(costs) ? costs : null;
  } catch {
    return null;
  }
}

function areCosts(value: unknown): value is MeasuredCosts {
  const { tensorflow, wasm } = (value ?? {}) as Partial<Record<keyof MeasuredCosts, unknown>>;
  return [tensorflow, wasm].every((engine) => {
    const { call, product, transposed, convolved, number } = (engine ?? {}) as Partial<
      Record<keyof EngineCosts, unknown>
    >;
    return [call, product, transposed, convolved, number].every(
      (each) => typeof each === 'number' && each >= 0,
    );
  });
}

export async function readStored(file: string): Promise<Stored | null> {
  try {
    const { machine, costs } = JSON.parse(await readFile(file, 'utf8')) as Partial<Stored>;
    return typeof machine === 'string' && areCosts(costs) ? { machine, costs } : null;
  } catch {
    return null;
  }
}

/** A file that cannot be written costs a second at the next start, nothing else. */
async function store(file: string, stored: Stored): Promise<void> {
  const temporary = `${file}.${String(process.pid)}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(stored, null, 2)}\n`);
    await rename(temporary, file);
  } catch {
    return;
  }
}
