/**
 * Pruners on stored learning curves: every trial of a study is a row of `digits-curves.csv`, and costs the epochs that are
 * replayed. `npm run bench -- pruning <folder>` reads the table and the peers' figures (`pruners.jsonl`) there.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ObservedTrial, Pruner } from '../src/core/search';
import { streamOf } from '../src/core/random';
import type { JsonObject, JsonPrimitive, JsonValue } from '../src/core/json';
import type { Params } from '../src/core/trial';
import { lastVerdictStep } from '../src/core/verdict-steps';
import { createPruner } from '../src/pruners';
import { createSampler, samplerNames } from '../src/samplers';
import { parseSpace, type Space } from '../src/space';

const SEEDS = 40;
const TRIALS = 100;
const EPOCHS = 40;
const SHARES = [0.1, 0.25, 0.5, 1];
/** As integers over their sorted levels, the way the peers searched; the others are categories. */
const ORDERED = ['layers', 'units', 'learningRate', 'dropout'];
const COLUMNS = ['layers', 'units', 'activation', 'learningRate', 'batchSize', 'dropout', 'optimizer'];

/** What is compared: its name here, what a study asks for, and whether trials pause at rungs. */
const STRATEGIES: readonly (readonly [string, string | JsonObject, boolean])[] = [
  ['none', 'none', false],
  ['median', 'median', false],
  ['percentile', 'percentile', false],
  ['asha, stopping', 'asha', false],
  ['asha, pausing', 'asha', true],
  ['hyperband, stopping', 'hyperband', false],
  ['hyperband, pausing', 'hyperband', true],
  ['patient (2) of asha', { patient: { patience: 2, of: 'asha' } }, false],
];

interface Table {
  readonly space: Space;
  readonly networks: number;
  /** Losses after each epoch of a point. */
  curve(params: Params): readonly number[];
}

interface Replay {
  readonly best: number;
  readonly epochs: number;
  readonly trials: number;
}

interface PeerLine {
  readonly pruner: string;
  readonly sampler: string;
  readonly epochs: readonly [number, number, number];
  readonly best: readonly [number, number, number];
}

function readTable(path: string): Table {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const names = header.split(',');
  const rows = lines.map((line) => line.split(','));
  const levels = new Map(
    COLUMNS.map((name) => {
      const values = [...new Set(rows.map((row) => row[names.indexOf(name)] ?? ''))];
      return [name, values.sort((a, b) => Number(a) - Number(b))] as const;
    }),
  );
  const document: Record<string, JsonValue> = {};
  for (const [name, values] of levels) {
    document[name] = ORDERED.includes(name) ? { $int: [0, values.length - 1] } : { $choice: values };
  }
  const first = names.indexOf('e1');
  const curves = new Map(
    rows.map((row) => {
      const key = COLUMNS.map((name) => row[names.indexOf(name)] ?? '').join('/');
      return [key, row.slice(first).map(Number)] as const;
    }),
  );
  const levelOf = (name: string, value: JsonPrimitive | undefined): string =>
    ORDERED.includes(name) ? (levels.get(name)?.[Number(value)] ?? '') : String(value);
  return {
    space: parseSpace(document),
    networks: rows.length,
    curve: (params) => curves.get(COLUMNS.map((name) => levelOf(name, params[name])).join('/')) ?? [],
  };
}

/** A trial of a replay; a paused one goes on where it stood. */
interface Replayed {
  readonly number: number;
  readonly params: Params;
  readonly losses: readonly number[];
  readonly steps: number[];
  readonly bests: number[][];
  state: 'running' | 'waiting' | 'completed' | 'pruned';
}

interface ReplayOptions {
  readonly sampler: string;
  readonly pruner: Pruner;
  /** Trials that are not among the best are paused and may be promoted later, as where there are several slots. */
  readonly promotes: boolean;
  readonly seed: number;
  readonly most: number;
  readonly budget: number;
}

