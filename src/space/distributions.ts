import type { JsonObject, JsonValue } from '../core/json';
import type { Numeric } from './numeric';

/** What a `$word` of a numeric hole takes besides its list of numbers. */
const OPTIONS = ['name', 'log', 'step'];

/** Largest exponent whose power of e is finite. */
const MOST_EXPONENT = 709;

interface Reader {
  readonly arguments: readonly number[];
  readonly numbers: string;
  make(numbers: readonly number[]): Numeric | string;
}

const PLAIN = { mean: 0, deviation: 0 };

/** Hyperopt's distributions mean here what they mean there (hyperopt/pyll/stochastic.py): log bounds are natural logarithms. */
const HYPEROPT: Readonly<Record<string, Reader>> = {
  $uniform: { arguments: [2], numbers: 'low, high', make: ([low = 0, high = 0]) => bounded(low, high) },
  $quniform: {
    arguments: [3],
    numbers: 'low, high, q',
    make: ([low = 0, high = 0, q = 0]) => quantized(low, high, q, false),
  },
  $loguniform: {
    arguments: [2],
    numbers: 'low, high as natural logarithms',
    make: ([low = 0, high = 0]) =>
      high > MOST_EXPONENT ? 'exp(high) must be finite' : bounded(Math.exp(low), Math.exp(high), true),
  },
  $qloguniform: {
    arguments: [3],
    numbers: 'low, high as natural logarithms, q',
    make: ([low = 0, high = 0, q = 0]) =>
      high > MOST_EXPONENT ? 'exp(high) must be finite' : quantized(Math.exp(low), Math.exp(high), q, true),
  },
  $normal: {
    arguments: [2],
    numbers: 'mean, deviation',
    make: ([mean = 0, sd = 0]) => normal('normal', mean, sd, null),
  },
  $qnormal: {
    arguments: [3],
    numbers: 'mean, deviation, q',
    make: ([mean = 0, sd = 0, q = 0]) => normal('normal', mean, sd, q),
  },
  $lognormal: {
    arguments: [2],
    numbers: 'mean, deviation',
    make: ([mean = 0, sd = 0]) => normal('lognormal', mean, sd, null),
  },
  $qlognormal: {
    arguments: [3],
    numbers: 'mean, deviation, q',
    make: ([mean = 0, sd = 0, q = 0]) => normal('lognormal', mean, sd, q),
  },
  $randint: {
    arguments: [1, 2],
    numbers: 'upper, or low, upper (upper not included)',
    make: (numbers) => {
      const [low, upper] = numbers.length === 1 ? [0, numbers[0] ?? 0] : [numbers[0] ?? 0, numbers[1] ?? 0];
      return Number.isInteger(low) && Number.isInteger(upper)
        ? integers(low, upper - 1, 1, false)
        : 'must be integers';
    },
  },
  $uniformint: {
    arguments: [2, 3],
    numbers: 'low, high',
    make: ([low = 0, high = 0, q = 1]) =>
      Number.isInteger(low) && Number.isInteger(high) && q === 1
        ? integers(low, high, 1, false)
        : 'must be integers, and q 1',
  },
};

const WORDS = new Set(['$float', '$int', ...Object.keys(HYPEROPT)]);

export function isNumericWord(word: string): boolean {
  return WORDS.has(word);
}

/** The distribution that `word` of `hole` names, or the rules that it breaks. */
export function readNumeric(word: string, hole: JsonObject): { numeric: Numeric | null; problems: string[] } {
  const problems = Object.keys(hole)
    .filter((key) => key !== word && !OPTIONS.includes(key))
    .map((key) => `unknown field ${JSON.stringify(key)} beside ${word}; it takes ${OPTIONS.join(', ')}`);
  const given = hole[word];
  const quoted = `${word} ${JSON.stringify(given)}`;
  const fail = (rule: string): { numeric: null; problems: string[] } => ({
    numeric: null,
    problems: [...problems, `${quoted}: ${rule}`],
  });
  const numbers = finiteNumbers(given);
  const reader = HYPEROPT[word];
  const shape = reader?.numbers ?? 'low, high';
  if (numbers === null || !(reader?.arguments ?? [2]).includes(numbers.length)) {
    return fail(`must be a list of finite numbers: ${shape}`);
  }
  const log = hole['log'] ?? false;
  if (typeof log !== 'boolean') return fail(`log ${JSON.stringify(log)} must be true or false`);
  const step = hole['step'] ?? null;
  if (step !== null && (typeof step !== 'number' || !(step > 0) || !Number.isFinite(step))) {
    return fail(`step ${JSON.stringify(step)} must be a number above 0`);
  }
  if (reader !== undefined && log) return fail('log is for $float and $int; Hyperopt has $loguniform');
  const made = reader === undefined ? plain(word, numbers, log, step) : withStep(reader.make(numbers), step);
  return typeof made === 'string' ? fail(made) : { numeric: made, problems };
}

