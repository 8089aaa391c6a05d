/** What an argument of a layer takes. `size` is a whole number ≥ 1, `rate` a number in [0, 1). */
export type ArgumentRule =
  | 'size'
  | 'sizes' // one size, or a list of them
  | 'rate'
  | 'number'
  | 'amount' // a number ≥ 0
  | 'flag'
  | 'axis'
  | 'shape'
  | 'noiseShape' // for each axis, the batch's too: null, or the size, which is 1 where the axis shares its numbers
  | 'margins' // a whole number ≥ 0, [rows, columns], or [[top, bottom], [left, right]]
  | 'activation'
  | 'initializer'
  | 'regularizer'
  | 'constraint'
  | 'padding'
  | 'interpolation'
  | 'mergeMode'
  | 'layer'; // the layer inside a wrapper, written as in the list of layers

export interface LayerRule {
  readonly required: readonly string[];
  readonly arguments: Readonly<Record<string, ArgumentRule>>;
}

type Arguments = Readonly<Record<string, ArgumentRule>>;

/** What TensorFlow.js lets one give for a weight of this name. */
function weight(name: string): Arguments {
  return {
    [`${name}Initializer`]: 'initializer',
    [`${name}Regularizer`]: 'regularizer',
    [`${name}Constraint`]: 'constraint',
  };
}

const BIAS: Arguments = { activation: 'activation', useBias: 'flag', ...weight('bias') };
const KERNEL: Arguments = { ...BIAS, ...weight('kernel') };
const WINDOW: Arguments = { kernelSize: 'sizes', strides: 'sizes', padding: 'padding' };
const CONVOLUTION: Arguments = { filters: 'size', ...WINDOW, dilationRate: 'sizes', ...KERNEL };
const DEPTHWISE: Arguments = {
  ...WINDOW,
  depthMultiplier: 'size',
  ...BIAS,
  ...weight('depthwise'),
};
const POOLING: Arguments = { poolSize: 'sizes', strides: 'sizes', padding: 'padding' };
const NORMALIZATION: Arguments = {
  epsilon: 'amount',
  center: 'flag',
  scale: 'flag',
  axis: 'axis',
  gammaInitializer: 'initializer',
  betaInitializer: 'initializer',
};
const BATCH_NORMALIZATION: Arguments = {
  momentum: 'number',
  ...NORMALIZATION,
  ...weight('gamma'),
  ...weight('beta'),
  movingMeanInitializer: 'initializer',
  movingVarianceInitializer: 'initializer',
};
const RECURRENT: Arguments = {
  units: 'size',
  ...KERNEL,
  ...weight('recurrent'),
  dropout: 'rate',
  recurrentDropout: 'rate',
  returnSequences: 'flag',
  goBackwards: 'flag',
};
const GATED: Arguments = { ...RECURRENT, recurrentActivation: 'activation' };

