import type { JsonObject, JsonValue } from '../../core/json';
import type { DataSize } from './data-size';

const MOST_BLOCKS = 3;
/** Rows and channels drop by themselves, all places of a channel together. */
const WHOLE_CHANNELS = [null, 1, 1, null];
/** A block halves the sides; smaller ones than this tell nothing more. */
const LEAST_SIDE = 4;
/** Filters of the blocks, one list a block, by the pixels of an image: large images get few, so that two cores keep up. */
const FILTERS: readonly { readonly below: number; readonly filters: readonly (readonly number[])[] }[] = [
  {
    below: 33 * 33,
    filters: [
      [8, 16, 32],
      [16, 32, 64],
      [32, 64, 128],
    ],
  },
  {
    below: Infinity,
    filters: [
      [8, 16],
      [16, 32],
      [32, 64],
    ],
  },
];
/** Hidden units of the head by the number of images. */
const UNITS: readonly { readonly below: number; readonly units: readonly number[] }[] = [
  { below: 2000, units: [16, 32, 64] },
  { below: Infinity, units: [32, 64, 128] },
];

/**
 * Blocks of convolution, normalisation, ReLU, pooling and spatial dropout (Tompson et al., CVPR 2015), then a head. The
 * kernel, pooling, normalisation and dropout are one parameter each for all blocks, the filters one a block.
 */
export function cnn({ rows, image }: DataSize): JsonObject {
  const { height, width } = image ?? { height: LEAST_SIDE, width: LEAST_SIDE };
  const blocks = blocksOf(Math.min(height, width));
  const filters = FILTERS.find(({ below }) => height * width < below)?.filters ?? [];
  const units = UNITS.find(({ below }) => rows < below)?.units ?? [];
  const stacks = Array.from({ length: blocks }, (_, i) => ({
    layers: [...filters.slice(0, i + 1).flatMap(block), ...head(units)],
  }));
  const labels = stacks.map((_, i) => String(i + 1));
  // Small images have room for one block alone, and then nothing to choose.
  const [only, ...others] = stacks;
  return others.length === 0 && only !== undefined ? only : { $choice: stacks, name: 'blocks', labels };
}

function blocksOf(side: number): number {
  const room = Math.floor(Math.log2(Math.max(side, LEAST_SIDE) / LEAST_SIDE)) + 1;
  return Math.min(MOST_BLOCKS, room);
}

function block(filters: readonly number[], i: number): readonly JsonValue[] {
  return [
    {
      conv2d: {
        filters: { $choice: filters, name: `filters${String(i + 1)}` },
        kernelSize: { $choice: [3, 5], name: 'kernel' },
        padding: 'same',
        kernelInitializer: 'heNormal',
      },
    },
    { $repeat: [0, 1], name: 'batchNormalization', of: { batchNormalization: {} } },
    { activation: { activation: 'relu' } },
    {
      $choice: ['maxPooling2d', 'averagePooling2d'].map((name) => ({
        [name]: { poolSize: 2, padding: 'same' },
      })),
      name: 'pooling',
      labels: ['max', 'average'],
    },
    {
      dropout: { rate: { $float: [0, 0.3], step: 0.1, name: 'spatialDropout' }, noiseShape: WHOLE_CHANNELS },
    },
  ];
}

function head(units: readonly number[]): readonly JsonValue[] {
  return [
    {
      $choice: [{ flatten: {} }, { globalAveragePooling2d: {} }],
      name: 'head',
      labels: ['flatten', 'globalAverage'],
    },
    {
      $repeat: [0, 1],
      name: 'hiddenLayers',
      of: [
        { dense: { units: { $choice: units, name: 'units' }, kernelInitializer: 'heNormal' } },
        { activation: { activation: 'relu' } },
      ],
    },
    { dropout: { rate: { $float: [0, 0.5], step: 0.1, name: 'dropout' } } },
  ];
}
