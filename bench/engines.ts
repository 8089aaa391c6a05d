/**
 * The engines side by side: milliseconds of processor time a training step (Adam, one thread) on the nets of the
 * compiler's page, which other work on the machine lengthens little, the median of some epochs; and what the choice
 * between TensorFlow and WASM estimates from the machine's measured costs.
 */
import { cpus, loadavg } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineName } from '../src/core/specification';
import { tensorflowEnvironment } from '../src/core/tensorflow';
import { candidateEngines, compareWithWasm, engineStatuses } from '../src/runtime';
import { CompiledTrainer } from '../src/training/compiled-trainer';
import { Trainer } from '../src/training/trainer';
import type { TrialTrainer } from '../src/training/trainer';
import { configOf, NETS, networkOf, tableOf, type Net } from './compiler';

const ALL: readonly EngineName[] = ['compiled', 'tensorflow', 'wasm', 'cpu'];
/** Enough that a slow engine is not measured for hours. */
const STEPS: Readonly<Record<EngineName, number>> = { compiled: 1, tensorflow: 0.1, wasm: 0.1, cpu: 0.02 };
const REPEATS = 5;

/** @param words engines to leave it at; all where there are none: `cpu` takes minutes for a step of the convolutions */
export async function engines(words: readonly string[]): Promise<void> {
  const chosen = ALL.filter((name) => words.length === 0 || words.includes(name));
  // TensorFlow reads it while it is loaded.
  Object.assign(process.env, tensorflowEnvironment('cpu', {}));
  const load = loadavg()[0]?.toFixed(1) ?? '';
  console.log(
    `${cpus()[0]?.model ?? ''}, ${String(cpus().length)} cores, Node ${process.version}, one thread, load ${load} before`,
  );
  for (const { name, version, reason } of await engineStatuses()) {
    console.log(`${name}: ${version ?? reason ?? ''}`);
  }
  console.log(`\n| ms of processor time a training step | ${chosen.join(' | ')} | TensorFlow or WASM |`);
  console.log(`|---|${chosen.map(() => '---|').join('')}---|`);
  for (const net of NETS) {
    const cells: string[] = [];
    for (const engine of chosen) cells.push(await cell(net, engine));
    console.log(`| ${net.name} | ${cells.join(' | ')} | ${await choice(net)} |`);
  }
}

async function cell(net: Net, engine: EngineName): Promise<string> {
  const steps = Math.max(1, Math.round(net.steps * STEPS[engine]));
  try {
    const trainer = await trainerOn(net, engine, steps);
    // One epoch warms up, where that does not take a minute.
    const slow = engine === 'cpu' && net.eager === 'cpu';
    if (!slow) await trainer.epoch(1, () => false);
    const each = await processorMs(trainer, steps, slow ? 1 : REPEATS);
    trainer.dispose();
    return each.toPrecision(3);
  } catch (error) {
    const kernel = /Kernel '([^']+)'/.exec(String(error))?.[1];
    return kernel === undefined ? `– (${String(error)})` : `– (no ${kernel})`;
  }
}

async function processorMs(trainer: TrialTrainer, steps: number, repeats: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const before = process.cpuUsage();
    await trainer.epoch(i + 1, () => false);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000 / steps);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

async function trainerOn(net: Net, engine: EngineName, steps: number): Promise<CompiledTrainer | Trainer> {
  const [choice] = await candidateEngines(engine);
  await choice?.engine.activate();
  const network = await networkOf(net);
  const data = tableOf(net, steps * net.batch);
  if (engine === 'compiled') {
    return CompiledTrainer.create(network, { layers: net.layers }, data, configOf(net), 7);
  }
  return new Trainer(network, data, configOf(net), 7);
}

async function choice(net: Net): Promise<string> {
  const statuses = await engineStatuses();
  if (!statuses.some(({ name, available }) => name === 'tensorflow' && available)) return '–';
  const trainer = await trainerOn(net, 'tensorflow', 1);
  if (!(trainer instanceof Trainer)) return '–';
  const comparison = await compareWithWasm(trainer.stepCalls());
  trainer.dispose();
  tf.disposeVariables();
  return comparison === null ? '–' : `${comparison.faster}: ${comparison.why}`;
}
