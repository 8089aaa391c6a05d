/**
 * What augmentation costs: processor time of a compiled training epoch with each augmentation, as a ratio to the same
 * epoch without. All of a net's trainers take turns, so that what the machine does meanwhile falls on all of them, and
 * the median of the turns' ratios counts; beside it stands the ratio of the fastest turns, which other work disturbs least.
 */
import { cpus, loadavg } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { JsonObject } from '../src/core/json';
import { streamOf } from '../src/core/random';
import type { Augmentation, TrainingConfig } from '../src/core/specification';
import type { PreparedTable } from '../src/datasets';
import { CompiledTrainer } from '../src/training/compiled-trainer';
import { buildNetwork } from '../src/training/network';
import { configOf, type Net } from './compiler';

const TURNS = 9;
const SEED = 7;
const CLASSES = 10;

interface Subject {
  readonly name: string;
  readonly layers: readonly JsonObject[];
  /** Of a row; images are stored as bytes. */
  readonly shape: readonly number[];
  readonly batch: number;
  readonly rows: number;
  readonly augmentations: readonly Augmentation[];
}

const dense = (units: number): JsonObject => ({ dense: { units, activation: 'relu' } });
/** A block of the preset `cnn`. */
const block = (filters: number): readonly JsonObject[] => [
  { conv2d: { filters, kernelSize: 3, padding: 'same', activation: 'relu' } },
  { maxPooling2d: { poolSize: 2, padding: 'same' } },
];
const IMAGES: readonly Augmentation[] = [
  { flip: 0.5 },
  { shift: 0.1 },
  { rotate: 10 },
  { zoom: 0.1 },
  { brightness: 0.2 },
  { contrast: 0.2 },
  { cutout: 0.3 },
  { mixup: 0.2 },
  { flip: 0.5, shift: 0.1, rotate: 10, zoom: 0.1, brightness: 0.2, contrast: 0.2, cutout: 0.3, mixup: 0.2 },
];
const TABLES: readonly Augmentation[] = [{ noise: 0.1 }, { mixup: 0.2 }, { noise: 0.1, mixup: 0.2 }];

const SUBJECTS: readonly Subject[] = [
  {
    name: 'table 20-64-64-10, batch 32',
    layers: [dense(64), dense(64)],
    shape: [20],
    batch: 32,
    rows: 16_384,
    augmentations: TABLES,
  },
  {
    name: 'table 200-128-10, batch 128',
    layers: [dense(128)],
    shape: [200],
    batch: 128,
    rows: 16_384,
    augmentations: TABLES,
  },
  {
    name: 'cnn of one block of 8, 28×28×1, batch 64',
    layers: [...block(8), { flatten: {} }],
    shape: [28, 28, 1],
    batch: 64,
    rows: 2048,
    augmentations: IMAGES,
  },
  {
    name: 'cnn of two blocks of 16 and 32, 28×28×1, batch 64',
    layers: [...block(16), ...block(32), { flatten: {} }, dense(64)],
    shape: [28, 28, 1],
    batch: 64,
    rows: 1024,
    augmentations: IMAGES,
  },
  {
    name: 'cnn of two blocks of 16 and 32, 32×32×3, batch 64',
    layers: [...block(16), ...block(32), { flatten: {} }, dense(64)],
    shape: [32, 32, 3],
    batch: 64,
    rows: 1024,
    augmentations: IMAGES,
  },
];

export async function augmentation(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const load = loadavg()[0]?.toFixed(1) ?? '';
  console.log(`${cpus()[0]?.model ?? ''}, Node ${process.version}, one thread, load ${load} before`);
  for (const subject of SUBJECTS) await table(subject);
}

async function table(subject: Subject): Promise<void> {
  const { name, rows, augmentations } = subject;
  const plain = await trainerOf(subject, null);
  const all = [plain];
  // One after the other, as in a worker: a trace has the thread to itself.
  for (const each of augmentations) all.push(await trainerOf(subject, each));
  for (const trainer of all) await trainer.epoch(1, () => false);
  const times = all.map((): number[] => []);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, trainer] of all.entries()) times[i]?.push(await processorMs(trainer, turn + 2));
  }
  const without = times[0] ?? [];
  console.log(
    `\n${name}: ${median(without).toFixed(0)} ms of processor time an epoch of ${String(rows)} rows`,
  );
  console.log(
    '\n| augmentation | times the epoch without | least – most | of the fastest turns |\n|---|---|---|---|',
  );
  augmentations.forEach((each, i) => {
    const ratios = (times[i + 1] ?? []).map((ms, turn) => ms / (without[turn] ?? NaN));
    const range = `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`;
    const fastest = Math.min(...(times[i + 1] ?? [])) / Math.min(...without);
    console.log(`| ${labelOf(each)} | ${median(ratios).toFixed(2)} | ${range} | ${fastest.toFixed(2)} |`);
  });
  for (const trainer of all) trainer.dispose();
}

function labelOf(strengths: Augmentation): string {
  const parts = Object.entries(strengths).map(([key, strength]) => `${key} ${String(strength)}`);
  return parts.length === IMAGES.length - 1 ? 'all eight' : parts.join(', ');
}

async function processorMs(trainer: CompiledTrainer, epoch: number): Promise<number> {
  const before = process.cpuUsage();
  await trainer.epoch(epoch, () => false);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

async function trainerOf(subject: Subject, augmentation: Augmentation | null): Promise<CompiledTrainer> {
  const { layers, shape, batch } = subject;
  const output = { units: CLASSES, activation: 'softmax', bias: new Array<number>(CLASSES).fill(0) } as const;
  const network = await buildNetwork({ layers }, shape, output, SEED);
  const net: Pick<Net, 'batch' | 'classes'> = { batch, classes: CLASSES };
  const config: TrainingConfig = { ...configOf(net), augmentation };
  return CompiledTrainer.create(network, { layers }, dataOf(subject), config, SEED);
}

function dataOf({ shape, rows }: Subject): PreparedTable {
  const stream = streamOf(SEED);
  const width = shape.reduce((product, side) => product * side, 1);
  const isImage = shape.length === 3;
  const channels = shape[2] ?? 1;
  const x: PreparedTable['parts']['train']['x'] = isImage
    ? {
        kind: 'pixels',
        bytes: Uint8Array.from({ length: rows * width }, () => stream.integer(0, 255)),
        scale: {
          factor: new Array<number>(channels).fill(1 / 64),
          offset: new Array<number>(channels).fill(-2),
        },
      }
    : Float32Array.from({ length: rows * width }, () => stream.normal());
  const y = Float32Array.from({ length: rows }, (_, i) => i % CLASSES);
  const labels = Array.from({ length: CLASSES }, (_, i) => String(i));
  const part = { rows, x, y };
  return {
    width,
    ...(isImage ? { shape } : {}),
    fitted: {
      inputs: [{ name: 'input', columns: [] }],
      target: { kind: 'classes', labels },
    } as unknown as PreparedTable['fitted'],
    parts: { train: part, validation: part, test: part },
  };
}
