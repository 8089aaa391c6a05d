import * as tf from '@tensorflow/tfjs-core';
import { onForwardEngine } from '../../src/training/on-forward-engine';
import { EngineUnsupportedError } from '../../src/training/open-trainer';
import { describeWithTensorFlow } from '../runtime/set-up-tensorflow';
import { apart, BATCH, trainOn, type Case } from './case';
import { casesOf } from './rows';
import { functionalCases } from './topologies';
import { optionCases, TARGETS, trainingCases } from './trainings';

/** Float32 rounding, after steps that each amplify it a little. */
const TOLERANCE = 5e-4;
/** Rows whose outputs are sums of 20 000 products, which engines add up in different orders. */
const WIDE: Readonly<Record<string, number>> = {
  'dropout, with a mask that is cut out of its pool in the graph': 2e-3,
};
/** Fewer than the compiled suite trains on, for the rows are many: three steps an epoch, the last of a shorter batch. */
const ROWS = 2 * BATCH + 3;

/** Gradients for which WASM has no kernel; rows with them are compared with the compiled training alone. */
const WASM_LACKS = ['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter', 'UnsortedSegmentSum'];
/** What TensorFlow refuses on some processors: there such rows are refused as a trial is, and not compared. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'separableConv2d, dilated': /^tensorflow: .*does not support dilations/,
};

async function expectParity(full: Case, tolerance = TOLERANCE): Promise<void> {
  const given = { ...full, rows: ROWS };
  const tensorflow = await trainOn('tensorflow', given);
  expect(apart(tensorflow, await trainOn('compiled', given))).toBeLessThan(tolerance);
  let wasm;
  try {
    wasm = await trainOn('wasm', given);
  } catch (error) {
    expect(error).toBeInstanceOf(EngineUnsupportedError);
    expect(WASM_LACKS.map((kernel) => `wasm: no kernel ${kernel}`)).toContain((error as Error).message);
    return;
  }
  expect(apart(tensorflow, wasm)).toBeLessThan(tolerance);
}

describeWithTensorFlow()('training on TensorFlow equals training compiled and on WASM', () => {
  const layers = [1, 2, 3].flatMap((axes) => casesOf(axes));
  const refusal = (layer: string, what: string): RegExp | undefined => REFUSED[`${layer}, ${what}`];

  it.each(layers.filter(([layer, what]) => refusal(layer, what) === undefined))(
    'with %s, %s',
    async (layer, what, given) => {
      await expectParity(given, WIDE[`${layer}, ${what}`]);
    },
  );

  it.each(layers.filter(([layer, what]) => refusal(layer, what) !== undefined))(
    'or TensorFlow refuses, before the first epoch, %s, %s',
    async (layer, what, given) => {
      const refused = await trainOn('tensorflow', given).then(
        () => null,
        (error: unknown) => error,
      );
      if (refused === null) {
        await expectParity(given);
        return;
      }
      expect(refused).toBeInstanceOf(EngineUnsupportedError);
      expect((refused as Error).message).toMatch(refusal(layer, what) ?? '');
    },
  );

  it('where TensorFlow refuses to run a network forward, the next engine does', async () => {
    const tried: string[] = [];
    const output = await onForwardEngine(() => {
      tried.push(tf.getBackend());
      // In its own words; what it refuses is not the same on every processor.
      if (tf.getBackend() === 'tensorflow')
        throw new Error('Invalid TF_Status: 12\nMessage: The kernel does not support dilations.');
      const image: tf.Tensor4D = tf.ones([1, 4, 4, 1]);
      const filter: tf.Tensor4D = tf.ones([2, 2, 1, 1]);
      return tf.depthwiseConv2d(image, filter, 1, 'valid', 'NHWC', 2).data();
    });
    expect(tried).toEqual(['tensorflow', 'wasm']);
    expect([...output]).toEqual([4, 4, 4, 4]);
  });

  it.each(functionalCases())('with %s', async (_what, given) => {
    await expectParity(given());
  });

  it.each(trainingCases())('with %s', async (_what, given) => {
    await expectParity(given);
  });

  describe.each(TARGETS)('of %s', (_target, labels) => {
    it.each(optionCases(labels))('with %s', async (_what, given) => {
      await expectParity(given);
    });
  });
});
