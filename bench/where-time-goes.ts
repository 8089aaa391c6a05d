/**
 * The digits job through the service, alone: trials an hour, and where the time of its slots goes, measured from
 * inside (`tuneloom_trial_seconds_total` of `/metrics`). `npm run bench -- job`.
 */
import { cpus } from 'node:os';
import { runDigitsJob, trialsAnHour, withService, type JobResult, type Service } from './digits-job';

const SLOTS = 2;
const ROUNDS = 5;

const PHASES: Readonly<Record<string, string>> = {
  prepare: 'preparation: waiting for the table',
  build: 'building the network',
  trace: 'compile: tracing, passes, writing ONNX',
  session: 'compile: sessions of ONNX Runtime',
  batches: 'batches: gathering rows, masks',
  steps: 'training steps',
  evaluate: 'evaluation after every epoch, and of the best',
  export: 'writing the artifact',
};

interface Round {
  readonly result: JobResult;
  /** Seconds by phase. */
  readonly spent: ReadonlyMap<string, number>;
  readonly commits: number;
}

/** Sums of the service's figures whose name and label fit. */
async function figures(address: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const found = new Map<string, number>();
  for (const [, phase = '', value] of text.matchAll(
    /^tuneloom_trial_seconds_total\{phase="(\w+)"\} (\S+)$/gm,
  ))
    found.set(phase, Number(value));
  found.set('commits', Number(/^tuneloom_commit_seconds_sum (\S+)$/m.exec(text)?.[1] ?? 0));
  return found;
}

async function oneRound(service: Service): Promise<Round> {
  const result = await runDigitsJob(service, SLOTS);
  const found = await figures(service.address);
  const spent = new Map(Object.keys(PHASES).map((phase) => [phase, found.get(phase) ?? 0]));
  return { result, spent, commits: found.get('commits') ?? 0 };
}

/** How long a slot waited for the last trial of the other, in seconds. */
function tailSeconds({ trials }: JobResult): number {
  const ends = trials.map(({ finishedAt }) => Date.parse(finishedAt)).sort((a, b) => b - a);
  return ((ends[0] ?? 0) - (ends[1] ?? 0)) / 1000;
}

export async function whereTimeGoes(): Promise<void> {
  const rounds: Round[] = [];
  // A service of its own each time: nothing is compiled before.
  for (let i = 0; i < ROUNDS; i++) rounds.push(await withService(SLOTS, oneRound));
  rounds.sort((a, b) => a.result.seconds - b.result.seconds);
  const middle = rounds[rounds.length >> 1];
  if (middle === undefined) throw new Error('no round was run');
  const { result, spent, commits } = middle;
  const all = result.seconds * SLOTS;
  const inside = [...spent.values()].reduce((sum, seconds) => sum + seconds, 0);
  const tail = tailSeconds(result);
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${String(SLOTS)} slots, Node ${process.version}`);
  console.log(
    `${result.seconds.toFixed(2)} s, ${trialsAnHour(result.seconds).toFixed(0)} trials an hour, ${result.cpuSeconds.toFixed(2)} s of processor time\n`,
  );
  console.log('| of the slots’ time | seconds | share |\n|---|---|---|');
  const row = (what: string, seconds: number): void => {
    console.log(`| ${what} | ${seconds.toFixed(2)} | ${((seconds / all) * 100).toFixed(1)} % |`);
  };
  for (const [phase, seconds] of spent) row(PHASES[phase] ?? phase, seconds);
  row('between trials: messages, storage, handing out', all - inside - tail);
  row('idle at the end, while the other slot ends its last trial', tail);
  console.log(`\nCommits of the database, beside the slots: ${commits.toFixed(2)} s`);
}
