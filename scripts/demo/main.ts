/**
 * The product's main job on real data: starts the service, uploads the Palmer penguins, searches for a network
 * that tells the species, saves the best one and loads it with plain TensorFlow.js.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkWithTensorFlow } from './check-model';
import { clientOf, type Client } from './client';
import { leaderboard, type TrialRow } from './leaderboard';
import { startService } from './service';

const FOLDER = 'demo-model';
const TRIALS = 24;

interface Study {
  id: string;
  state: string;
  dataset: string;
  error: { message: string } | null;
  progress: { completed: number; pruned: number; failed: number; total: number };
}

interface Model {
  id: string;
  parameters: number;
  metrics: Record<'train' | 'validation' | 'test', Record<string, number | null>>;
  files: { name: string }[];
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tuneloom-demo-'));
  const service = await startService(dataDir);
  try {
    const client = clientOf(service.address);
    console.log(`Service at ${service.address} (docs at ${service.address}/docs)\n`);
    const study = await tune(client);
    await follow(client, study);
    await showResult(client, study);
  } finally {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function tune(client: Client): Promise<Study> {
  const spec = {
    name: 'penguins',
    training: {
      learningRate: { $float: [0.001, 0.03], log: true },
      batchSize: { $choice: [16, 32, 64] },
      epochs: 40,
    },
    search: { trials: TRIALS, seed: 7 },
  };
  const form = new FormData();
  form.append('file', new Blob([await readFile('data/penguins.csv')]), 'penguins.csv');
  form.append('target', 'Species');
  form.append('spec', JSON.stringify(spec));
  const { dataset, study } = await client.upload<{
    dataset: { rows: number; columns: unknown[] };
    study: Study;
  }>('/v1/tune', form);
  console.log(
    `Uploaded ${String(dataset.rows)} penguins, ${String(dataset.columns.length)} columns; target: Species`,
  );
  console.log(`Study ${study.id}: ${String(TRIALS)} trials\n`);
  return study;
}

async function follow(client: Client, study: Study): Promise<void> {
  const interactive = process.stdout.isTTY;
  let finished = 0;
  let epochs = 0;
  let best = Infinity;
  const show = (): void => {
    const bar = '█'.repeat(Math.round((finished / TRIALS) * 24)).padEnd(24, '░');
    const loss = best === Infinity ? '–' : best.toFixed(4);
    const line = `${bar} ${String(finished)}/${String(TRIALS)} trials, ${String(epochs)} epochs, best validation log loss ${loss}`;
    process.stdout.write(interactive ? `\r${line}` : `${line}\n`);
  };
  await client.follow(`/v1/studies/${study.id}/events`, (type, data) => {
    if (type === 'trial.epoch') {
      epochs += 1;
      const { logLoss } = data['validation'] as { logLoss: number | null };
      if (logLoss !== null && logLoss < best) best = logLoss;
    }
    if (type === 'trial.finished') {
      finished += 1;
      show();
    }
  });
  if (interactive) process.stdout.write('\n');
}

async function showResult(client: Client, { id }: Study): Promise<void> {
  const study = await client.get<Study>(`/v1/studies/${id}?wait=60`);
  if (study.state !== 'completed')
    throw new Error(`the study is ${study.state}: ${study.error?.message ?? ''}`);
  const { items } = await client.get<{ items: TrialRow[] }>(
    `/v1/studies/${id}/trials?state=completed&sort=value&limit=5`,
  );
  console.log(
    `\nThe best five of ${String(study.progress.completed)} completed trials (${String(study.progress.pruned)} were stopped early):\n`,
  );
  console.log(leaderboard(items));
  const { model } = await client.get<{ model: Model }>(`/v1/studies/${id}/best`);
  const percent = (value: number | null | undefined): string =>
    value == null ? '–' : `${(value * 100).toFixed(1)} %`;
  const { test, validation } = model.metrics;
  console.log(`\nFinal model: ${String(model.parameters)} parameters`);
  console.log(
    `  accuracy on the test part ${percent(test['accuracy'])}, measured once (validation ${percent(validation['accuracy'])})`,
  );
  await showFindings(client, id);
  await save(client, model);
  const { rows, largestDifference } = await checkWithTensorFlow(client, model.id, study.dataset, FOLDER);
  console.log(
    `Saved to ${FOLDER}/ and loaded with TensorFlow.js: ${String(rows)} predictions equal the service's, largest difference ${largestDifference.toExponential(1)}`,
  );
}

async function showFindings(client: Client, study: string): Promise<void> {
  const { findings } = await client.get<{ findings: { severity: string; code: string; message: string }[] }>(
    `/v1/studies/${study}/report`,
  );
  console.log(`\nFindings (all of them: GET /v1/studies/${study}/report, with Accept: text/html as a page):`);
  const serious = findings.filter(({ severity }) => severity !== 'info');
  for (const { severity, code, message } of serious) console.log(`  ${severity} · ${code}: ${message}`);
  if (serious.length === 0) console.log('  nothing to worry about');
  const others = new Set(findings.filter(({ severity }) => severity === 'info').map(({ code }) => code));
  console.log(`  looked at and in order: ${[...others].join(', ')}`);
  console.log('');
}

async function save(client: Client, model: Model): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const { name } of model.files) {
    await writeFile(join(FOLDER, name), await client.download(`/v1/models/${model.id}/${name}`));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
