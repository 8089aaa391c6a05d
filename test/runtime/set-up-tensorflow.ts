import { spawnSync } from 'node:child_process';
import { tensorflowFolder } from '../../src/core/tensorflow';
import { findInstallations } from '../../src/runtime/tensorflow';

const SET_UP_MS = 300_000;
/** How the set-up ends where tools are missing or the packages are out of reach. */
const CANNOT_HERE = 69;

/**
 * `describe`, after building TensorFlow by the command of the README where it is not there yet; where that cannot be
 * done (no Python, no index of packages), the suite is skipped, and a line says so. Whatever else goes wrong fails it.
 */
export function describeWithTensorFlow(): typeof describe {
  const reason = setUp();
  if (reason === null) return describe;
  process.stderr.write(
    `SKIPPED: the tests of the TensorFlow engine, because it cannot be built here: ${reason}\n`,
  );
  return describe.skip;
}

function setUp(): string | null {
  if (findInstallations(tensorflowFolder(process.env)).length > 0) return null;
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'setup:tensorflow'], {
    encoding: 'utf8',
    timeout: SET_UP_MS,
  });
  if (status === 0) return null;
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.at(-1) ?? 'the set-up ended without a word';
  if (status !== CANNOT_HERE) throw new Error(`setup:tensorflow failed: ${reason}`);
  return reason;
}
