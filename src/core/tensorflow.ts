import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** Where `npm run setup:tensorflow` builds and workers look: `TENSORFLOW_DIR`, else a folder of the user's cache. */
export function tensorflowFolder(env: NodeJS.ProcessEnv): string {
  const given = env['TENSORFLOW_DIR']?.trim() ?? '';
  if (given !== '') return resolve(given);
  const cache = env['XDG_CACHE_HOME']?.trim() ?? '';
  return join(cache === '' ? join(homedir(), '.cache') : cache, 'tuneloom', 'tensorflow');
}

/**
 * The environment of a process for slots of `device`. TensorFlow reads it while it is loaded, so it has to be there
 * before the process starts: no log noise, one operator thread a slot (sums are always taken in the same order), GPU
 * memory that grows with what is used, of all GPUs the one of the device, and CUDA's libraries where they were built in.
 */
export function tensorflowEnvironment(device: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const gpu = cudaIndex(device);
  const settings = {
    ...env,
    TF_CPP_MIN_LOG_LEVEL: '3',
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    CUDA_VISIBLE_DEVICES: gpu ?? '-1',
  };
  if (gpu === null) return settings;
  const libraries = [...cudaLibraries(tensorflowFolder(env)), env['LD_LIBRARY_PATH'] ?? ''];
  return { ...settings, LD_LIBRARY_PATH: libraries.filter((path) => path !== '').join(delimiter) };
}

/** The index of a device `cuda:<index>`; null for any other device. */
export function cudaIndex(device: string): string | null {
  return /^cuda:(\d+)$/.exec(device)?.[1] ?? null;
}

/**
 * The builds that are whole in the folder of the set-up, newest first; one under way, or broken off, has a name that
 * begins with a dot.
 */
export function buildFolders(folder: string): readonly string[] {
  // Versions are in the names: 2.9 is older than 2.21.
  return below(folder).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}

function below(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => !name.startsWith('.')).map((name) => join(folder, name));
}

function cudaLibraries(folder: string): readonly string[] {
  return buildFolders(folder)
    .flatMap((build) => below(join(build, 'nvidia')))
    .map((part) => join(part, 'lib'))
    .filter((path) => existsSync(path));
}
