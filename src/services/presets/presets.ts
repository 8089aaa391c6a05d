import type { JsonObject, JsonValue } from '../../core/json';
import type { Task } from '../../core/metrics';
import { cnn } from './cnn';
import type { DataSize } from './data-size';

export interface Preset {
  readonly name: string;
  readonly description: string;
  readonly tasks: readonly Task[];
  /** What `model` may be instead of the preset's name. */
  readonly document: JsonObject;
}

/** Widths of hidden layers by the number of values in the table: little data, small networks. */
const WIDTHS: readonly { readonly below: number; readonly widths: readonly number[] }[] = [
  { below: 20_000, widths: [8, 16, 32, 64] },
  { below: 1_000_000, widths: [16, 32, 64, 128, 256] },
  { below: Infinity, widths: [32, 64, 128, 256, 512] },
];
/** What GET /v1/presets shows is what a table of this size gets. */
const SHOWN: DataSize = { rows: 1000, features: 10 };
const SHOWN_IMAGES: DataSize = { rows: 10_000, features: 1, image: { height: 28, width: 28, channels: 1 } };

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  dense:
    'Fully connected networks of one to three hidden layers: width, activation with the initialiser that suits it, batch normalisation, dropout, l2.',
  linear: 'No hidden layer: linear or logistic regression.',
  cnn: 'Convolutional networks for images of one to three blocks: filters, kernel, batch normalisation, pooling, spatial dropout; then a head with or without a hidden layer.',
};

const BUILDERS: Readonly<Record<string, (size: DataSize) => JsonObject>> = {
  dense,
  linear: ({ image }) => ({ layers: image ? [FLAT] : [] }),
  cnn,
};

export const presetNames = Object.keys(BUILDERS);

/** The document of a preset for data of this size. */
export function presetDocument(name: string, size: DataSize): JsonObject | null {
  return Object.hasOwn(BUILDERS, name) ? (BUILDERS[name]?.(size) ?? null) : null;
}

export function presets(): readonly Preset[] {
  return presetNames.map((name) => ({
    name,
    description: DESCRIPTIONS[name] ?? '',
    tasks: ['binary', 'multiclass', 'regression'],
    document: presetDocument(name, name === 'cnn' ? SHOWN_IMAGES : SHOWN) ?? {},
  }));
}

const FLAT: JsonObject = { flatten: {} };

interface Block {
  readonly label: string;
  readonly initializer: string;
  readonly activation: JsonObject;
}

/** He's initialiser for the ReLU family, Glorot's for tanh (He et al., ICCV 2015; Glorot and Bengio, AISTATS 2010). */
const BLOCKS: readonly Block[] = [
  { label: 'relu', initializer: 'heNormal', activation: { activation: { activation: 'relu' } } },
  { label: 'leakyReLU', initializer: 'heNormal', activation: { leakyReLU: { alpha: 0.1 } } },
  { label: 'elu', initializer: 'heNormal', activation: { activation: { activation: 'elu' } } },
  { label: 'tanh', initializer: 'glorotUniform', activation: { activation: { activation: 'tanh' } } },
];

function dense({ rows, features, image }: DataSize): JsonObject {
  const numbers = image ? image.height * image.width * image.channels : features;
  const widths = WIDTHS.find(({ below }) => rows * numbers < below)?.widths ?? [];
  const first = image ? [FLAT] : [];
  return {
    $choice: BLOCKS.map((block) => ({
      $choice: [false, true].map((normalized) => ({
        layers: [...first, ...stack(block, normalized, widths)],
      })),
      name: 'batchNormalization',
      labels: ['off', 'on'],
    })),
    name: 'activation',
    labels: BLOCKS.map(({ label }) => label),
  };
}

/** Width, dropout and l2 are one parameter for all hidden layers: the last layer has the holes, the others refer to them. */
function stack(block: Block, normalized: boolean, widths: readonly number[]): readonly JsonValue[] {
  const layersOf = (units: JsonValue, l2: JsonValue, dropout: JsonValue): readonly JsonValue[] => [
    { dense: { units, kernelInitializer: block.initializer, kernelRegularizer: { l2 } } },
    ...(normalized ? [{ batchNormalization: {} }] : []),
    block.activation,
    { dropout: { rate: dropout } },
  ];
  return [
    {
      $repeat: [0, 2],
      name: 'moreLayers',
      of: layersOf({ $ref: 'units' }, { $ref: 'l2' }, { $ref: 'dropout' }),
    },
    ...layersOf(
      { $choice: widths, name: 'units' },
      { $float: [1e-6, 1e-2], log: true, name: 'l2' },
      { $float: [0, 0.5], step: 0.1, name: 'dropout' },
    ),
  ];
}
