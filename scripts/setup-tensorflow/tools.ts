import { spawnSync } from 'node:child_process';
import { InvalidError } from '../../src/core/errors';

export interface Tools {
  readonly python: string;
  readonly compiler: string;
}

/** What the build needs of the machine. @throws InvalidError `missing_tools`, naming all that is not there */
export function findTools(env: NodeJS.ProcessEnv): Tools {
  const python = ['python3', 'python'].find((name) =>
    runs(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']),
  );
  const compiler = [env['CXX'] ?? '', 'g++', 'clang++', 'c++'].find(
    (name) => name !== '' && runs(name, ['--version']),
  );
  const missing: string[] = [];
  if (python === undefined) missing.push('Python 3.8 or later (python3)');
  else if (!runs(python, ['-m', 'pip', '--version'])) missing.push('pip (python3 -m pip)');
  if (compiler === undefined) missing.push('a C++ compiler (g++ or clang++; CXX names another)');
  if (python === undefined || compiler === undefined || missing.length > 0) {
    const debian = 'on Debian and Ubuntu: apt-get install python3 python3-pip g++';
    throw new InvalidError('missing_tools', `missing: ${missing.join(', ')}; ${debian}`);
  }
  return { python, compiler };
}

function runs(command: string, parameters: readonly string[]): boolean {
  return spawnSync(command, parameters, { stdio: 'ignore' }).status === 0;
}

/** Of a step that failed: the error's code, and what to look at. */
export interface Cause {
  readonly code: string;
  readonly hint?: string;
}

/**
 * Runs to the end, its output shown; what it writes to its error stream at the end.
 * @param causeOf from what it wrote to its error stream
 * @throws InvalidError with the cause's code
 */
export function runStep(
  what: string,
  command: string,
  parameters: readonly string[],
  causeOf: (errors: string) => Cause = () => ({ code: 'step_failed' }),
): void {
  const { status, error, stderr } = spawnSync(command, parameters, {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
  });
  process.stderr.write(stderr);
  if (status === 0) return;
  const how = error?.message ?? `${command} ended with code ${String(status)}`;
  const { code, hint } = causeOf(stderr);
  throw new InvalidError(code, `${what} failed: ${how}${hint === undefined ? '' : `; ${hint}`}`);
}
