import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { OptimizerConfig } from '../../src/core/specification';
import { updateRule } from '../../src/training/updates';

const RATE = 0.05;
const START = [0.5, -1, 2, 0];
const STEPS = 10;
/** A bowl whose gradient is another at every step. */
const gradientAt = (values: readonly number[], step: number): number[] =>
  values.map((value, i) => (i + 1) * value + Math.sin(step + i));

function ours(config: OptimizerConfig): number[] {
  const rule = updateRule(config);
  let value: tf.Tensor = tf.tensor1d(START);
  let slots: readonly tf.Tensor[] = rule.slots.map((initial) => tf.fill([START.length], initial));
  for (let step = 1; step <= STEPS; step++) {
    const gradient = tf.tensor1d(gradientAt([...value.dataSync()], step));
    const scalars = Object.entries(rule.scalars(RATE, step)).map(([name, number]) => [
      name,
      tf.scalar(number),
    ]);
    const updated = rule.update(
      value,
      gradient,
      slots,
      Object.fromEntries(scalars) as Record<string, tf.Tensor>,
    );
    value = updated.value;
    slots = updated.slots;
  }
  return [...value.dataSync()];
}

function theirs(optimizer: tf.Optimizer): number[] {
  const variable = tf.variable(tf.tensor1d(START), true, 'value');
  for (let step = 1; step <= STEPS; step++) {
    const gradient = tf.tensor1d(gradientAt([...variable.dataSync()], step));
    optimizer.applyGradients({ [variable.name]: gradient });
  }
  const values = [...variable.dataSync()];
  variable.dispose();
  return values;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('an update rule', () => {
  it.each<[string, OptimizerConfig, () => tf.Optimizer]>([
    ['sgd', { name: 'sgd', arguments: {} }, () => tf.train.sgd(RATE)],
    ['momentum', { name: 'momentum', arguments: {} }, () => tf.train.momentum(RATE, 0.9)],
    [
      'Nesterov’s momentum',
      { name: 'sgd', arguments: { momentum: 0.8, nesterov: true } },
      () => tf.train.momentum(RATE, 0.8, true),
    ],
    ['adam', { name: 'adam', arguments: {} }, () => tf.train.adam(RATE)],
    ['rmsprop', { name: 'rmsprop', arguments: {} }, () => tf.train.rmsprop(RATE, 0.9, 0, 1e-7)],
    [
      'rmsprop with momentum',
      { name: 'rmsprop', arguments: { momentum: 0.5, decay: 0.8 } },
      () => tf.train.rmsprop(RATE, 0.8, 0.5, 1e-7),
    ],
    ['adagrad', { name: 'adagrad', arguments: {} }, () => tf.train.adagrad(RATE)],
    ['adamax', { name: 'adamax', arguments: {} }, () => tf.train.adamax(RATE, 0.9, 0.999, 1e-7)],
  ])('of %s takes the steps of TensorFlow.js’s optimiser', (_, config, make) => {
    const expected = theirs(make());
    ours(config).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? NaN, 4);
    });
  });

  it('of adadelta takes the steps of Zeiler’s algorithm 1', () => {
    const [rho, epsilon] = [0.9, 1e-4];
    const values = [...START];
    const [squares, changes] = [START.map(() => 0), START.map(() => 0)];
    for (let step = 1; step <= STEPS; step++) {
      gradientAt(values, step).forEach((gradient, i) => {
        squares[i] = rho * (squares[i] ?? 0) + (1 - rho) * gradient ** 2;
        const change = Math.sqrt(((changes[i] ?? 0) + epsilon) / (squares[i] + epsilon)) * gradient;
        changes[i] = rho * (changes[i] ?? 0) + (1 - rho) * change ** 2;
        values[i] = (values[i] ?? 0) - RATE * change;
      });
    }
    ours({ name: 'adadelta', arguments: { rho, epsilon } }).forEach((value, i) => {
      expect(value).toBeCloseTo(values[i] ?? NaN, 5);
    });
  });

  it('of adamw is adam’s after all weights have shrunk by rate × decay', () => {
    const decay = 0.1;
    const adam = tf.train.adam(RATE);
    const variable = tf.variable(tf.tensor1d(START), true, 'shrinking');
    for (let step = 1; step <= STEPS; step++) {
      const gradient = tf.tensor1d(gradientAt([...variable.dataSync()], step));
      variable.assign(tf.mul<tf.Tensor1D>(variable, 1 - RATE * decay));
      adam.applyGradients([{ name: 'shrinking', tensor: gradient }]);
    }
    const expected = [...variable.dataSync()];
    ours({ name: 'adamw', arguments: { weightDecay: decay } }).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? NaN, 4);
    });
  });
});
