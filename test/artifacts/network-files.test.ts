import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { loadNetwork, networkArtifact } from '../../src/artifacts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('a network that was written', () => {
  it('predicts the same when it is loaded, with separable convolutions of several depths too', async () => {
    const network = tfl.sequential({
      layers: [
        tfl.layers.separableConv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 2, depthMultiplier: 2 }),
        tfl.layers.flatten(),
        tfl.layers.dense({ units: 2 }),
      ],
    });
    const x = tf.randomUniform([3, 5, 5, 2], -1, 1, 'float32', 3);
    const expected = (network.predict(x) as tf.Tensor).dataSync();
    const { modelJson, weights } = await networkArtifact(network);
    // Written again after loading, as ensembles and refits are.
    const again = await networkArtifact(await loadNetwork(modelJson, weights));
    for (const files of [{ modelJson, weights }, again]) {
      const loaded = await loadNetwork(files.modelJson, files.weights);
      expect((loaded.predict(x) as tf.Tensor).dataSync()).toEqual(expected);
    }
  });
});
