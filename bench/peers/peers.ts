/**
 * Ours beside Keras, PyTorch, JAX, scikit-learn and Optuna, in one run:
 * `npm run bench -- peers [steps|job] [tool …]`, all of it by default.
 */
import { cpus } from 'node:os';
import { peersEnvironment } from './environment';
import { job, JOB_TOOLS } from './job';
import { steps, STEP_TOOLS } from './steps';

const TABLES = ['steps', 'job'];

export async function peers(words: readonly string[]): Promise<void> {
  const tables = words.filter((word) => TABLES.includes(word));
  const tools = words.filter((word) => !TABLES.includes(word));
  const known = [...STEP_TOOLS, ...JOB_TOOLS];
  const unknown = tools.find((tool) => !known.includes(tool));
  if (unknown !== undefined) {
    throw new Error(`there is no peer ${unknown}; there are ${[...new Set(known)].join(', ')}`);
  }
  const pick = (all: readonly string[]): readonly string[] =>
    tools.length === 0 ? all : all.filter((tool) => tools.includes(tool));
  const found = await peersEnvironment((line) => {
    console.error(line);
  });
  if ('reason' in found) console.log(`SKIPPED: the peers are not measured, because ${found.reason}`);
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${String(cpus().length)} cores, Node ${process.version}`,
  );
  if (tables.length === 0 || tables.includes('steps')) await steps(found, pick(STEP_TOOLS));
  if (tables.length === 0 || tables.includes('job')) await job(found, pick(JOB_TOOLS));
}
