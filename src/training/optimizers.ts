import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerConfig } from '../core/specification';

/** TensorFlow.js's optimiser with the arguments of a study; learning rate > 0. */
export function createOptimizer(
  { name, arguments: given }: OptimizerConfig,
  learningRate: number,
): tf.Optimizer {
  const number = (argument: string, fallback: number): number => Number(given[argument] ?? fallback);
  const flag = (argument: string): boolean => given[argument] === true;
  switch (name) {
    case 'sgd': {
      const momentum = number('momentum', 0);
      return momentum === 0
        ? tf.train.sgd(learningRate)
        : tf.train.momentum(learningRate, momentum, flag('nesterov'));
    }
    case 'momentum':
      return tf.train.momentum(learningRate, number('momentum', 0.9), flag('nesterov'));
    case 'adam':
      return tf.train.adam(
        learningRate,
        number('beta1', 0.9),
        number('beta2', 0.999),
        number('epsilon', 1e-7),
      );
    case 'rmsprop':
      return tf.train.rmsprop(
        learningRate,
        number('decay', 0.9),
        number('momentum', 0),
        number('epsilon', 1e-7),
        flag('centered'),
      );
    case 'adagrad':
      return tf.train.adagrad(learningRate, number('initialAccumulatorValue', 0.1));
    case 'adamax':
      return tf.train.adamax(
        learningRate,
        number('beta1', 0.9),
        number('beta2', 0.999),
        number('epsilon', 1e-7),
      );
  }
}
