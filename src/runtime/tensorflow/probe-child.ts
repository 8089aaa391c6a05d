/** Entry of a short-lived process: loads TensorFlow, takes one training step, and writes what it found as JSON. */
import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../../core/errors';
import type { Installation } from './installation';
import { loadTensorFlow } from './load';
import type { Probed } from './probe';

async function main(): Promise<void> {
  const installation = JSON.parse(process.argv[2] ?? '') as Installation;
  const { version, gpu } = loadTensorFlow(installation);
  tf.enableProdMode();
  await tf.setBackend('tensorflow');
  const slope = trainOneStep();
  // By hand: the gradient of mean((w·x − 2·x)²) at w = 1 over x = 1, 2 is −5.
  if (Math.abs(slope - 1.5) > 1e-5) {
    throw new InternalError('wrong_step', `a training step gave ${String(slope)} where 1.5 is right`);
  }
  const found: Probed = { version, gpu };
  process.stdout.write(JSON.stringify(found));
}

/** One step of gradient descent, learning rate 0.1, on y = 2 x from w = 1: w afterwards. */
function trainOneStep(): number {
  return tf.tidy(() => {
    const x = tf.tensor2d([1, 2], [2, 1]);
    const y = tf.tensor2d([2, 4], [2, 1]);
    const weight = tf.variable(tf.tensor2d([1], [1, 1]));
    const optimizer = tf.train.sgd(0.1);
    optimizer.minimize(() => tf.losses.meanSquaredError(y, tf.matMul(x, weight)), false, [weight]);
    const [value = NaN] = weight.dataSync();
    weight.dispose();
    optimizer.dispose();
    return value;
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    process.exit(1);
  },
);
