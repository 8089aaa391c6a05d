import type { JsonObject } from '../../src/core/json';
import type { Case } from './case';

const table = [12];
const image = [6, 6, 2];
const line = [5, 3];
const flat: JsonObject = { flatten: {} };
const relu: JsonObject = { activation: { activation: 'relu' } };
const dense = (more: JsonObject = {}): JsonObject => ({ dense: { units: 5, ...more } });
const conv = (more: JsonObject = {}): JsonObject => ({ conv2d: { filters: 3, kernelSize: 3, ...more } });
const pool = (kind: string, more: JsonObject = {}): readonly JsonObject[] => [
  conv(),
  { [kind]: { poolSize: 2, ...more } },
  flat,
];
/** Windows that reach beyond an odd side; the convolution before them keeps its size. */
const padded = (kind: string, more: JsonObject = {}): readonly JsonObject[] => [
  conv({ padding: 'same' }),
  { [kind]: { poolSize: 2, strides: 2, padding: 'same', ...more } },
  conv({ padding: 'same', kernelSize: 2 }),
  flat,
];
const pool1d = (kind: string, more: JsonObject = {}): readonly JsonObject[] => [
  { conv1d: { filters: 3, kernelSize: 2 } },
  { [kind]: { poolSize: 2, ...more } },
  flat,
];

type Row = readonly [layers: readonly JsonObject[], shape: readonly number[], levels?: number];

/**
 * By the layer that a row is about, then what is special about it. A bias before a batch normalisation has no gradient
 * but rounding, which Adam makes large: there is none.
 */
