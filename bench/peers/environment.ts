import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const FOLDER = __dirname;
const REQUIREMENTS = join(FOLDER, 'requirements.txt');
const PYTHONS = ['python3.12', 'python3.11', 'python3.13', 'python3'];
const INSTALL_MS = 30 * 60_000;

/** A Python with the peers installed, or why there is none. */
export type Peers = { readonly python: string } | { readonly reason: string };

/**
 * Makes the virtual environment at the first call, in the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`):
 * `tuneloom/peers-<hash of the requirements>`, some gigabytes. A later call finds it there.
 */
export async function peersEnvironment(say: (line: string) => void): Promise<Peers> {
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tuneloom');
  const folder = join(cache, `peers-${hash}`);
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'installed');
  if (existsSync(stamp)) return { python };
  const base = await findPython();
  if (base === null) return { reason: `no Python 3 with venv was found (tried ${PYTHONS.join(', ')})` };
  say(`installing the peers of bench/peers/requirements.txt to ${folder}; this takes some minutes`);
  mkdirSync(cache, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  try {
    await run(base, ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--no-input', '-r', REQUIREMENTS], {
      timeout: INSTALL_MS,
      maxBuffer: 1 << 24,
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { reason: `the peers could not be installed: ${lastLine(error)}` };
  }
  writeFileSync(`${stamp}.part`, '');
  renameSync(`${stamp}.part`, stamp);
  return { python };
}

/** Runs a script of this folder on a request, and gives the JSON lines that it printed. */
export function runPeer(python: string, args: readonly string[], request: object): Promise<unknown[]> {
  const [script = '', ...rest] = args;
  const child = spawn(python, ['-B', join(FOLDER, script), ...rest], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: peerVariables(),
  });
  return new Promise((resolve, reject) => {
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.on('data', (chunk) => out.push(String(chunk)));
    child.stderr.on('data', (chunk) => err.push(String(chunk)));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) {
        const last = err.join('').trim().split('\n').at(-1) ?? '';
        reject(new Error(`${args.join(' ')} ended with code ${String(code)}: ${last}`));
        return;
      }
      const lines = out.join('').split('\n');
      resolve(lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as unknown));
    });
    child.stdin.end(JSON.stringify(request));
  });
}

/** One thread a process, and the fastest kernels that the machine has, whatever its environment says. */
function peerVariables(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...inherited } = process.env;
  const one = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  return { ...inherited, ...one, TF_CPP_MIN_LOG_LEVEL: '3', PYTHONWARNINGS: 'ignore' };
}

async function findPython(): Promise<string | null> {
  for (const name of PYTHONS) {
    try {
      await run(name, ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))']);
      return name;
    } catch {
      // Not there, too old, or without what makes environments.
    }
  }
  return null;
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr ?? message).trim().split('\n').at(-1) ?? message;
}