/** The layers of `{"layers": […]}`: TensorFlow.js's own names and arguments. */
export const LAYERS: Readonly<Record<string, LayerRule>> = {
  dense: { required: ['units'], arguments: { units: 'size', ...KERNEL } },
  activation: { required: ['activation'], arguments: { activation: 'activation' } },
  reLU: { required: [], arguments: { maxValue: 'amount' } },
  leakyReLU: { required: [], arguments: { alpha: 'number' } },
  elu: { required: [], arguments: {} },
  prelu: { required: [], arguments: { ...weight('alpha'), sharedAxes: 'sizes' } },
  thresholdedReLU: { required: [], arguments: { theta: 'number' } },
  softmax: { required: [], arguments: {} },
  dropout: { required: ['rate'], arguments: { rate: 'rate', noiseShape: 'noiseShape' } },
  spatialDropout1d: { required: ['rate'], arguments: { rate: 'rate' } },
  alphaDropout: { required: ['rate'], arguments: { rate: 'rate', noiseShape: 'noiseShape' } },
  gaussianDropout: { required: ['rate'], arguments: { rate: 'rate' } },
  gaussianNoise: { required: ['stddev'], arguments: { stddev: 'amount' } },
  batchNormalization: { required: [], arguments: BATCH_NORMALIZATION },
  layerNormalization: {
    required: [],
    arguments: { ...NORMALIZATION, gammaRegularizer: 'regularizer', betaRegularizer: 'regularizer' },
  },
  embedding: {
    required: ['inputDim', 'outputDim'],
    arguments: { inputDim: 'size', outputDim: 'size', maskZero: 'flag', ...weight('embeddings') },
  },
  masking: { required: [], arguments: { maskValue: 'number' } },
  rescaling: { required: ['scale'], arguments: { scale: 'number', offset: 'number' } },
  flatten: { required: [], arguments: {} },
  reshape: { required: ['targetShape'], arguments: { targetShape: 'shape' } },
  permute: { required: ['dims'], arguments: { dims: 'shape' } },
  repeatVector: { required: ['n'], arguments: { n: 'size' } },
  conv1d: { required: ['filters', 'kernelSize'], arguments: CONVOLUTION },
  conv2d: { required: ['filters', 'kernelSize'], arguments: CONVOLUTION },
  conv2dTranspose: {
    required: ['filters', 'kernelSize'],
    arguments: { filters: 'size', ...WINDOW, ...KERNEL },
  },
  depthwiseConv2d: { required: ['kernelSize'], arguments: DEPTHWISE },
  separableConv2d: {
    required: ['filters', 'kernelSize'],
    arguments: { filters: 'size', dilationRate: 'sizes', ...DEPTHWISE, ...weight('pointwise') },
  },
  cropping2D: { required: ['cropping'], arguments: { cropping: 'margins' } },
  zeroPadding2d: { required: [], arguments: { padding: 'margins' } },
  upSampling2d: { required: [], arguments: { size: 'shape', interpolation: 'interpolation' } },
  maxPooling1d: { required: [], arguments: POOLING },
  maxPooling2d: { required: [], arguments: POOLING },
  averagePooling1d: { required: [], arguments: POOLING },
  averagePooling2d: { required: [], arguments: POOLING },
  globalMaxPooling1d: { required: [], arguments: {} },
  globalMaxPooling2d: { required: [], arguments: {} },
  globalAveragePooling1d: { required: [], arguments: {} },
  globalAveragePooling2d: { required: [], arguments: {} },
  simpleRNN: { required: ['units'], arguments: RECURRENT },
  gru: { required: ['units'], arguments: GATED },
  lstm: { required: ['units'], arguments: { ...GATED, unitForgetBias: 'flag' } },
  bidirectional: { required: ['layer'], arguments: { layer: 'layer', mergeMode: 'mergeMode' } },
  timeDistributed: { required: ['layer'], arguments: { layer: 'layer' } },
};

export const ACTIVATIONS = [
  'linear',
  'relu',
  'relu6',
  'elu',
  'selu',
  'sigmoid',
  'hardSigmoid',
  'tanh',
  'softplus',
  'softsign',
  'softmax',
  'swish',
  'mish',
  'gelu',
] as const;

/** Those that draw numbers take the trial's seed. */
export const INITIALIZERS = [
  'zeros',
  'ones',
  'glorotUniform',
  'glorotNormal',
  'heUniform',
  'heNormal',
  'leCunUniform',
  'leCunNormal',
  'randomUniform',
  'randomNormal',
  'truncatedNormal',
  'orthogonal',
] as const;

/** TensorFlow.js has the name `causal` too, and computes with it nowhere. */
export const PADDINGS = ['valid', 'same'] as const;
export const INTERPOLATIONS = ['nearest', 'bilinear'] as const;
/** How a bidirectional layer puts its two directions together. */
export const MERGE_MODES = ['concat', 'sum', 'mul', 'ave'] as const;

/** What weights can be held to after every update, and the numbers that each takes; `axis` is one axis or a list. */
export const CONSTRAINTS: Readonly<Record<string, readonly string[]>> = {
  maxNorm: ['maxValue', 'axis'],
  minMaxNorm: ['minValue', 'maxValue', 'rate', 'axis'],
  nonNeg: [],
  unitNorm: ['axis'],
};
