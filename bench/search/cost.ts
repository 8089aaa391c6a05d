import { streamOf } from '../../src/core/random';
import type { ObservedTrial } from '../../src/core/search';
import { importances, type ImportanceMethod } from '../../src/insight';
import { createSampler } from '../../src/samplers';
import { parseSpace, sample } from '../../src/space';

const HOLES = 10;
const TRIALS = 1000;
const IMPORTANCE_TRIALS = 10_000;
const REPEATS = 5;

/** Milliseconds of processor time, so that what else the machine does counts less. */
function timeOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function line(what: string, times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const show = (value: number | undefined): string => (value ?? NaN).toFixed(1).padStart(9);
  return `${what.padEnd(44)}${show(times[0])}${show(sorted[sorted.length >> 1])}`;
}

/** What a proposal costs with a long history, and what importances cost: the first call, and the median. */
export function printCosts(samplers: readonly string[]): void {
  const names = Array.from({ length: HOLES }, (_, i) => `x${String(i)}`);
  const space = parseSpace(Object.fromEntries(names.map((name) => [name, { $float: [0, 1] }])));
  const stream = streamOf('cost');
  const draw = (number: number): ObservedTrial => {
    const params = sample(space, stream);
    const value = names.reduce((sum, name, i) => sum + (i + 1) * (Number(params[name]) - 0.3) ** 2, 0);
    return { number, state: 'completed', params, values: [value] };
  };
  const history = Array.from({ length: TRIALS }, (_, number) => draw(number));
  console.log(`\nms of processor time${' '.repeat(24)}    first   median`);
  for (const name of samplers) {
    const sampler = createSampler(name, space);
    const times = Array.from({ length: REPEATS }, (_, i) => {
      const number = TRIALS + i;
      return timeOf(() =>
        sampler.propose({
          space,
          history,
          directions: ['minimize'],
          number,
          stream: streamOf('cost', number),
          seed: 1,
          budget: 2 * TRIALS,
        }),
      );
    });
    console.log(line(`${name}: ${String(TRIALS)} trials, ${String(HOLES)} holes`, times));
  }
  const columns = names.map((name) => ({
    name,
    categories: 0,
    values: Float64Array.from({ length: IMPORTANCE_TRIALS }, () => stream.uniform()),
  }));
  const losses = Float64Array.from({ length: IMPORTANCE_TRIALS }, (_, row) =>
    columns.reduce((sum, { values }, i) => sum + (i + 1) * ((values[row] ?? 0) - 0.3) ** 2, 0),
  );
  for (const method of ['fanova', 'ped-anova'] as ImportanceMethod[]) {
    const times = Array.from({ length: 3 }, () => timeOf(() => importances({ columns, losses }, method)));
    console.log(line(`${method}: ${String(IMPORTANCE_TRIALS)} trials, ${String(HOLES)} holes`, times));
  }
}
