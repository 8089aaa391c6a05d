import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { plainModel, print, trace, type Tensors, type TensorType } from '../../../src/compiler';
import * as ort from 'onnxruntime-node';
import { missingKernel } from '../../../src/runtime';

const LIST: Readonly<Record<string, TensorType>> = { x: { dtype: 'float32', shape: [4] } };
const x = (tensors: Tensors): tf.Tensor1D => tensors['x'] as tf.Tensor1D;

beforeAll(() => tf.setBackend('cpu'));

describe('a trace', () => {
  it('is the function as a graph, with JavaScript’s numbers as constants', async () => {
    const graph = await trace(LIST, (given) => ({ y: tf.mul(x(given), 2) }));
    expect(print(graph)).toBe(
      [
        'input  %x: float32[4]',
        'const  #0: float32[] = 2',
        '%0: float32[4] = Mul(%x, #0)',
        'output y = %0',
        '',
      ].join('\n'),
    );
  });

  it('names who made the numbers that somebody asks for', async () => {
    const asks = trace(LIST, (given) => {
      const sum = tf.sum(x(given));
      return { y: tf.mul(x(given), sum.dataSync()[0] ?? 0) };
    });
    await expect(asks).rejects.toMatchObject({
      code: 'data_dependent',
      message: 'the network asks for numbers of Sum while it is traced',
    });
  });

  it('ends where the graph has more operations than it may', async () => {
    const double = (given: Tensors): Tensors => ({ y: tf.mul(tf.mul(x(given), 2), 3) });
    expect((await trace(LIST, double, 2)).operations).toHaveLength(2);
    await expect(trace(LIST, double, 1)).rejects.toMatchObject({
      code: 'too_many_operations',
      message: expect.stringMatching(/more than 1 operations/) as string,
    });
    expect((await trace(LIST, double)).operations).toHaveLength(2);
  });

  it('names the kernel that has no rule', async () => {
    const error: unknown = await trace(LIST, (given) => ({ y: tf.atan(x(given)) })).catch(
      (reason: unknown) => reason,
    );
    expect(missingKernel(error)).toBe('Atan');
  });

  it('refuses a tensor that was made outside of it, but for a scalar', async () => {
    const [outside, scalar] = [tf.tensor1d([1, 2, 3, 4]), tf.scalar(3)];
    await expect(trace(LIST, (given) => ({ y: tf.add(x(given), outside) }))).rejects.toMatchObject({
      code: 'outside_trace',
    });
    const graph = await trace(LIST, (given) => ({ y: tf.add(x(given), scalar) }));
    expect(print(graph)).toContain('const  #0: float32[] = 3');
  });

  it('refuses types that are not compiled, and slices backwards', async () => {
    await expect(trace(LIST, (given) => ({ y: tf.cast(x(given), 'complex64') }))).rejects.toThrow(
      /complex64|Complex/,
    );
    await expect(trace(LIST, (given) => ({ y: tf.stridedSlice(x(given), [3], [0], [-1]) }))).rejects.toThrow(
      /negative strides/,
    );
  });

  it('leaves the backend as it was, and no tensor, whatever its end', async () => {
    const before = tf.memory().numTensors;
    await trace(LIST, (given) => ({ y: tf.relu(x(given)) }));
    await trace(LIST, () => {
      throw new Error('the function failed');
    }).catch(() => null);
    expect([tf.getBackend(), tf.memory().numTensors]).toEqual(['cpu', before]);
  });
});

