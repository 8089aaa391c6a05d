import * as tfl from '@tensorflow/tfjs-layers';
import type { JsonObject } from '../../src/core/json';
import type { Case } from './case';

type Tensor = tfl.SymbolicTensor;

const { layers } = tfl;
const dense = (units: number, activation: 'relu' | 'tanh' | 'linear' = 'tanh') =>
  layers.dense({ units, activation });

function through(layer: tfl.layers.Layer, input: Tensor | Tensor[]): Tensor {
  return layer.apply(input) as Tensor;
}

/** Two branches of a row of 12 columns, and how they meet. */
function joined(join: tfl.layers.Layer, units = 4): JsonObject {
  const input = tfl.input({ shape: [12] });
  const branches = [through(dense(units), input), through(dense(units, 'relu'), input)];
  return topologyOf(input, through(join, branches));
}

function topologyOf(input: Tensor, body: Tensor): JsonObject {
  const flat = body.shape.length > 2 ? through(layers.flatten(), body) : body;
  const output = through(layers.dense({ units: 3, activation: 'softmax' }), flat);
  return tfl.model({ inputs: input, outputs: output }).toJSON(null, false) as unknown as JsonObject;
}

function residual(): JsonObject {
  const input = tfl.input({ shape: [12] });
  const first = through(dense(6, 'relu'), input);
  const second = through(layers.dropout({ rate: 0.3 }), through(dense(6, 'relu'), first));
  return topologyOf(input, through(layers.layerNormalization(), through(layers.add(), [first, second])));
}

/** The same layer in two places: its gradient is the sum of both. */
function shared(): JsonObject {
  const input = tfl.input({ shape: [12] });
  const layer = layers.dense({ units: 12, activation: 'tanh', kernelRegularizer: 'l1l2' });
  return topologyOf(input, through(layer, through(layer, input)));
}

function nested(): JsonObject {
  const inner = tfl.sequential({
    layers: [
      layers.dense({ units: 5, inputShape: [12], kernelRegularizer: tfl.regularizers.l2({ l2: 0.1 }) }),
      layers.dropout({ rate: 0.4 }),
      layers.batchNormalization(),
    ],
  });
  const input = tfl.input({ shape: [12] });
  return topologyOf(input, through(inner, input));
}

function frozen(): JsonObject {
  const input = tfl.input({ shape: [12] });
  const layer = layers.dense({ units: 5, activation: 'relu', trainable: false });
  return topologyOf(input, through(layer, input));
}

function channelsFirst(): JsonObject {
  const input = tfl.input({ shape: [12] });
  const image = through(layers.reshape({ targetShape: [2, 3, 2] }), input);
  const settings = { kernelSize: 2, filters: 3, dataFormat: 'channelsFirst' as const };
  return topologyOf(input, through(layers.conv2d(settings), image));
}

/** Functional networks, each a row of the parity suites. Layers are made when a case is trained, not before. */
const TOPOLOGIES: readonly [what: string, topology: () => JsonObject][] = [
  ['concatenate', () => joined(layers.concatenate())],
  ['add', () => joined(layers.add())],
  ['multiply', () => joined(layers.multiply())],
  ['average', () => joined(layers.average())],
  ['maximum', () => joined(layers.maximum())],
  ['minimum', () => joined(layers.minimum())],
  ['dot', () => joined(layers.dot({ axes: -1 }))],
  ['dot of directions', () => joined(layers.dot({ axes: -1, normalize: true }))],
  ['a residual block with dropout', residual],
  ['a layer in two places', shared],
  ['a network inside', nested],
  ['a layer that is not trained', frozen],
  ['channels before rows', channelsFirst],
];

export function functionalCases(): readonly [what: string, given: () => Case][] {
  return TOPOLOGIES.map(([what, topology]) => [
    what,
    () => ({ model: { topology: topology() }, shape: [12] }),
  ]);
}