function plain(
  word: string,
  [low = 0, high = 0]: readonly number[],
  log: boolean,
  step: number | null,
): Numeric | string {
  if (low > high) return 'low must not exceed high';
  if (word === '$float') {
    if (log && low <= 0) return 'low must be above 0 on a log scale';
    return step === null ? bounded(low, high, log) : lattice(low, high, step, log);
  }
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) return 'low and high must be integers';
  if (step !== null && !Number.isInteger(step)) return `step ${String(step)} must be an integer`;
  if (log && low < 1) return 'low must be at least 1 on a log scale';
  return integers(low, high, step ?? 1, log);
}

function withStep(made: Numeric | string, step: number | null): Numeric | string {
  if (typeof made === 'string' || step === null) return made;
  if (made.step !== null) return 'a q-distribution has its step already';
  if (made.kind === 'normal' || made.kind === 'lognormal')
    return normal(made.kind, made.mean, made.deviation, step);
  return lattice(made.low, made.high, step, made.log);
}

function bounded(low: number, high: number, log = false): Numeric | string {
  if (low > high) return 'low must not exceed high';
  return { kind: 'float', low, high, log, step: null, origin: low, ...PLAIN, drawLow: low, drawHigh: high };
}

function lattice(low: number, high: number, step: number, log: boolean): Numeric {
  const top = Number((low + Math.floor((high - low) / step + 1e-6) * step).toPrecision(15));
  // Each value gets a step's width; on a log scale the lower half of the first must stay above 0.
  const drawLow = log ? Math.max(low - step / 2, low / 2) : low - step / 2;
  return {
    kind: 'float',
    low,
    high: Math.min(top, high),
    log,
    step,
    origin: low,
    ...PLAIN,
    drawLow,
    drawHigh: top + step / 2,
  };
}

function integers(low: number, high: number, step: number, log: boolean): Numeric | string {
  if (low > high) return 'there is no integer in this range';
  const top = low + Math.floor((high - low) / step) * step;
  return {
    kind: 'int',
    low,
    high: top,
    log,
    step,
    origin: low,
    ...PLAIN,
    drawLow: log ? Math.max(low - step / 2, low / 2) : low - step / 2,
    drawHigh: top + step / 2,
  };
}

/** round(value / q) · q, as Hyperopt rounds: the ends get half the weight. */
function quantized(low: number, high: number, q: number, log: boolean): Numeric | string {
  if (low > high) return 'low must not exceed high';
  if (!(q > 0)) return 'q must be above 0';
  const multiple = (value: number): number => Number((Math.round(value / q) * q).toPrecision(15)) + 0;
  return {
    kind: 'float',
    low: multiple(low),
    high: multiple(high),
    log,
    step: q,
    origin: 0,
    ...PLAIN,
    drawLow: low,
    drawHigh: high,
  };
}

function normal(
  kind: 'normal' | 'lognormal',
  mean: number,
  deviation: number,
  q: number | null,
): Numeric | string {
  if (!(deviation > 0)) return 'deviation must be above 0';
  if (q !== null && !(q > 0)) return 'q must be above 0';
  // Values beyond the largest double would be infinite: no JSON number.
  const most = Number.MAX_VALUE;
  const low = kind === 'normal' ? -most : 0;
  return {
    kind,
    low,
    high: most,
    log: false,
    step: q,
    origin: 0,
    mean,
    deviation,
    drawLow: low,
    drawHigh: most,
  };
}

function finiteNumbers(value: JsonValue | undefined): readonly number[] | null {
  if (!Array.isArray(value)) return null;
  const list = value as readonly JsonValue[];
  return list.every((item): item is number => typeof item === 'number' && Number.isFinite(item))
    ? list
    : null;
}
