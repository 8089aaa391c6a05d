import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  configurations,
  EPOCHS,
  runDigitsJob,
  TABLE,
  trialsAnHour,
  type JobResult,
  withService,
} from '../digits-job';
import { partsOfSplit, splitRows } from '../../src/datasets/split';
import type { SplitSettings } from '../../src/core/specification';
import { runPeer, type Peers } from './environment';

const TOOLS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  pytorch: ['PyTorch by hand, two processes', 'job_pytorch.py'],
  'pytorch-fused': ['PyTorch by hand, Adam with `fused=True`, two processes', 'job_pytorch.py', '--fused'],
  sklearn: ['scikit-learn MLPClassifier (no dropout), two processes', 'job_sklearn.py'],
  keras: ['Keras by hand, two processes', 'job_keras.py'],
  optuna: ['Optuna + Keras, two processes', 'job_optuna.py'],
  gridsearch: ['GridSearchCV + Keras, n_jobs=2', 'job_gridsearch.py'],
};
export const JOB_TOOLS = Object.keys(TOOLS);

const SLOTS = 2;
/** Ours is short: its figure is the median of this many. */
const ROUNDS = 5;

interface PeerResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly best: number;
}

/** The rows of our own study's split, so that every tool trains and validates on the same. */
async function requestOf(split: SplitSettings): Promise<object> {
  const [, ...lines] = (await readFile(TABLE, 'utf8')).trim().split('\n');
  const labels = lines.map((line) => Number(line.slice(line.lastIndexOf(',') + 1)));
  const { train, validation } = partsOfSplit(splitRows({ target: labels, isClasses: true }, split), 0);
  return {
    table: resolve(TABLE),
    epochs: EPOCHS,
    train: [...train],
    validation: [...validation],
    configurations: configurations(),
  };
}

/** Trials an hour on the digits job, from the first trial's start to the last one's end. */
export async function job(peers: Peers, picked: readonly string[]): Promise<void> {
  console.log(
    '\n| digits, 24 trials × 30 epochs, two cores | seconds | CPU seconds | trials an hour | ours is … times faster | best accuracy |',
  );
  console.log('|---|---|---|---|---|---|');
  const rounds: JobResult[] = [];
  // A service of its own each time: its workers have loaded their libraries, and have compiled nothing yet.
  for (let i = 0; i < ROUNDS; i++)
    rounds.push(await withService(SLOTS, (service) => runDigitsJob(service, SLOTS)));
  rounds.sort((a, b) => a.seconds - b.seconds);
  const ours = rounds[rounds.length >> 1];
  if (ours === undefined) throw new Error('no round was run');
  const best = Math.max(...ours.trials.map((trial) => trial.metrics.validation['accuracy'] ?? 0));
  print('Tuneloom over HTTP, two slots', ours.seconds, ours.cpuSeconds, 1, best);
  if ('reason' in peers) return;
  const request = await requestOf(ours.study.spec.split);
  for (const tool of picked) {
    const [what, ...args] = TOOLS[tool] ?? ['', ''];
    const [result] = (await runPeer(peers.python, args, request)) as PeerResult[];
    if (result === undefined) throw new Error(`${args.join(' ')} printed no result`);
    print(what, result.seconds, result.cpuSeconds, result.seconds / ours.seconds, result.best);
  }
}

function print(what: string, seconds: number, cpu: number, times: number, best: number): void {
  const cells = [seconds.toFixed(2), cpu.toFixed(1), trialsAnHour(seconds).toFixed(0), times.toFixed(1)];
  console.log(`| ${what} | ${cells.join(' | ')} | ${best.toFixed(3)} |`);
}
