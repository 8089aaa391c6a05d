/**
 * `npm run bench -- studies [seeds] [tables] [samplers]`: real studies over HTTP, two slots, 30 trials each: the best validation log
 * loss and the epochs that were trained, as quartiles over seeds, for samplers without pruning and for pruners.
 */
import { readFile } from 'node:fs/promises';
import type { Client } from '../scripts/demo/client';
import { withService } from './digits-job';
import { completed } from './ended';
import { quantile } from './search/run';

const SEEDS = 20;
const TRIALS = 30;
const SLOTS = 2;
const EPOCHS = 27;

/** Sampler and pruner. */
const STRATEGIES: readonly (readonly [string, string])[] = [
  ['random', 'none'],
  ['tpe', 'none'],
  ['gp', 'none'],
  ['sobol', 'none'],
  ['cmaes', 'none'],
  ['nsga2', 'none'],
  ['random', 'median'],
  ['random', 'asha'],
  ['tpe', 'asha'],
  ['random', 'hyperband'],
];

interface Table {
  readonly file: string;
  readonly target: string;
  readonly batches: readonly number[];
}

const TABLES: Readonly<Record<string, Table>> = {
  penguins: { file: 'data/penguins.csv', target: 'Species', batches: [16, 32, 64] },
  digits: { file: 'data/digits.csv', target: 'digit', batches: [32, 64, 128] },
};

interface Outcome {
  readonly best: number;
  readonly epochs: number;
}

export async function studies(words: readonly string[]): Promise<void> {
  const seeds = words[0] === undefined ? SEEDS : Number(words[0]);
  const names = words[1]?.split(',') ?? Object.keys(TABLES);
  const samplers = words[2]?.split(',') ?? STRATEGIES.map(([sampler]) => sampler);
  for (const name of names) {
    const table = TABLES[name];
    if (table === undefined)
      throw new Error(`there is no table ${name}; there are ${Object.keys(TABLES).join(', ')}`);
    console.log(
      `\n${name}, ${String(TRIALS)} trials of at most ${String(EPOCHS)} epochs, ${String(seeds)} seeds, two slots`,
    );
    console.log(
      '| sampler | pruner | best log loss: q25, median, q75 | epochs: q25, median, q75 |\n|---|---|---|---|',
    );
    await withService(SLOTS, async ({ client }) => {
      const form = new FormData();
      form.append('file', new Blob([await readFile(table.file)]), `${name}.csv`);
      const { id } = await client.upload<{ id: string }>('/v1/datasets', form);
      for (const [sampler, pruner] of STRATEGIES) {
        if (!samplers.includes(sampler)) continue;
        const outcomes: Outcome[] = [];
        for (let seed = 1; seed <= seeds; seed++) {
          outcomes.push(await study(client, specOf(table, sampler, pruner, seed, id)));
        }
        const show = (values: readonly number[], digits: number): string =>
          [0.25, 0.5, 0.75].map((q) => quantile(values, q).toPrecision(digits)).join(' ');
        const [best, epochs] = [outcomes.map((each) => each.best), outcomes.map((each) => each.epochs)];
        console.log(`| ${sampler} | ${pruner} | ${show(best, 3)} | ${show(epochs, 4)} |`);
      }
    });
  }
}

function specOf(
  { target, batches }: Table,
  sampler: string,
  pruner: string,
  seed: number,
  dataset: string,
): object {
  const layer = [
    {
      dense: {
        units: { $int: [8, 128], log: true, name: 'units' },
        activation: { $choice: ['relu', 'tanh'], name: 'activation' },
      },
    },
    { dropout: { rate: { $float: [0, 0.6], name: 'dropout' } } },
  ];
  return {
    dataset,
    target,
    checks: 'off',
    task: 'multiclass',
    model: { layers: { $choice: [layer, [...layer, ...layer]], labels: ['1', '2'], name: 'layers' } },
    training: {
      optimizer: { $choice: ['adam', 'rmsprop', { sgd: { momentum: 0.9 } }], name: 'optimizer' },
      learningRate: { $float: [1e-4, 0.3], log: true, name: 'learningRate' },
      batchSize: { $choice: batches, name: 'batchSize' },
      epochs: EPOCHS,
      earlyStopping: null,
    },
    search: { sampler, pruner, trials: TRIALS, parallelism: SLOTS, seed },
  };
}

async function study(client: Client, spec: object): Promise<Outcome> {
  const { id } = await client.post<{ id: string }>('/v1/studies', spec);
  const { best } = await completed<{ state: string; best: { values: number[] } | null }>(client, id);
  const { items } = await client.get<{ items: { epochs: number }[] }>(`/v1/studies/${id}/trials?limit=500`);
  return { best: best?.values[0] ?? NaN, epochs: items.reduce((sum, { epochs }) => sum + epochs, 0) };
}
