/**
 * Pruners on stored learning curves: every trial of a study is a row of `digits-curves.csv`, and costs the epochs that are
 * replayed. `npm run bench -- pruning <folder>` reads the table and the peers' figures (`pruners.jsonl`) there.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ObservedTrial, PeerCurve, Pruner } from '../src/core/search';
import { streamOf } from '../src/core/random';
import type { JsonPrimitive, JsonValue } from '../src/core/json';
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

interface Table {
  readonly space: Space;
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
    curve: (params) => curves.get(COLUMNS.map((name) => levelOf(name, params[name])).join('/')) ?? [],
  };
}

/** One study with one slot: trials one after the other until `budget` epochs are spent or `most` trials are run. */
function replay(
  table: Table,
  samplerName: string,
  pruner: Pruner,
  seed: number,
  most: number,
  budget: number,
): Replay {
  const sampler = createSampler(samplerName, table.space);
  const history: ObservedTrial[] = [];
  const peers: PeerCurve[] = [];
  let epochs = 0;
  let best = Infinity;
  for (let number = 0; number < most && epochs < budget; number++) {
    const stream = streamOf(seed, 'sampler', number);
    const params = sampler.propose({
      space: table.space,
      history,
      directions: ['minimize'],
      number,
      stream,
      seed,
      budget: most === Infinity ? TRIALS : most,
    });
    if (params === null) break;
    const losses = table.curve(params);
    const verdicts = pruner.verdicts(number);
    const steps: number[] = [];
    const bests: number[][] = [];
    let state: 'completed' | 'pruned' = 'completed';
    for (let epoch = 1; epoch <= EPOCHS && epochs < budget; epoch++) {
      epochs += 1;
      steps.push(epoch);
      bests.push([Math.min(bests.at(-1)?.[0] ?? Infinity, losses[epoch - 1] ?? Infinity)]);
      best = Math.min(best, bests.at(-1)?.[0] ?? Infinity);
      const asks =
        epoch < EPOCHS && verdicts !== null && lastVerdictStep(verdicts, epoch - 1, epoch) !== null;
      if (asks && pruner.shouldPrune({ number, state: 'running', steps, bests }, peers, ['minimize'])) {
        state = 'pruned';
        break;
      }
    }
    peers.push({ number, state, steps, bests });
    history.push({ number, state, params, values: bests.at(-1) ?? null });
  }
  return { best, epochs, trials: history.length };
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
  for (const pruner of ['none', 'median', 'percentile', 'asha', 'hyperband', 'auto-patient']) {
    for (const sampler of samplers) {
      const requested = pruner === 'auto-patient' ? { patient: { patience: 2, of: 'asha' } } : pruner;
      const runs = seeds.map((seed) =>
        replay(table, sampler, createPruner(requested, { maxSteps: EPOCHS }), seed, TRIALS, Infinity),
      );
      const best = quartiles(runs.map((run) => run.best));
      const epochs = quartiles(runs.map((run) => run.epochs));
      const peer = peers.find((line) => line.pruner === pruner && line.sampler === sampler);
      const holds =
        peer === undefined ? '–' : best[1] <= peer.best[2] && epochs[1] <= peer.epochs[2] ? 'yes' : 'no';
      console.log(
        `| ${typeof requested === 'string' ? requested : JSON.stringify(requested)} | ${sampler} | ${shown(best, 5)} | ${shown(epochs, 0)} | ` +
          `${peer === undefined ? '–' : shown(peer.best, 5)} | ${peer === undefined ? '–' : shown(peer.epochs, 0)} | ${holds} |`,
      );
    }
  }

  console.log(`\nat equal budgets of epochs, as many trials as fit: median of the best loss`);
  console.log('| epochs | none, random | asha, random | hyperband, random |');
  console.log('|---|---|---|---|');
  for (const share of SHARES) {
    const budget = share * TRIALS * EPOCHS;
    const medianOf = (pruner: string): string =>
      quartiles(
        seeds.map(
          (seed) =>
            replay(table, 'random', createPruner(pruner, { maxSteps: EPOCHS }), seed, Infinity, budget).best,
        ),
      )[1].toFixed(5);
    console.log(
      `| ${String(budget)} | ${medianOf('none')} | ${medianOf('asha')} | ${medianOf('hyperband')} |`,
    );
  }
  return Promise.resolve();
}
