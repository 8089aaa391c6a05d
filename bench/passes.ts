/**
 * What each pass is worth, and the flat state of parameters and optimiser. `npm run bench -- passes`.
 *
 * Three figures of every net with each of them left out: the kernels that ONNX Runtime runs a step after its own
 * optimisation, which are the same on every machine; the processor time of a step as a ratio to that with all of them; and
 * that of compiling (passes, ONNX, session) in milliseconds.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as ort from 'onnxruntime-node';
import { optimise, PASSES, scanModel, type Graph, type PassName, type Roles } from '../src/compiler';
import { CompiledProgram, type Feeds } from '../src/runtime';
import { layoutOf, traceStep, type Traced } from '../src/training/compiled-step';
import { updateRule } from '../src/training/updates';
import { configOf, NETS, networkOf, type Net } from './compiler';

interface Variant {
  readonly name: string;
  readonly off: readonly PassName[];
  readonly flat: boolean;
}

const PASS_NAMES = Object.keys(PASSES) as PassName[];
const VARIANTS: readonly Variant[] = [
  { name: 'nothing', off: [], flat: true },
  ...PASS_NAMES.map((name) => ({ name, off: [name], flat: true })),
  { name: 'flat state', off: [], flat: false },
  { name: 'all of them', off: PASS_NAMES, flat: false },
];

/** Turns taken by the programs, so that what the machine does meanwhile falls on all of them. */
const PASS_TURNS = 15;
const COMPILE_TURNS = 5;

export async function passes(): Promise<void> {
  await tf.setBackend('cpu');
  const print = async (what: string, cellsOf: (net: Net) => Promise<readonly string[]>): Promise<void> => {
    console.log(`\n| ${what}, left out: | ${NETS.map(({ name }) => name).join(' | ')} |`);
    console.log(`|---|${NETS.map(() => '---|').join('')}`);
    const columns: (readonly string[])[] = [];
    for (const net of NETS) columns.push(await cellsOf(net));
    VARIANTS.forEach(({ name }, i) => {
      console.log(`| ${name} | ${columns.map((column) => column[i] ?? '').join(' | ')} |`);
    });
  };
  await print('kernels a step', (net) => onEach(net, kernelsOf));
  await print('compile, ms', (net) => onEach(net, compileMs));
  await print('a step, ×', stepRatios);
}

async function tracedOf(net: Net, flat: boolean): Promise<Traced> {
  const network = await networkOf(net);
  const rule = updateRule({ name: 'adam', arguments: {} });
  const traced = await traceStep(network, layoutOf(network.raw, flat), rule, configOf(net), net.batch);
  network.dispose();
  return traced;
}

async function onEach(
  net: Net,
  figure: (traced: Traced, off: readonly PassName[]) => Promise<number>,
): Promise<readonly string[]> {
  const cells: string[] = [];
  for (const { off, flat } of VARIANTS) cells.push((await figure(await tracedOf(net, flat), off)).toFixed(0));
  return cells;
}

async function kernelsOf({ graph, roles }: Traced, off: readonly PassName[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tuneloom-kernels-'));
  const session = await ort.InferenceSession.create(scanModel(optimise(graph, off), roles), {
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: join(folder, 'profile'),
  });
  const feeds = Object.entries(feedsOf(graph, roles, 1)).filter(([name]) =>
    session.inputNames.includes(name),
  );
  await session.run(
    Object.fromEntries(
      feeds.map(([name, { data, shape }]) => [name, new ort.Tensor('float32', data as Float32Array, shape)]),
    ),
  );
  session.endProfiling();
  const [file = ''] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as { cat?: string; name: string }[];
  await session.release();
  await rm(folder, { recursive: true });
  // All but the loop itself.
  return events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time')).length - 1;
}

async function compileMs({ graph, roles }: Traced, off: readonly PassName[]): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < COMPILE_TURNS; i++) {
    times.push(
      await cpuMs(async () => {
        await (await CompiledProgram.create(graph, roles, 'cpu', off)).release();
      }),
    );
  }
  return median(times);
}

async function stepRatios(net: Net): Promise<readonly string[]> {
  const steps = Math.max(2, Math.floor(net.steps / 10));
  const runs: { program: CompiledProgram; feeds: Feeds; times: number[] }[] = [];
  for (const { off, flat } of VARIANTS) {
    const { graph, roles } = await tracedOf(net, flat);
    const program = await CompiledProgram.create(graph, roles, 'cpu', off);
    runs.push({ program, feeds: feedsOf(graph, roles, steps), times: [] });
  }
  for (let turn = 0; turn < PASS_TURNS; turn++) {
    // Now in this order, now in the other: what goes before leaves its numbers in the caches.
    for (const { program, feeds, times } of turn % 2 === 0 ? runs : runs.toReversed())
      times.push(await cpuMs(() => program.run(feeds)));
  }
  for (const { program } of runs) await program.release();
  const all = runs[0]?.times ?? [];
  return runs.map(({ times }) => median(times.map((ms, i) => ms / (all[i] ?? NaN))).toFixed(2));
}

function feedsOf(graph: Graph, roles: Roles, steps: number): Feeds {
  return Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const shape = roles[name] === 'step' ? [steps, ...value.type.shape] : value.type.shape;
      return [name, { data: new Float32Array(tf.util.sizeFromShape([...shape])).fill(0.01), shape }];
    }),
  );
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
