import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { correctGradients } from '../../src/training/correct-gradients';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

type Shape = readonly [number, number, number];

/** What a network of one layer gives for ones in training, and the gradient of its sum, by input position. */
function ofOnes(layer: tfl.layers.Layer): { output: number[]; gradient: number[] } {
  const [, ...shape] = layer.batchInputShape as unknown as [null, ...Shape];
  const network = tfl.sequential({ layers: [layer] });
  correctGradients(network);
  return tf.tidy(() => {
    const apply = (x: tf.Tensor): tf.Tensor => network.apply(x, { training: true }) as tf.Tensor;
    const x = tf.ones([1, ...shape]);
    const gradient = tf.grad((given) => tf.sum(apply(given)))(x);
    return { output: [...apply(x).dataSync()], gradient: [...gradient.dataSync()] };
  });
}

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toEqual(wanted.map((number) => expect.closeTo(number, 5) as number));
}

describe('the gradient of padded average pooling', () => {
  // A window at a corner has 4 positions, at an edge 6, in the middle 9: TensorFlow's own numbers.
  const [corner, edge, middle] = [1 / 4 + 2 / 6 + 1 / 9, 2 / 4 + 3 / 6 + 1 / 9, 4 / 4 + 4 / 6 + 1 / 9];

  it.each(['channelsLast', 'channelsFirst'] as const)(
    'shares among the positions that there are (%s)',
    (dataFormat) => {
      const inputShape = dataFormat === 'channelsLast' ? [3, 3, 1] : [1, 3, 3];
      const layer = tfl.layers.averagePooling2d({
        ...{ poolSize: 3, strides: 1, padding: 'same', dataFormat, inputShape },
      } as never);
      const { output, gradient } = ofOnes(layer);
      expectClose(output, Array<number>(9).fill(1));
      expectClose(gradient, [corner, edge, corner, edge, middle, edge, corner, edge, corner]);
    },
  );

  it('does so along a line, padded at its end alone', () => {
    const layer = tfl.layers.averagePooling1d({
      ...{ poolSize: 2, strides: 2, padding: 'same', inputShape: [3, 1] },
    } as never);
    const { output, gradient } = ofOnes(layer);
    expectClose(output, [1, 1]);
    expectClose(gradient, [0.5, 0.5, 1]);
  });
});

/** Layers that compute in training with other operations; the numbers must be those of a prediction. */
describe('a layer with a corrected gradient', () => {
  const { layers } = tfl;
  const [line, image] = [{ inputShape: [5, 2] }, { inputShape: [5, 4, 2] }];

  it.each<[string, () => tfl.layers.Layer]>([
    ['dilated conv1d', () => layers.conv1d({ filters: 2, kernelSize: 2, dilationRate: 2, ...line })],
    ['dilated conv2d', () => layers.conv2d({ filters: 2, kernelSize: 2, dilationRate: 2, ...image })],
    [
      'dilated separableConv2d',
      () => layers.separableConv2d({ filters: 2, kernelSize: 2, dilationRate: 2, ...image }),
    ],
    ['depthwiseConv2d', () => layers.depthwiseConv2d({ kernelSize: 2, ...image })],
    [
      'averagePooling2d',
      () => layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same', ...image } as never),
    ],
    ['upSampling2d', () => layers.upSampling2d({ size: [2, 3], ...image })],
    ['thresholdedReLU', () => layers.thresholdedReLU({ theta: 0.4, ...image })],
    ['layerNormalization', () => layers.layerNormalization({ scale: false, ...image })],
  ])('computes in training what it predicts: %s', (_, layer) => {
    const network = tfl.sequential({ layers: [layer()] });
    correctGradients(network);
    const [, ...shape] = network.inputs[0]?.shape as [null, ...number[]];
    const x = tf.randomNormal([3, ...shape], 0, 1, 'float32', 4);
    const [trained, predicted] = [true, false].map((training) => [
      ...(network.apply(x, { training }) as tf.Tensor).dataSync(),
    ]);
    expectClose(trained ?? [], predicted ?? []);
  });

  it.each([
    [
      'depthwiseConv2d',
      () => layers.depthwiseConv2d({ kernelSize: 2, padding: 'same', dilationRate: 2, ...image }),
    ],
    [
      'conv2dTranspose',
      () => layers.conv2dTranspose({ filters: 2, kernelSize: 2, dilationRate: 2, ...image }),
    ],
  ])('is refused where TensorFlow.js predicts without its dilation: %s', (_, layer) => {
    const network = tfl.sequential({ layers: [layer()] });
    expect(() => {
      correctGradients(network);
    }).toThrow(/TensorFlow.js ignores the dilationRate/);
  });

  it('is refused where TensorFlow.js pools wrong: maxPooling3d', () => {
    const pooling = layers.maxPooling3d({ poolSize: [2, 2, 1], inputShape: [4, 4, 2, 1] });
    expect(() => {
      correctGradients(tfl.sequential({ layers: [pooling] }));
    }).toThrow(/below zero on WASM.*take the average/);
  });
});