export const ROWS: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  dense: {
    'as it is': [[dense(), relu], table],
    'without bias': [[dense({ useBias: false, activation: 'tanh' })], table],
    'l1 and l2': [
      [dense({ kernelRegularizer: { l1: 0.01, l2: 0.02 }, biasRegularizer: { l2: 0.1 } })],
      table,
    ],
    'along a line': [[dense(), flat], line],
    'too large for the flat vector': [[dense({ units: 400, activation: 'relu' }), dense()], table],
    maxNorm: [[dense({ kernelConstraint: { maxNorm: { maxValue: 0.7 } } })], table],
    'minMaxNorm at half rate': [
      [dense({ kernelConstraint: { minMaxNorm: { minValue: 0.5, maxValue: 0.8, rate: 0.5 } } })],
      table,
    ],
    'unitNorm and nonNeg': [[dense({ kernelConstraint: 'unitNorm', biasConstraint: 'nonNeg' })], table],
  },
  activation: { 'on an image': [[conv(), relu, conv(), flat], image] },
  reLU: {
    'as it is': [[dense(), { reLU: {} }], table],
    'with a ceiling': [[dense(), { reLU: { maxValue: 0.5 } }], table],
  },
  leakyReLU: { 'as it is': [[dense(), { leakyReLU: { alpha: 0.2 } }], table] },
  elu: { 'as it is': [[dense(), { elu: {} }], table] },
  prelu: {
    'as it is': [
      [dense(), { prelu: { alphaInitializer: 'randomNormal', alphaRegularizer: { l2: 0.1 } } }],
      table,
    ],
    'shared over an image': [[conv(), { prelu: { sharedAxes: [1, 2] } }, flat], image],
  },
  thresholdedReLU: { 'as it is': [[dense(), { thresholdedReLU: { theta: 0.3 } }], table] },
  softmax: { 'as it is': [[dense(), { softmax: {} }, dense()], table] },
  dropout: {
    'at rate 0': [[dense(), { dropout: { rate: 0 } }], table],
    'with a mask': [[dense(), { dropout: { rate: 0.4 } }], table],
    'of whole channels': [[conv(), { dropout: { rate: 0.4, noiseShape: [null, 1, 1, null] } }, flat], image],
    'with a mask that is cut out of its pool in the graph': [
      [dense({ units: 20_000 }), { dropout: { rate: 0.4 } }],
      table,
    ],
    'one mask for the batch': [[dense(), { dropout: { rate: 0.4, noiseShape: [1, null] } }], table],
  },
  spatialDropout1d: { 'with a mask': [[{ spatialDropout1d: { rate: 0.4 } }, flat], line] },
  alphaDropout: {
    'at rate 0': [[dense(), { alphaDropout: { rate: 0 } }], table],
    'with a mask': [[dense({ activation: 'selu' }), { alphaDropout: { rate: 0.3 } }], table],
  },
  gaussianDropout: { 'with a mask': [[dense(), { gaussianDropout: { rate: 0.3 } }], table] },
  gaussianNoise: {
    'at deviation 0': [[{ gaussianNoise: { stddev: 0 } }, dense()], table],
    'with its numbers': [[{ gaussianNoise: { stddev: 0.3 } }, dense()], table],
  },
  batchNormalization: {
    'as it is': [[dense({ useBias: false }), { batchNormalization: {} }, relu], table],
    'of channels': [[conv({ useBias: false }), { batchNormalization: {} }, relu, conv(), flat], image],
    'without scale': [
      [dense({ useBias: false }), { batchNormalization: { scale: false, momentum: 0.9 } }, relu],
      table,
    ],
    'without centre': [[{ batchNormalization: { center: false } }, dense()], table],
    regularised: [
      [{ batchNormalization: { gammaRegularizer: { l2: 0.1 }, betaConstraint: 'nonNeg' } }, dense()],
      table,
    ],
  },
  layerNormalization: {
    'as it is': [[dense(), { layerNormalization: {} }, relu], table],
    'without scale': [[dense(), { layerNormalization: { scale: false, epsilon: 0.01 } }, relu], table],
    'without centre': [[{ layerNormalization: { center: false } }, flat], line],
  },
  embedding: {
    'as it is': [[{ embedding: { inputDim: 7, outputDim: 4 } }, flat], [6], 7],
    'masked, before a recurrent layer': [
      [{ embedding: { inputDim: 7, outputDim: 4, maskZero: true } }, { lstm: { units: 3 } }],
      [6],
      7,
    ],
  },
  masking: {
    'before a recurrent layer': [[{ masking: { maskValue: 0 } }, { simpleRNN: { units: 3 } }], line, 2],
  },
  rescaling: { 'as it is': [[{ rescaling: { scale: 0.5, offset: -0.2 } }, dense()], table] },
  flatten: { 'as it is': [[flat], image] },
  reshape: { 'as it is': [[{ reshape: { targetShape: [4, 3] } }, dense(), flat], table] },
  permute: { 'as it is': [[{ permute: { dims: [2, 1] } }, dense(), flat], line] },
  repeatVector: { 'as it is': [[dense(), { repeatVector: { n: 3 } }, { simpleRNN: { units: 3 } }], table] },
  conv1d: {
    'as it is': [[{ conv1d: { filters: 3, kernelSize: 3, activation: 'relu' } }, flat], line],
    'padded, with strides': [
      [{ conv1d: { filters: 3, kernelSize: 2, padding: 'same', strides: 2 } }, flat],
      line,
    ],
    dilated: [[{ conv1d: { filters: 3, kernelSize: 2, dilationRate: 2 } }, flat], line],
  },
  conv2d: {
    'two of them': [
      [conv({ padding: 'same', activation: 'relu' }), conv({ activation: 'elu' }), flat],
      image,
    ],
    'padded, with strides': [[conv({ padding: 'same', strides: 2 }), flat], image],
    'with strides that do not divide': [[conv({ strides: 2 }), flat], image],
    'dilated and padded': [[conv({ kernelSize: 2, dilationRate: 2, padding: 'same' }), flat], image],
    'dilated along one axis': [[conv({ kernelSize: [2, 3], dilationRate: [2, 1] }), flat], image],
    constrained: [[conv({ kernelConstraint: { maxNorm: { maxValue: 0.3, axis: [0, 1, 2] } } }), flat], image],
  },
  conv2dTranspose: {
    'as it is': [[{ conv2dTranspose: { filters: 2, kernelSize: 2, activation: 'relu' } }, flat], image],
    'padded, with strides': [
      [{ conv2dTranspose: { filters: 2, kernelSize: 3, strides: 2, padding: 'same' } }, flat],
      image,
    ],
    'with strides': [[{ conv2dTranspose: { filters: 2, kernelSize: 3, strides: 2 } }, flat], image],
  },
  depthwiseConv2d: {
    'as it is': [
      [{ depthwiseConv2d: { kernelSize: 3, depthMultiplier: 2, activation: 'relu' } }, flat],
      image,
    ],
    'padded, with strides': [
      [{ depthwiseConv2d: { kernelSize: 3, strides: 2, padding: 'same' } }, flat],
      image,
    ],
    regularised: [
      [{ depthwiseConv2d: { kernelSize: 2, padding: 'same', depthwiseRegularizer: { l2: 0.1 } } }, flat],
      image,
    ],
  },
  separableConv2d: {
    'as it is': [
      [{ separableConv2d: { filters: 3, kernelSize: 3, pointwiseRegularizer: { l1: 0.01 } } }, flat],
      image,
    ],
    'of two depths': [[{ separableConv2d: { filters: 3, kernelSize: 2, depthMultiplier: 2 } }, flat], image],
    dilated: [[{ separableConv2d: { filters: 3, kernelSize: 2, dilationRate: 2 } }, flat], image],
  },
  cropping2D: {
    uneven: [
      [
        {
          cropping2D: {
            cropping: [
              [1, 0],
              [2, 1],
            ],
          },
        },
        flat,
      ],
      image,
    ],
  },
  zeroPadding2d: { 'before a convolution': [[{ zeroPadding2d: { padding: 1 } }, conv(), flat], image] },
  upSampling2d: {
    nearest: [[conv(), { upSampling2d: { size: [2, 3] } }, conv(), flat], image],
    bilinear: [[conv(), { upSampling2d: { size: [2, 3], interpolation: 'bilinear' } }, conv(), flat], image],
  },
  maxPooling1d: {
    'as it is': [pool1d('maxPooling1d'), line],
    'padded, on 4 places': [pool1d('maxPooling1d', { padding: 'same', poolSize: 3, strides: 3 }), line],
    overlapping: [pool1d('maxPooling1d', { strides: 1 }), line],
  },
  maxPooling2d: {
    'as it is': [pool('maxPooling2d'), image],
    overlapping: [pool('maxPooling2d', { poolSize: 3, strides: 1 }), image],
    'unevenly padded': [pool('maxPooling2d', { poolSize: 3, strides: 2, padding: 'same' }), image],
    'padded, on 7×7': [padded('maxPooling2d'), [7, 7, 2]],
    'padded, on 5×5': [padded('maxPooling2d'), [5, 5, 2]],
    'padded, wider than tall': [padded('maxPooling2d', { poolSize: [2, 3], strides: [2, 3] }), [5, 7, 2]],
    'leaving a border, on 7×7': [padded('maxPooling2d', { padding: 'valid' }), [7, 7, 2]],
    'padded, of equal numbers': [
      [
        conv({ kernelInitializer: 'zeros', padding: 'same' }),
        { maxPooling2d: { poolSize: 2, padding: 'same' } },
        flat,
      ],
      [7, 7, 2],
    ],
    'of equal numbers': [[conv({ kernelInitializer: 'zeros' }), { maxPooling2d: {} }, flat], image],
    'of equal numbers, overlapping': [
      [conv({ kernelInitializer: 'zeros' }), { maxPooling2d: { strides: 1, padding: 'same' } }, flat],
      image,
    ],
  },
  averagePooling1d: {
    padded: [pool1d('averagePooling1d', { poolSize: 3, strides: 1, padding: 'same' }), line],
    'as it is': [pool1d('averagePooling1d'), line],
  },
  averagePooling2d: {
    'as it is': [pool('averagePooling2d'), image],
    overlapping: [pool('averagePooling2d', { poolSize: 3, strides: 1 }), image],
    padded: [pool('averagePooling2d', { poolSize: 3, strides: 1, padding: 'same' }), image],
    'unevenly padded': [pool('averagePooling2d', { poolSize: 3, strides: 2, padding: 'same' }), image],
    'padded, on 7×7': [padded('averagePooling2d'), [7, 7, 2]],
  },
  globalMaxPooling1d: {
    'as it is': [[{ conv1d: { filters: 3, kernelSize: 2 } }, { globalMaxPooling1d: {} }], line],
  },
  globalMaxPooling2d: { 'as it is': [[conv(), { globalMaxPooling2d: {} }], image] },
  globalAveragePooling1d: {
    'as it is': [[{ conv1d: { filters: 3, kernelSize: 2 } }, { globalAveragePooling1d: {} }], line],
  },
  globalAveragePooling2d: { 'as it is': [[conv(), { globalAveragePooling2d: {} }], image] },
  simpleRNN: {
    'two of them, one backwards': [
      [{ simpleRNN: { units: 4, returnSequences: true } }, { simpleRNN: { units: 3, goBackwards: true } }],
      line,
    ],
    'with dropout': [[{ simpleRNN: { units: 4, dropout: 0.3, recurrentDropout: 0.2 } }], line],
  },
  gru: {
    'as it is': [[{ gru: { units: 4 } }], line],
    'with dropout of the state': [[{ gru: { units: 4, recurrentDropout: 0.3 } }], line],
  },
  lstm: {
    'as it is': [[{ lstm: { units: 4, unitForgetBias: true, recurrentActivation: 'sigmoid' } }], line],
    'with dropout': [[{ lstm: { units: 4, dropout: 0.3, recurrentDropout: 0.2 } }], line],
    'regularised and constrained': [
      [
        {
          lstm: {
            units: 4,
            kernelRegularizer: { l2: 0.1 },
            recurrentRegularizer: { l1: 0.05 },
            kernelConstraint: { maxNorm: { maxValue: 0.5 } },
          },
        },
      ],
      line,
    ],
  },
  bidirectional: {
    'with dropout': [[{ bidirectional: { layer: { lstm: { units: 3, dropout: 0.2 } } } }], line],
    averaged: [
      [{ bidirectional: { layer: { gru: { units: 2, kernelRegularizer: { l2: 0.1 } } }, mergeMode: 'ave' } }],
      line,
    ],
  },
  timeDistributed: {
    dense: [
      [{ timeDistributed: { layer: { dense: { units: 4, kernelRegularizer: { l2: 0.1 } } } } }, flat],
      line,
    ],
  },
};

/** Rows of inputs of so many axes: 1 of tables, 2 of lines (sequences), 3 of images. */
export function casesOf(axes: number): readonly [layer: string, what: string, given: Case][] {
  return Object.entries(ROWS).flatMap(([layer, rows]) =>
    Object.entries(rows)
      .filter(([, [, shape]]) => shape.length === axes)
      .map(([what, [layers, shape, levels = 0]]): [string, string, Case] => [
        layer,
        what,
        { model: { layers }, shape, levels },
      ]),
  );
}