/** One study: trials one after the other until `budget` epochs are spent or `most` trials are run. */
function replay(table: Table, { pruner, promotes, seed, most, budget, ...rest }: ReplayOptions): Replay {
  const sampler = createSampler(rest.sampler, table.space);
  const trials: Replayed[] = [];
  const propose = (): Replayed | null => {
    const number = trials.length;
    if (number >= most) return null;
    const params = sampler.propose({
      space: table.space,
      history: trials.map(({ state, bests, ...trial }): ObservedTrial => {
        return { ...trial, state: state === 'waiting' ? 'pruned' : state, values: bests.at(-1) ?? null };
      }),
      directions: ['minimize'],
      number,
      stream: streamOf(seed, 'sampler', number),
      seed,
      budget: most,
    });
    if (params === null) return null;
    const trial: Replayed = {
      number,
      params,
      losses: table.curve(params),
      steps: [],
      bests: [],
      state: 'running',
    };
    trials.push(trial);
    return trial;
  };
  const promoted = (): Replayed | null => {
    const paused = trials.filter(({ state }) => state === 'waiting');
    const [number] = paused.length === 0 ? [] : pruner.promotable(paused, trials, ['minimize']);
    return number === undefined ? null : (trials[number] ?? null);
  };
  let epochs = 0;
  for (let trial = propose(); trial !== null && epochs < budget; trial = promoted() ?? propose()) {
    trial.state = 'running';
    const verdicts = pruner.verdicts(trial.number);
    while (trial.state === 'running' && epochs < budget) {
      const epoch = trial.steps.length + 1;
      epochs += 1;
      trial.steps.push(epoch);
      trial.bests.push([Math.min(trial.bests.at(-1)?.[0] ?? Infinity, trial.losses[epoch - 1] ?? Infinity)]);
      const asks = verdicts !== null && lastVerdictStep(verdicts, epoch - 1, epoch) !== null;
      if (epoch === EPOCHS) {
        trial.state = 'completed';
      } else if (asks) {
        const peers = trials.filter((other) => other !== trial);
        if (pruner.shouldPrune(trial, peers, ['minimize'])) trial.state = promotes ? 'waiting' : 'pruned';
      }
    }
  }
  const best = trials.reduce((least, { bests }) => Math.min(least, bests.at(-1)?.[0] ?? Infinity), Infinity);
  return { best, epochs, trials: trials.length };
}

function quartiles(values: readonly number[]): readonly [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
    return low + (high - low) * (place - Math.floor(place));
  };
  return [at(0.25), at(0.5), at(0.75)];
}

const shown = (values: readonly number[], digits: number): string =>
  values.map((value) => value.toFixed(digits)).join(' ');

export function pruning(): Promise<void> {
  const folder = process.argv[3] ?? process.env['REFERENCE_DIR'];
  if (folder === undefined) {
    throw new Error('npm run bench -- pruning <folder with digits-curves.csv and pruners.jsonl>');
  }
  const table = readTable(join(folder, 'digits-curves.csv'));
  const peers = readFileSync(join(folder, 'pruners.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PeerLine);
  const samplers = ['random', 'tpe'].filter((name) => samplerNames.includes(name));
  const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);

  console.log(
    `digits-curves, ${String(TRIALS)} trials, ${String(SEEDS)} seeds: quartiles of the best loss and of the epochs spent`,
  );
  console.log('| pruner | sampler | best | epochs | peer: best | peer: epochs | holds |');
  console.log('|---|---|---|---|---|---|---|');
  for (const [name, requested, promotes] of STRATEGIES) {
    for (const sampler of samplers) {
      const runs = seeds.map((seed) =>
        replay(table, {
          sampler,
          pruner: createPruner(requested, { maxSteps: EPOCHS }),
          promotes,
          seed,
          most: TRIALS,
          budget: Infinity,
        }),
      );
      const best = quartiles(runs.map((run) => run.best));
      const epochs = quartiles(runs.map((run) => run.epochs));
      const peer = peers.find((line) => line.pruner === requested && line.sampler === sampler);
      const holds =
        peer === undefined ? '–' : best[1] <= peer.best[2] && epochs[1] <= peer.epochs[1] ? 'yes' : 'no';
      console.log(
        `| ${name} | ${sampler} | ${shown(best, 5)} | ${shown(epochs, 0)} | ` +
          `${peer === undefined ? '–' : shown(peer.best, 5)} | ${peer === undefined ? '–' : shown(peer.epochs, 0)} | ${holds} |`,
      );
    }
  }

  console.log(
    `\nat equal budgets of epochs, as many of the ${String(table.networks)} networks as fit: median of the best loss`,
  );
  const compared = STRATEGIES.filter(
    ([, requested]) => typeof requested === 'string' && ['none', 'asha', 'hyperband'].includes(requested),
  );
  console.log(`| epochs | ${compared.map(([name]) => `${name}, random`).join(' | ')} |`);
  console.log(`|---|${compared.map(() => '---|').join('')}`);
  for (const share of SHARES) {
    const budget = share * TRIALS * EPOCHS;
    const medians = compared.map(([, requested, promotes]) => {
      const bests = seeds.map((seed) => {
        const pruner = createPruner(requested, { maxSteps: EPOCHS });
        const most = table.networks;
        return replay(table, { sampler: 'random', pruner, promotes, seed, most, budget }).best;
      });
      return quartiles(bests)[1].toFixed(5);
    });
    console.log(`| ${String(budget)} | ${medians.join(' | ')} |`);
  }
  return Promise.resolve();
}
