import type { OptimizerName } from '../../core/specification';
import { named } from './named';
import { flag, number, type Rule } from './rules';

const DECAY = number({ min: 0, below: 1 });
const EPSILON = number({ above: 0 });
const ADAM = { beta1: DECAY, beta2: DECAY, epsilon: EPSILON };

/** Arguments of each optimiser, besides the learning rate, which has a field of its own. */
const ARGUMENTS: Readonly<Record<OptimizerName, Readonly<Record<string, Rule>>>> = {
  adam: ADAM,
  adamw: { ...ADAM, weightDecay: number({ min: 0 }) },
  sgd: { momentum: DECAY, nesterov: flag },
  momentum: { momentum: DECAY, nesterov: flag },
  rmsprop: { decay: DECAY, momentum: DECAY, epsilon: EPSILON, centered: flag },
  adagrad: { initialAccumulatorValue: EPSILON },
  adamax: ADAM,
  adadelta: { rho: DECAY, epsilon: EPSILON },
};

export const optimizer = named(ARGUMENTS, 'optimizer', '{"sgd": {"momentum": 0.9}}');
