/** Entry of a short-lived process: measures what TensorFlow and WASM take on this machine, and writes it as JSON. */
import * as tf from '@tensorflow/tfjs-core';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { loadTensorFlow, type Installation } from '../tensorflow';
import { loadWasm } from '../wasm';
import type { MeasuredCosts } from './costs';
import { workOf, type EngineCosts } from './work';

/** The least of this many short rounds is taken: what the machine does when nobody disturbs it. */
const ROUNDS = 50;
const SIZE = 192;
const IMAGE = [8, 16, 16, 16] as const;
const FILTER = [3, 3, 16, 16] as const;
const NUMBERS = 1 << 18;

async function main(): Promise<void> {
  loadTensorFlow(JSON.parse(process.argv[2] ?? '') as Installation);
  loadWasm();
  setThreadsCount(1);
  tf.enableProdMode();
  const costs: MeasuredCosts = { tensorflow: await measure('tensorflow'), wasm: await measure('wasm') };
  process.stdout.write(JSON.stringify(costs));
}

async function measure(backend: string): Promise<EngineCosts> {
  await tf.setBackend(backend);
  await tf.ready();
  const one = tf.ones([1]);
  const many = tf.ones([NUMBERS]);
  const square: tf.Tensor2D = tf.ones([SIZE, SIZE]);
  const image: tf.Tensor4D = tf.ones([...IMAGE]);
  const filter: tf.Tensor4D = tf.ones([...FILTER]);
  const call = nanoseconds(20, () => tf.add(one, one));
  const beyondCall = (times: number, work: number, run: () => tf.Tensor): number =>
    Math.max(0, nanoseconds(times, run) - call) / work;
  const { products } = workOf([
    { name: 'BatchMatMul', inputs: [square.shape, square.shape], outputs: [square.shape] },
  ]);
  const shapes = { inputs: [image.shape, filter.shape], outputs: [image.shape] };
  const { convolved } = workOf([{ name: 'Conv2D', ...shapes }]);
  return {
    call,
    product: beyondCall(2, products, () => tf.matMul(square, square)),
    // The gradient of a layer's kernel has the left side transposed, that of its input the right one.
    transposed:
      (beyondCall(1, products, () => tf.matMul(square, square, true, false)) +
        beyondCall(1, products, () => tf.matMul(square, square, false, true))) /
      2,
    convolved: beyondCall(2, convolved, () => tf.conv2d(image, filter, 1, 'same')),
    number: beyondCall(2, 2 * NUMBERS, () => tf.add(many, many)),
  };
}

/** Of processor time, which other work on the machine lengthens little. */
function nanoseconds(times: number, run: () => tf.Tensor): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) run().dispose();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, ((user + system) * 1e3) / times);
  }
  return least;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
