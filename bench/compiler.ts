/**
 * What the compiler is for: milliseconds a training step (Adam, one thread), compiled against eager TensorFlow.js on
 * WASM, and on `cpu` where WASM cannot train the net; what compiling costs; and the floor, the step's
 * multiplications at the rate that a plain matrix product reaches on this machine in the same run.
 */
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { trace } from '../src/compiler';
import type { JsonObject } from '../src/core/json';
import { streamOf } from '../src/core/random';
import type { TrainingConfig } from '../src/core/specification';
import type { PreparedTable } from '../src/datasets';
import { CompiledProgram, type Feeds } from '../src/runtime';
import { CompiledTrainer } from '../src/training/compiled-trainer';
import { buildNetwork, type Network } from '../src/training/network';
import { Trainer, type TrialTrainer } from '../src/training/trainer';

export interface Net {
  readonly name: string;
  readonly layers: readonly JsonObject[];
  readonly width: number;
  readonly classes: number;
  readonly batch: number;
  /**
   * Multiply–add pairs of one row's forward pass, by layer. Training costs three times as many, but for the first layer,
   * whose input needs no gradient: twice.
   */
  readonly products: readonly number[];
  readonly eager: 'wasm' | 'cpu';
  readonly eagerSteps: number;
  readonly steps: number;
  /** How many times faster than the eager engine it has to be. */
  readonly asked: number;
}

const dense = (units: number): JsonObject => ({ dense: { units, activation: 'relu' } });

export const NETS: readonly Net[] = [
  {
    name: '20-64-64-1, batch 32',
    layers: [dense(64), dense(64)],
    width: 20,
    classes: 0,
    batch: 32,
    products: [20 * 64, 64 * 64, 64],
    eager: 'wasm',
    eagerSteps: 200,
    steps: 2000,
    asked: 15,
  },
  {
    name: '784-128-64-10, batch 128',
    layers: [dense(128), dense(64)],
    width: 784,
    classes: 10,
    batch: 128,
    products: [784 * 128, 128 * 64, 640],
    eager: 'wasm',
    eagerSteps: 40,
    steps: 400,
    asked: 20,
  },
  {
    name: 'conv 32-64 on 28×28×1, batch 128',
    layers: [
      { reshape: { targetShape: [28, 28, 1] } },
      { conv2d: { filters: 32, kernelSize: 3, activation: 'relu' } },
      { maxPooling2d: { poolSize: 2 } },
      { conv2d: { filters: 64, kernelSize: 3, padding: 'same', activation: 'relu' } },
      { flatten: {} },
      dense(64),
    ],
    width: 784,
    classes: 10,
    batch: 128,
    products: [26 * 26 * 32 * 9, 13 * 13 * 64 * 32 * 9, 13 * 13 * 64 * 64, 640],
    eager: 'cpu',
    eagerSteps: 1,
    steps: 10,
    asked: 500,
  },
];

const REPEATS = 9;
const SEED = 7;

export function tableOf({ width, classes }: Net, rows: number): PreparedTable {
  const stream = streamOf(SEED);
  const x = Float32Array.from({ length: rows * width }, () => stream.normal());
  const y = Float32Array.from({ length: rows }, (_, i) =>
    classes === 0 ? (x[i * width] ?? 0) : i % classes,
  );
  const labels = Array.from({ length: classes }, (_, i) => String(i));
  const target = classes === 0 ? { kind: 'value', mean: 0, deviation: 1 } : { kind: 'classes', labels };
  const part = { rows, x, y };
  return {
    width,
    fitted: { inputs: [{ name: 'input', columns: [] }], target } as unknown as PreparedTable['fitted'],
    parts: { train: part, validation: { rows: 1, x: x.slice(0, width), y: y.slice(0, 1) }, test: part },
  };
}

export function networkOf(net: Net): Promise<Network> {
  const units = Math.max(1, net.classes);
  const activation = net.classes === 0 ? ('linear' as const) : ('softmax' as const);
  const bias = Array.from({ length: units }, () => 0);
  return buildNetwork({ layers: net.layers }, net.width, { units, activation, bias }, SEED);
}

