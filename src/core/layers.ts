/** What an argument of a layer takes. `size` is a whole number ≥ 1, `rate` a number in [0, 1). */
export type ArgumentRule =
  | 'size'
  | 'sizes' // one size, or a list of them
  | 'rate'
  | 'number'
  | 'flag'
  | 'axis'
  | 'shape'
  | 'activation'
  | 'initializer'
  | 'regularizer'
  | 'padding';

export interface LayerRule {
  readonly required: readonly string[];
  readonly arguments: Readonly<Record<string, ArgumentRule>>;
}

const KERNEL: Readonly<Record<string, ArgumentRule>> = {
  activation: 'activation',
  useBias: 'flag',
  kernelInitializer: 'initializer',
  biasInitializer: 'initializer',
  kernelRegularizer: 'regularizer',
  biasRegularizer: 'regularizer',
};
const CONVOLUTION: Readonly<Record<string, ArgumentRule>> = {
  filters: 'size',
  kernelSize: 'sizes',
  strides: 'sizes',
  padding: 'padding',
  dilationRate: 'sizes',
  ...KERNEL,
};
const POOLING: Readonly<Record<string, ArgumentRule>> = {
  poolSize: 'sizes',
  strides: 'sizes',
  padding: 'padding',
};
const NORMALIZATION: Readonly<Record<string, ArgumentRule>> = {
  epsilon: 'number',
  center: 'flag',
  scale: 'flag',
  axis: 'axis',
  gammaInitializer: 'initializer',
  betaInitializer: 'initializer',
};

/** The layers of `{"layers": […]}`: TensorFlow.js's own names and arguments. */
export const LAYERS: Readonly<Record<string, LayerRule>> = {
  dense: { required: ['units'], arguments: { units: 'size', ...KERNEL } },
  activation: { required: ['activation'], arguments: { activation: 'activation' } },
  reLU: { required: [], arguments: { maxValue: 'number' } },
  leakyReLU: { required: [], arguments: { alpha: 'number' } },
  elu: { required: [], arguments: { alpha: 'number' } },
  prelu: { required: [], arguments: { alphaInitializer: 'initializer', alphaRegularizer: 'regularizer' } },
  thresholdedReLU: { required: [], arguments: { theta: 'number' } },
  dropout: { required: ['rate'], arguments: { rate: 'rate' } },
  batchNormalization: { required: [], arguments: { momentum: 'number', ...NORMALIZATION } },
  layerNormalization: { required: [], arguments: NORMALIZATION },
  flatten: { required: [], arguments: {} },
  reshape: { required: ['targetShape'], arguments: { targetShape: 'shape' } },
  conv1d: { required: ['filters', 'kernelSize'], arguments: CONVOLUTION },
  conv2d: { required: ['filters', 'kernelSize'], arguments: CONVOLUTION },
  maxPooling1d: { required: [], arguments: POOLING },
  maxPooling2d: { required: [], arguments: POOLING },
  averagePooling1d: { required: [], arguments: POOLING },
  averagePooling2d: { required: [], arguments: POOLING },
  globalMaxPooling1d: { required: [], arguments: {} },
  globalMaxPooling2d: { required: [], arguments: {} },
  globalAveragePooling1d: { required: [], arguments: {} },
  globalAveragePooling2d: { required: [], arguments: {} },
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
] as const;

export const PADDINGS = ['valid', 'same', 'causal'] as const;
