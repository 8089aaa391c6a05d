import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import * as ort from 'onnxruntime-node';
import { averageNetworks, networkArtifact } from '../../src/artifacts';
import { exportOnnx } from '../../src/training';

const { layers } = tfl;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const NETWORKS: readonly [string, number[], readonly tfl.layers.Layer[]][] = [
  [
    'dense layers with normalisation',
    [5],
    [
      layers.dense({ units: 7, activation: 'relu' }),
      layers.batchNormalization({}),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  ],
  [
    'convolutions',
    [8, 8, 2],
    [
      layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 3, kernelSize: 3 }),
      layers.flatten(),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  ],
  [
    'global pooling',
    [6, 6, 1],
    [
      layers.conv2d({ filters: 2, kernelSize: 2 }),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 2 }),
    ],
  ],
  [
    'layer normalisation',
    [5],
    [layers.dense({ units: 8 }), layers.layerNormalization({}), layers.dense({ units: 2 })],
  ],
  [
    'simple and gated recurrent layers',
    [6, 3],
    [
      layers.simpleRNN({ units: 4, returnSequences: true }),
      layers.gru({ units: 5, returnSequences: true }),
      layers.lstm({ units: 3 }),
      layers.dense({ units: 2 }),
    ],
  ],
  ['a repeated vector', [4], [layers.repeatVector({ n: 3 }), layers.gru({ units: 5 })]],
  [
    'a recurrent layer in both directions',
    [6, 3],
    [layers.bidirectional({ layer: layers.lstm({ units: 4 }), mergeMode: 'concat' })],
  ],
  ['masked time steps', [6, 3], [layers.masking({ maskValue: 0 }), layers.lstm({ units: 4 })]],
  [
    'stacked cells',
    [4, 3],
    [layers.rnn({ cell: [layers.lstmCell({ units: 4 }), layers.gruCell({ units: 3 })] })],
  ],
];

async function expectTheSame(network: tfl.LayersModel, shape: readonly number[]): Promise<void> {
  const session = await ort.InferenceSession.create(await exportOnnx(network));
  expect([session.inputNames, session.outputNames]).toEqual([['input'], ['output']]);
  for (const rows of [1, 4, 250]) {
    const x = tf.randomUniform([rows, ...shape], -1, 1, 'float32', 3);
    const expected = (network.predict(x) as tf.Tensor).dataSync();
    const input = new ort.Tensor('float32', x.dataSync() as Float32Array, x.shape);
    const { output } = await session.run({ input });
    expect(output?.dims[0]).toBe(rows);
    const made = output?.data as Float32Array;
    expect(made).toHaveLength(expected.length);
    made.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? NaN, 4);
    });
  }
}

describe('a network as ONNX', () => {
  it.each(NETWORKS)(
    'of %s gives what TensorFlow.js gives, for any number of rows',
    async (...[, shape, stack]) => {
      const network = tfl.sequential();
      stack.forEach((layer, i) => {
        if (i === 0) network.add(tfl.layers.inputLayer({ inputShape: shape }));
        network.add(layer);
      });
      await expectTheSame(network, shape);
      network.dispose();
    },
  );

  it('of several, averaged into one, gives what TensorFlow.js gives', async () => {
    const members = await Promise.all(
      [3, 9].map(async (units) => {
        const input = tfl.input({ shape: [5], name: 'input' });
        const hidden = layers.dense({ units, activation: 'tanh' }).apply(input);
        const output = layers.dense({ units: 2, activation: 'softmax', name: 'output' }).apply(hidden);
        const network = tfl.model({ inputs: input, outputs: output as tfl.SymbolicTensor });
        return networkArtifact(network);
      }),
    );
    const ensemble = await averageNetworks(
      members.map((network, i) => ({ network, count: i + 1, places: [0], units: null })),
      { names: ['input'], units: { mean: 0, deviation: 1 } },
    );
    await expectTheSame(ensemble, [5]);
    ensemble.dispose();
  });

  it('that the compiler does not take is refused with the reason', async () => {
    const network = tfl.sequential({
      layers: [
        layers.inputLayer({ inputShape: [6] }),
        layers.dense({ units: 2 }),
        layers.dense({ units: 2 }),
      ],
    });
    // A layer whose work no kernel rule covers.
    const last = network.layers.at(-1) as unknown as { call: (x: tf.Tensor[]) => tf.Tensor };
    last.call = ([x]) => tf.erf(tf.topk(x ?? tf.scalar(0), 2).values);
    await expect(exportOnnx(network)).rejects.toMatchObject({
      message: expect.stringMatching(/TopK/) as string,
    });
  });
});
