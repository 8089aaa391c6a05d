/**
 * `npm run bench -- search [samplers] [seeds] [functions]`: the best value that each sampler finds at a fixed budget, as
 * quartiles of the regret over seeds, beside random search and beside the figures recorded for peers; then what a
 * proposal and importances cost. Lists are separated by commas; `all` stands for everything.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printCosts } from './cost';
import { FUNCTIONS, type TestFunction } from './functions';
import { quantile, runStudy } from './run';

const SAMPLERS = ['random', 'sobol', 'tpe', 'gp', 'cmaes', 'nsga2', 'auto'];
const SEEDS = 20;

interface PeerLine {
  readonly function: string;
  readonly sampler: string;
  readonly seeds: number;
  readonly minimum: number;
  readonly full: readonly number[];
}

function peersOf(name: string): readonly PeerLine[] {
  const lines = readFileSync(join(__dirname, 'peers.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as PeerLine).filter((line) => line.function === name);
}

function show(values: readonly number[]): string {
  return values.map((value) => value.toPrecision(3).padStart(10)).join('');
}

function printFunction(f: TestFunction, samplers: readonly string[], seeds: number): void {
  console.log(`\n${f.name} (${f.group}), ${String(f.budget)} trials, ${String(seeds)} seeds`);
  console.log(`${' '.repeat(26)}       q25    median       q75  half, median  ms a proposal`);
  for (const sampler of samplers) {
    const runs = Array.from({ length: seeds }, (_, seed) => runStudy(f, sampler, seed + 1));
    const full = runs.map((run) => run.full - f.minimum);
    const half = runs.map((run) => run.half - f.minimum);
    const cost = runs.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / (seeds * f.budget);
    const quartiles = [0.25, 0.5, 0.75].map((q) => quantile(full, q));
    console.log(
      `  ${sampler.padEnd(24)}${show(quartiles)}${show([quantile(half, 0.5)]).padStart(14)}${cost.toFixed(1).padStart(15)}`,
    );
  }
  for (const { sampler, full, minimum } of peersOf(f.name)) {
    console.log(`  ${`Optuna 5.0 ${sampler}`.padEnd(24)}${show(full.map((value) => value - minimum))}`);
  }
}

function listOf(argument: string | undefined, everything: readonly string[]): readonly string[] {
  return argument === undefined || argument === 'all' ? everything : argument.split(',');
}

export function searchPage([samplerList, seedCount, functionList]: readonly string[]): Promise<void> {
  const samplers = listOf(samplerList, SAMPLERS);
  const names = listOf(
    functionList,
    FUNCTIONS.map(({ name }) => name),
  );
  const seeds = seedCount === undefined ? SEEDS : Number(seedCount);
  for (const f of FUNCTIONS) if (names.includes(f.name)) printFunction(f, samplers, seeds);
  printCosts(samplers.filter((name) => name !== 'auto'));
  return Promise.resolve();
}