/** A function of x [2, 3, 4] (0 … 23 less 7) and of w [4, 3], on TensorFlow.js's `cpu` backend and compiled. */
async function both(run: (a: tf.Tensor3D, b: tf.Tensor2D) => tf.Tensor): Promise<readonly number[][]> {
  const [a, b] = [tf.sub(tf.reshape(tf.range(0, 24), [2, 3, 4]), 7), tf.reshape(tf.range(0, 12), [4, 3])];
  const expected = run(a as tf.Tensor3D, b as tf.Tensor2D);
  const graph = await trace(
    { a: { dtype: 'float32', shape: [2, 3, 4] }, b: { dtype: 'float32', shape: [4, 3] } },
    (given) => ({ y: tf.cast(run(given['a'] as tf.Tensor3D, given['b'] as tf.Tensor2D), 'float32') }),
  );
  const session = await ort.InferenceSession.create(plainModel(graph));
  const { y } = await session.run({
    a: new ort.Tensor('float32', Float32Array.from(a.dataSync()), [2, 3, 4]),
    b: new ort.Tensor('float32', Float32Array.from(b.dataSync()), [4, 3]),
  });
  expect(y?.dims).toEqual(expected.shape);
  return [Array.from(expected.dataSync()), Array.from(y?.data as Float32Array)];
}

describe('a kernel rule', () => {
  it.each<[string, (a: tf.Tensor3D, b: tf.Tensor2D) => tf.Tensor]>([
    ['gather along an axis', (a) => tf.gather(a, tf.tensor1d([2, 0], 'int32'), 1)],
    ['one-hot', () => tf.oneHot(tf.tensor1d([1, 0, 2], 'int32'), 3)],
    ['sums of segments', (_, b) => tf.unsortedSegmentSum(b, tf.tensor1d([1, 0, 1, 1], 'int32'), 3)],
    ['reverse', (a) => tf.reverse(a, [0, 2])],
    ['strided slice', (a) => tf.stridedSlice(a, [0, 1, 0], [2, 3, 4], [1, 1, 2])],
    [
      'split and stack',
      (a) =>
        tf.stack(
          tf.split(a, [1, 3], 2).map((part) => tf.sum(part, 2)),
          1,
        ),
    ],
    ['unstack', (a) => tf.addN(tf.unstack(a, 1))],
    [
      'pad',
      (a) =>
        tf.pad(
          a,
          [
            [0, 1],
            [1, 0],
            [2, 1],
          ],
          3,
        ),
    ],
    ['tile', (_, b) => tf.tile(b, [2, 3])],
    ['where', (a) => tf.where(tf.greater(a, 2), a, tf.zerosLike(a))],
    ['product of stacked matrices', (a) => tf.matMul(a, a, false, true)],
    ['product with a transposed matrix', (_, b) => tf.matMul(b, b, true, false)],
    ['any and all', (a) => tf.logicalAnd(tf.any(tf.greater(a, 0), 2), tf.all(tf.notEqual(a, 1), 2))],
    ['log of softmax', (a) => tf.logSoftmax(a, 2)],
    ['largest', (a) => tf.max(a, [0, 2], true)],
    ['step with a slope', (a) => tf.step(a, 0.2)],
    ['nearest neighbours', (a) => tf.image.resizeNearestNeighbor(tf.expandDims<tf.Tensor4D>(a, 3), [7, 5])],
    [
      'nearest neighbours, corners',
      (a) => tf.image.resizeNearestNeighbor(tf.expandDims<tf.Tensor4D>(a, 3), [7, 5], true),
    ],
    ['interpolation', (a) => tf.image.resizeBilinear(tf.expandDims<tf.Tensor4D>(a, 3), [7, 5])],
    [
      'interpolation, corners',
      (a) => tf.image.resizeBilinear(tf.expandDims<tf.Tensor4D>(a, 3), [2, 9], true),
    ],
    [
      'interpolation, half pixels',
      (a) => tf.image.resizeBilinear(tf.expandDims<tf.Tensor4D>(a, 3), [7, 5], false, true),
    ],
  ])('gives what the kernel gives: %s', async (_, run) => {
    const [expected = [], made = []] = await both(run);
    expected.forEach((value, i) => {
      expect(Math.abs((made[i] ?? NaN) - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    });
  });
});
