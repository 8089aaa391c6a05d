import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** Probabilities closer to 0 are this. */
const LEAST = 1e-12;

/** Probabilities [rows, classes], or of the second class [rows, 1], as logits. Never saved: no built-in layer does it. */
class Logits extends tfl.layers.Layer {
  static className = 'Logits';

  override computeOutputShape(shape: tfl.Shape): tfl.Shape {
    return shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const probabilities = Array.isArray(inputs) ? inputs[0] : inputs;
    return tf.tidy(() => {
      const given = probabilities ?? tf.scalar(0);
      const log = (share: tf.Tensor): tf.Tensor => tf.log(tf.maximum(share, LEAST));
      return given.shape.at(-1) === 1 ? tf.sub(log(given), log(tf.sub(1, given))) : log(given);
    });
  }
}

/** The view of a network of probabilities that gives logits. */
export function withLogits(network: tfl.LayersModel): tfl.LayersModel {
  const [output] = network.outputs;
  return output === undefined
    ? network
    : tfl.model({ inputs: network.inputs, outputs: new Logits({}).apply(output) as tfl.SymbolicTensor });
}
