import { execFile } from 'node:child_process';

const PROBE_MS = 30_000;

/** A step of arithmetic in a process of its own: a binary that does not fit the machine may end the process. */
const SCRIPT = `
const tf = require(process.argv[1]);
const sum = tf.tensor1d([1, 2]).sum().dataSync()[0];
process.exit(sum === 3 ? 0 : 1);
`;

let known: Promise<string | null> | null = null;

/** Null when the package loads and computes, else why not. Tried once per process. */
export function probeTensorFlow(name: string): Promise<string | null> {
  known ??= probe(name);
  return known;
}

function probe(name: string): Promise<string | null> {
  try {
    require.resolve(name);
  } catch {
    return Promise.resolve(
      `${name} is not installed; it is optional and needs its file host while installing`,
    );
  }
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['-e', SCRIPT, require.resolve(name)],
      { timeout: PROBE_MS, env },
      (error, _, stderr) => {
        if (error === null) resolve(null);
        else
          resolve(
            `${name} is installed and does not load: ${stderr.split('\n').find((line) => /Error/.test(line)) ?? error.message}`,
          );
      },
    );
  });
}
