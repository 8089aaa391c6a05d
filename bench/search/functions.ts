/**
 * Functions to minimise. `reference`: those of the reference page, with figures of peers; `held out`: others of the same
 * kinds (`tpe`'s bandwidths were chosen while looking at them too).
 */
import type { JsonValue } from '../../src/core/json';
import type { Params } from '../../src/core/trial';

export interface TestFunction {
  readonly name: string;
  readonly group: 'reference' | 'held out';
  readonly document: JsonValue;
  readonly budget: number;
  readonly minimum: number;
  value(params: Params): number;
}

type Vector = readonly number[];

function box(dimensions: number, low: number, high: number): JsonValue {
  return Object.fromEntries(
    Array.from({ length: dimensions }, (_, i) => [`x${String(i + 1)}`, { $float: [low, high] }]),
  );
}

function onVector(dimensions: number, f: (x: Vector) => number): (params: Params) => number {
  return (params) => f(Array.from({ length: dimensions }, (_, i) => Number(params[`x${String(i + 1)}`])));
}

const sum = (x: Vector, f: (value: number, i: number) => number): number =>
  x.reduce((total, value, i) => total + f(value, i), 0);
const number = (params: Params, name: string): number => Number(params[name]);

function branin([x1 = 0, x2 = 0]: Vector): number {
  const bowl = x2 - (5.1 / (4 * Math.PI ** 2)) * x1 ** 2 + (5 / Math.PI) * x1 - 6;
  return bowl ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x1) + 10;
}

const HARTMANN_WEIGHTS = [1, 1.2, 3, 3.2];
const HARTMANN_A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const HARTMANN_P = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

function hartmann6(x: Vector): number {
  return -sum(HARTMANN_WEIGHTS, (weight, row) => {
    const distance = sum(x, (value, i) => {
      return (HARTMANN_A[row]?.[i] ?? 0) * (value - (HARTMANN_P[row]?.[i] ?? 0)) ** 2;
    });
    return weight * Math.exp(-distance);
  });
}

function ackley(x: Vector): number {
  const radius = Math.sqrt(sum(x, (value) => value ** 2) / x.length);
  const waves = sum(x, (value) => Math.cos(2 * Math.PI * value)) / x.length;
  return -20 * Math.exp(-0.2 * radius) - Math.exp(waves) + 20 + Math.E;
}

function rosenbrock(x: Vector): number {
  return sum(x.slice(1), (next, i) => {
    const value = x[i] ?? 0;
    return 100 * (next - value ** 2) ** 2 + (1 - value) ** 2;
  });
}

function rastrigin(x: Vector): number {
  return sum(x, (value) => value ** 2 - 10 * Math.cos(2 * Math.PI * value) + 10);
}

function ellipsoid(x: Vector): number {
  return sum(x, (value, i) => 10 ** ((4 * i) / (x.length - 1)) * (value - 0.3) ** 2);
}

const MIXED = {
  activation: { $choice: ['relu', 'tanh', 'elu', 'selu'] },
  optimizer: { $choice: ['sgd', 'adam', 'rmsprop'] },
  layers: { $int: [1, 5] },
  units: { $int: [8, 512], log: true },
  learningRate: { $float: [1e-5, 1], log: true },
  dropout: { $float: [0, 0.8] },
};
const RATE: Readonly<Record<string, number>> = { sgd: -1.2, adam: -2.8, rmsprop: -3.2 };
const OPTIMIZER: Readonly<Record<string, number>> = { sgd: 0.08, adam: 0, rmsprop: 0.03 };
const ACTIVATION: Readonly<Record<string, number>> = { relu: 0, tanh: 0.1, elu: 0.03, selu: 0.06 };

function mixed(params: Params): number {
  const optimizer = String(params['optimizer']);
  const capacity = Math.log2(number(params, 'units')) * Math.sqrt(number(params, 'layers'));
  return (
    0.25 * (Math.log10(number(params, 'learningRate')) - (RATE[optimizer] ?? 0)) ** 2 +
    (OPTIMIZER[optimizer] ?? 0) +
    (ACTIVATION[String(params['activation'])] ?? 0) +
    0.02 * (capacity - 11) ** 2 +
    0.8 * (number(params, 'dropout') - Math.max(0, 0.06 * (capacity - 7))) ** 2
  );
}

const CONDITIONAL = {
  optimizer: {
    $choice: [
      {
        sgd: {
          learningRate: { $float: [1e-4, 1], log: true },
          momentum: { $float: [0, 0.99] },
          nesterov: { $choice: [false, true] },
        },
      },
      { adam: { learningRate: { $float: [1e-5, 0.1], log: true }, beta2: { $float: [0.9, 0.9999] } } },
    ],
  },
  layers: {
    $repeat: [1, 4],
    of: { units: { $int: [8, 512], log: true }, dropout: { $float: [0, 0.7] } },
  },
};

function conditional(params: Params): number {
  const layers = number(params, 'layers');
  const at = (name: string): number => number(params, name);
  const optimizer =
    params['optimizer'] === 'sgd'
      ? 0.05 +
        0.2 * (Math.log10(at('optimizer.sgd.learningRate')) + 1.3) ** 2 +
        0.3 * (at('optimizer.sgd.momentum') - 0.9) ** 2 -
        (params['optimizer.sgd.nesterov'] === true ? 0.01 : 0)
      : 0.2 * (Math.log10(at('optimizer.adam.learningRate')) + 2.7) ** 2 +
        0.1 * (Math.log10(1 - at('optimizer.adam.beta2')) + 2.5) ** 2;
  const perLayer = sum(Array.from({ length: layers }), (_, i) => {
    const units = at(`layers[${String(i)}].units`);
    const dropout = at(`layers[${String(i)}].dropout`);
    return 0.05 * (Math.log2(units) - (8 - i)) ** 2 + 0.6 * (dropout - 0.1 * (i + 1)) ** 2;
  });
  return optimizer + 0.04 * (layers - 3) ** 2 + perLayer / layers;
}

