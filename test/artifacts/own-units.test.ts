import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import '@tensorflow/tfjs-backend-cpu';
import { inUnits, type OwnUnits } from '../../src/artifacts/own-units';

/** What built-in layers make of outputs. */
function made(outputs: readonly number[], from: OwnUnits, to: { mean: number; deviation: number }): number[] {
  const input = tfl.input({ shape: [1], name: 'input' });
  const network = tfl.model({ inputs: input, outputs: inUnits(input, from, to, 'member') });
  const values = tf.tidy(() => {
    const output = network.predict(tf.tensor2d(outputs.map((value) => [value]))) as tf.Tensor;
    return Array.from(output.dataSync());
  });
  network.dispose();
  return values.map((value) => value * to.deviation + to.mean);
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('an output in other units', () => {
  it('is itself where the units are the same', () => {
    const input = tfl.input({ shape: [1] });
    const units = { mean: 3, deviation: 2, logarithm: null };
    expect(inUnits(input, units, { mean: 3, deviation: 2 }, 'member')).toBe(input);
  });

  it('has its logarithm undone on both sides of 0, over eleven powers of ten, and held at its bounds', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: 0.1, max: 6, noNaN: true }),
        fc.integer({ min: -3, max: 3 }),
        fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (mean, deviation, power, outputs) => {
          const unit = 10 ** power;
          const [low, high] = [mean - 3 * deviation, mean + 3 * deviation];
          const found = made(
            outputs,
            { mean, deviation, logarithm: { unit, low, high } },
            { mean: 0, deviation: unit },
          );
          found.forEach((value, i) => {
            const s = Math.min(high, Math.max(low, (outputs[i] ?? NaN) * deviation + mean));
            const wanted = Math.sign(s) * Math.expm1(Math.abs(s)) * unit;
            expect(Math.abs(value - wanted)).toBeLessThan(3e-5 * (Math.abs(wanted) + unit));
          });
        },
      ),
      { numRuns: 60, seed: 4 },
    );
  });
});
