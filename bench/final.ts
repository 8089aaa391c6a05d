import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientOf } from '../scripts/demo/client';
import { startService } from '../scripts/demo/service';
import { completed } from './ended';

const TRIALS = 20;
const SEEDS = [1, 2, 3];

interface Job {
  readonly name: string;
  readonly file: string;
  readonly target: string;
  readonly metric: string;
}

const JOBS: readonly Job[] = [
  { name: 'penguins, species', file: 'penguins.csv', target: 'Species', metric: 'logLoss' },
  { name: 'penguins, body mass', file: 'penguins.csv', target: 'Body Mass (g)', metric: 'rmse' },
  { name: 'digits, classes', file: 'digits.csv', target: '', metric: 'logLoss' },
];

interface Step {
  readonly step: string;
  readonly kept: boolean;
  readonly comparison: {
    readonly metric: string;
    readonly better: number;
    readonly difference: { readonly value: number };
  } | null;
}

interface Final {
  readonly metrics: Record<string, Record<string, number>>;
  readonly story: { readonly members: readonly number[]; readonly steps: readonly Step[] };
}

/** What a mean of up to five trials, and boosting, are worth beside the best one, on validation and on test rows. */
export async function finalModels(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tuneloom-final-'));
  const service = await startService(dataDir, { LOG_LEVEL: 'fatal' });
  console.log(
    '| data | seed | option | metric | option − before, validation | better in draws | kept | test |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  try {
    for (const job of JOBS) {
      for (const seed of SEEDS) {
        const { story, metrics } = await finalOf(service.address, job, seed);
        for (const { step, comparison, kept } of story.steps) {
          const difference = comparison?.difference.value.toPrecision(3) ?? '–';
          const better = comparison === null ? '–' : `${(100 * comparison.better).toFixed(0)} %`;
          const test = metrics['test']?.[job.metric]?.toPrecision(4) ?? '–';
          console.log(
            `| ${job.name} | ${String(seed)} | ${step} | ${comparison?.metric ?? '–'} | ${difference} | ${better} | ${kept ? 'yes' : 'no'} | ${job.metric} ${test} |`,
          );
        }
      }
    }
  } finally {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function finalOf(address: string, job: Job, seed: number): Promise<Final> {
  const content = await readFile(join('data', job.file), 'utf8');
  const header = content.slice(0, content.indexOf('\n')).trim().split(',');
  const form = new FormData();
  form.append('file', new Blob([content]), job.file);
  form.append('target', job.target === '' ? (header.at(-1) ?? '') : job.target);
  const spec = {
    training: { epochs: 30, learningRate: { $float: [0.001, 0.03], log: true } },
    search: { trials: TRIALS, seed },
    final: { ensemble: 5, boosting: 5 },
    checks: 'off',
  };
  form.append('spec', JSON.stringify(spec));
  const client = clientOf(address);
  const { study } = await client.upload<{ study: { id: string } }>('/v1/tune', form);
  await completed(client, study.id);
  return (await client.get<{ final: Final }>(`/v1/studies/${study.id}/report`)).final;
}