function levy(x: Vector): number {
  const w = x.map((value) => 1 + (value - 1) / 4);
  const last = w.at(-1) ?? 1;
  return (
    Math.sin(Math.PI * (w[0] ?? 1)) ** 2 +
    sum(w.slice(0, -1), (v) => (v - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * v + 1) ** 2)) +
    (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2)
  );
}

function griewank(x: Vector): number {
  const product = x.reduce((total, value, i) => total * Math.cos(value / Math.sqrt(i + 1)), 1);
  return sum(x, (value) => value ** 2) / 4000 - product + 1;
}

function styblinskiTang(x: Vector): number {
  return sum(x, (value) => value ** 4 - 16 * value ** 2 + 5 * value) / 2;
}

function michalewicz(x: Vector): number {
  return -sum(x, (value, i) => Math.sin(value) * Math.sin(((i + 1) * value ** 2) / Math.PI) ** 20);
}

/** A rotated bowl with few directions that matter, off the middle, in many dimensions. */
function ridge20(x: Vector): number {
  const along = (k: number): number =>
    sum(x, (value, i) => (value - 0.3) * Math.cos((k + 1) * (i + 0.5) * 0.157));
  return sum([1, 1, 1, 1, 1], (_, k) => along(k) ** 2 / 10) + 0.02 * sum(x, (value) => (value - 0.3) ** 2);
}

/** The noise is a function of the point, so that a run can be repeated. */
function noiseOf(x: Vector): number {
  const hash = Math.sin(sum(x, (value, i) => value * (12.9898 + 65.123 * i))) * 43758.5453;
  return (hash - Math.floor(hash) - 0.5) * Math.sqrt(12);
}

const CATEGORIES = {
  ...Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [`c${String(i)}`, { $choice: ['a', 'b', 'c', 'd', 'e'] }]),
  ),
  x: { $float: [0, 1] },
  y: { $int: [1, 1000], log: true },
};

/** Six categories of five options, two pairs of which interact, one number whose best place depends on one of them. */
function categories(params: Params): number {
  const option = (i: number): number => 'abcde'.indexOf(String(params[`c${String(i)}`]));
  const pair = (i: number, j: number): number => ((option(i) * 2 + option(j) * 3 + i) % 5) / 4;
  return (
    pair(0, 1) * 0.4 +
    pair(2, 3) * 0.3 +
    ([0.15, 0.3, 0, 0.1, 0.25][option(4)] ?? 0) +
    (option(5) === 2 ? 0 : 0.1) +
    2 * (number(params, 'x') - 0.2 - 0.15 * option(4)) ** 2 +
    0.1 * (Math.log10(number(params, 'y')) - 1.7) ** 2
  );
}

const RANGE_5 = 5;

export const FUNCTIONS: readonly TestFunction[] = [
  {
    name: 'branin',
    group: 'reference',
    document: { x1: { $float: [-5, 10] }, x2: { $float: [0, 15] } },
    budget: 60,
    minimum: 0.397887,
    value: onVector(2, branin),
  },
  ...onBox('reference', [
    ['hartmann6', 6, 0, 1, 120, -3.32237, hartmann6],
    ['ackley5', 5, -15, 30, 120, 0, ackley],
    ['rosenbrock5', 5, -5, 10, 150, 0, rosenbrock],
    ['rastrigin5', 5, -5.12, 5.12, 150, 0, rastrigin],
    ['ellipsoid10', 10, -RANGE_5, RANGE_5, 200, 0, ellipsoid],
  ]),
  { name: 'mixed', group: 'reference', document: MIXED, budget: 100, minimum: 0, value: mixed },
  {
    name: 'conditional',
    group: 'reference',
    document: CONDITIONAL,
    budget: 150,
    minimum: 0,
    value: conditional,
  },
  ...onBox('held out', [
    ['levy6', 6, -10, 10, 120, 0, levy],
    ['griewank4', 4, -500, 600, 100, 0, griewank],
    ['styblinski-tang5', 5, -5, 5, 120, -195.830828, styblinskiTang],
    ['michalewicz5', 5, 0, Math.PI, 120, -4.687658, michalewicz],
    ['ridge20', 20, -RANGE_5, RANGE_5, 150, 0, ridge20],
    [
      'noisy-branin',
      2,
      0,
      1,
      60,
      0.397887,
      ([u = 0, v = 0]) => branin([15 * u - 5, 15 * v]) + 2 * noiseOf([u, v]),
    ],
    ['noisy-hartmann6', 6, 0, 1, 120, -3.32237, (x) => hartmann6(x) + 0.2 * noiseOf(x)],
  ]),
  { name: 'categories', group: 'held out', document: CATEGORIES, budget: 120, minimum: 0, value: categories },
];

type BoxRow = readonly [string, number, number, number, number, number, (x: Vector) => number];

function onBox(group: TestFunction['group'], rows: readonly BoxRow[]): readonly TestFunction[] {
  return rows.map(([name, dimensions, low, high, budget, minimum, f]) => ({
    name,
    group,
    document: box(dimensions, low, high),
    budget,
    minimum,
    value: onVector(dimensions, f),
  }));
}