/** Milliseconds a step of one epoch, of so many steps. */
async function stepMs(trainer: TrialTrainer, steps: number, epoch: number): Promise<number> {
  const started = performance.now();
  await trainer.epoch(epoch, () => false);
  return (performance.now() - started) / steps;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Multiply–add pairs a second that a product of two 512×512 matrices reaches. */
async function matrixRate(): Promise<number> {
  const size = 512;
  const shape = [size, size];
  const type = { dtype: 'float32', shape } as const;
  const graph = await trace({ a: type, b: type, step: { dtype: 'float32', shape: [] } }, ({ a, b }) => ({
    a: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
  }));
  const program = await CompiledProgram.create(graph, { a: 'state', b: 'fixed', step: 'step' });
  const data = new Float32Array(size * size).fill(1e-3);
  const steps = (count: number): Feeds => ({
    a: { data, shape },
    b: { data, shape },
    step: { data: new Float32Array(count), shape: [count] },
  });
  await program.run(steps(20));
  const started = performance.now();
  await program.run(steps(100));
  return (100 * size ** 3) / ((performance.now() - started) / 1000);
}

export async function compiler(): Promise<void> {
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const rate = await matrixRate();
  console.log(`${cpus()[0]?.model ?? ''}, Node ${process.version}, one thread`);
  console.log(`matrix products of 512×512: ${((2 * rate) / 1e9).toFixed(0)} GFLOP/s\n`);
  console.log(
    '| training step | eager | compiled | times faster | asked | over the floor | compile, new (≤ 100 ms) | cached (≤ 2 ms) |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const net of NETS) console.log(await row(net, rate));
}

export function configOf(net: Pick<Net, 'batch' | 'classes'>): TrainingConfig {
  return {
    optimizer: { name: 'adam', arguments: {} },
    learningRate: 1e-3,
    schedule: { name: 'constant' },
    classWeights: 'none',
    labelSmoothing: 0,
    gradientClip: null,
    batchSize: net.batch,
    epochs: 10,
    earlyStopping: null,
    loss: net.classes === 0 ? 'mse' : 'crossentropy',
  };
}

/** Milliseconds of processor time a compiled training step of the net takes, on one thread. */
export async function compiledStepMs(net: Net): Promise<number> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const data = tableOf(net, net.batch * net.steps);
  const network = await networkOf(net);
  const model = { layers: net.layers };
  const trainer = await CompiledTrainer.create(network, model, data, configOf(net), SEED);
  await trainer.epoch(1, () => false);
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const before = process.cpuUsage();
    await trainer.epoch(i + 2, () => false);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000 / net.steps);
  }
  return median(times);
}

async function row(net: Net, rate: number): Promise<string> {
  const config = configOf(net);
  await tf.setBackend(net.eager);
  const eager = new Trainer(await networkOf(net), tableOf(net, net.batch * net.eagerSteps), config, SEED);
  await tf.setBackend('cpu');
  const data = tableOf(net, net.batch * net.steps);
  // The training's batches and the validation's are of other sizes for every turn: both programs are new.
  const compile = async (turn: number): Promise<[CompiledTrainer, number]> => {
    const network = await networkOf(net);
    const rows = turn + 1;
    const validation = { rows, x: new Float32Array(rows * net.width), y: new Float32Array(rows) };
    const parts = { ...data.parts, validation };
    const started = performance.now();
    const made = await CompiledTrainer.create(
      network,
      { layers: net.layers },
      { ...data, parts },
      { ...config, batchSize: net.batch - turn },
      SEED,
    );
    return [made, performance.now() - started];
  };
  const [compiled] = await compile(0);
  const [news, cached]: [number[], number[]] = [[], []];
  for (let turn = 1; turn <= REPEATS; turn++) news.push((await compile(turn))[1]);
  for (let turn = 1; turn <= REPEATS; turn++) cached.push((await compile(0))[1]);
  // They take turns, so that what the machine does meanwhile falls on both.
  const [eagerMs, compiledMs]: [number[], number[]] = [[], []];
  const eagerTurns = net.eagerSteps > 1 ? REPEATS : 1;
  if (eagerTurns > 1) await stepMs(eager, net.eagerSteps, 1);
  await stepMs(compiled, net.steps, 1);
  for (let turn = 1; turn <= REPEATS; turn++) {
    if (turn <= eagerTurns) {
      await tf.setBackend(net.eager);
      eagerMs.push(await stepMs(eager, net.eagerSteps, turn + 1));
      await tf.setBackend('cpu');
    }
    compiledMs.push(await stepMs(compiled, net.steps, turn + 1));
  }
  const pairs = net.products.reduce((sum, each, layer) => sum + each * (layer === 0 ? 2 : 3), 0);
  const floorMs = ((pairs * net.batch) / rate) * 1000;
  const cells = [
    `${median(eagerMs).toFixed(2)} ms (${net.eager})`,
    `${median(compiledMs).toFixed(3)} ms`,
    (median(eagerMs) / median(compiledMs)).toFixed(1),
    `≥ ${String(net.asked)}`,
    `${(median(compiledMs) / floorMs).toFixed(1)} ×`,
    `${median(news).toFixed(0)} ms`,
    `${median(cached).toFixed(1)} ms`,
  ];
  return `| ${net.name} | ${cells.join(' | ')} |`;
}
