import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../core/errors';
import type { OptimizerConfig } from '../core/specification';

type Scalars = Readonly<Record<string, number>>;
type ScalarTensors = Readonly<Record<string, tf.Tensor>>;

export interface Updated {
  readonly value: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}

/**
 * An optimiser as a function of tensors, so that a compiled step can carry its state and take its numbers from outside.
 * Arithmetic is TensorFlow.js's own, up to the order of rounding.
 */
export interface UpdateRule {
  /** What shapes the graph: trials that agree in it share a compiled step. */
  readonly structure: string;
  /** What each slot begins with. */
  readonly slots: readonly number[];
  /** Numbers for one step; `step` counts from 1, over the whole training. */
  scalars(learningRate: number, step: number): Scalars;
  update(value: tf.Tensor, gradient: tf.Tensor, slots: readonly tf.Tensor[], scalars: ScalarTensors): Updated;
}

/** The scalars' names, in a fixed order. */
export function scalarNames(rule: UpdateRule): readonly string[] {
  return Object.keys(rule.scalars(1, 1));
}

const EPSILON = 1e-7;
const WEIGHT_DECAY = 0.01;

export function updateRule({ name, arguments: given }: OptimizerConfig): UpdateRule {
  const number = (argument: string, fallback: number): number => Number(given[argument] ?? fallback);
  const flag = (argument: string): boolean => given[argument] === true;
  switch (name) {
    case 'sgd':
      return number('momentum', 0) === 0 ? descent() : momentum(number('momentum', 0), flag('nesterov'));
    case 'momentum':
      return momentum(number('momentum', 0.9), flag('nesterov'));
    case 'adam':
      return adam(number('beta1', 0.9), number('beta2', 0.999), number('epsilon', EPSILON));
    case 'adamw': {
      const plain = adam(number('beta1', 0.9), number('beta2', 0.999), number('epsilon', EPSILON));
      return decayed(plain, number('weightDecay', WEIGHT_DECAY));
    }
    case 'rmsprop': {
      const [decay, inertia, epsilon] = [
        number('decay', 0.9),
        number('momentum', 0),
        number('epsilon', EPSILON),
      ];
      return rmsprop(decay, inertia, epsilon, flag('centered'));
    }
    case 'adagrad':
      return adagrad(number('initialAccumulatorValue', 0.1));
    case 'adamax':
      return adamax(number('beta1', 0.9), number('beta2', 0.999), number('epsilon', EPSILON));
    case 'adadelta':
      return adadelta(number('rho', 0.95), number('epsilon', EPSILON));
  }
}

function at(scalars: ScalarTensors, name: string): tf.Tensor {
  const tensor = scalars[name];
  if (tensor === undefined) throw new InternalError('no_tensor', `the step has no scalar ${name}`);
  return tensor;
}

function slot(slots: readonly tf.Tensor[], i: number): tf.Tensor {
  const tensor = slots[i];
  if (tensor === undefined) throw new InternalError('no_tensor', `the step has no slot ${String(i)}`);
  return tensor;
}

function descent(): UpdateRule {
  return {
    structure: 'descent',
    slots: [],
    scalars: (rate) => ({ rate }),
    update: (value, gradient, _, s) => ({ value: tf.sub(value, tf.mul(gradient, at(s, 'rate'))), slots: [] }),
  };
}

function momentum(inertia: number, nesterov: boolean): UpdateRule {
  return {
    structure: nesterov ? 'nesterov' : 'momentum',
    slots: [0],
    scalars: (rate) => ({ rate, inertia }),
    update: (value, gradient, slots, s) => {
      const speed = tf.add(tf.mul(slot(slots, 0), at(s, 'inertia')), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(speed, at(s, 'inertia'))) : speed;
      return { value: tf.sub(value, tf.mul(direction, at(s, 'rate'))), slots: [speed] };
    },
  };
}

/**
 * Adam (Kingma & Ba 2015). Moments are kept divided by 1 − β, and the bias corrections are folded into two scalars:
 * ten passes over the parameters instead of thirteen.
 */
function adam(beta1: number, beta2: number, epsilon: number): UpdateRule {
  return {
    structure: 'adam',
    slots: [0, 0],
    scalars: (rate, step) => {
      const scale = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
      return {
        rate: (rate * (1 - beta1)) / (1 - beta1 ** step) / scale,
        floor: epsilon / scale,
        beta1,
        beta2,
      };
    },
    update: (value, gradient, slots, s) => {
      const first = tf.add(tf.mul(slot(slots, 0), at(s, 'beta1')), gradient);
      const second = tf.add(tf.mul(slot(slots, 1), at(s, 'beta2')), tf.square(gradient));
      const change = tf.div(tf.mul(first, at(s, 'rate')), tf.add(tf.sqrt(second), at(s, 'floor')));
      return { value: tf.sub(value, change), slots: [first, second] };
    },
  };
}

/** Decoupled weight decay (Loshchilov & Hutter 2019) before another rule's update: all weights shrink by rate × decay. */
function decayed(rule: UpdateRule, decay: number): UpdateRule {
  return {
    structure: `${rule.structure}-decayed`,
    slots: rule.slots,
    scalars: (rate, step) => ({ ...rule.scalars(rate, step), keep: 1 - rate * decay }),
    update: (value, gradient, slots, s) => rule.update(tf.mul(value, at(s, 'keep')), gradient, slots, s),
  };
}

/**
 * RMSProp (Tieleman & Hinton 2012), centred as in Graves 2013. TensorFlow.js subtracts ε from the centred spread and
 * takes the root of a negative number where gradients vary little; here it is added, as Graves has it.
 */
function rmsprop(decay: number, inertia: number, epsilon: number, centered: boolean): UpdateRule {
  const moving = inertia !== 0;
  return {
    structure: `rmsprop${centered ? '-centered' : ''}${moving ? '-momentum' : ''}`,
    slots: [0, ...(centered ? [0] : []), ...(moving ? [0] : [])],
    scalars: (rate) => ({ rate, decay, rest: 1 - decay, epsilon, inertia }),
    update: (value, gradient, slots, s) => {
      const average = (before: tf.Tensor, now: tf.Tensor): tf.Tensor =>
        tf.add(tf.mul(before, at(s, 'decay')), tf.mul(now, at(s, 'rest')));
      const squares = average(slot(slots, 0), tf.square(gradient));
      const next = [squares];
      let spread = tf.add(squares, at(s, 'epsilon'));
      if (centered) {
        const mean = average(slot(slots, 1), gradient);
        next.push(mean);
        spread = tf.add(tf.sub(squares, tf.square(mean)), at(s, 'epsilon'));
      }
      let change = tf.div(tf.mul(gradient, at(s, 'rate')), tf.sqrt(spread));
      if (moving) {
        change = tf.add(tf.mul(slot(slots, centered ? 2 : 1), at(s, 'inertia')), change);
        next.push(change);
      }
      return { value: tf.sub(value, change), slots: next };
    },
  };
}

/** Adagrad (Duchi, Hazan & Singer 2011). */
function adagrad(initial: number): UpdateRule {
  return {
    structure: 'adagrad',
    slots: [initial],
    scalars: (rate) => ({ rate, epsilon: EPSILON }),
    update: (value, gradient, slots, s) => {
      const squares = tf.add(slot(slots, 0), tf.square(gradient));
      const change = tf.div(tf.mul(gradient, at(s, 'rate')), tf.sqrt(tf.add(squares, at(s, 'epsilon'))));
      return { value: tf.sub(value, change), slots: [squares] };
    },
  };
}

/** Adamax (Kingma & Ba 2015, section 7.1). */
function adamax(beta1: number, beta2: number, epsilon: number): UpdateRule {
  return {
    structure: 'adamax',
    slots: [0, 0],
    scalars: (rate, step) => ({ rate: rate / (1 - beta1 ** step), beta1, rest: 1 - beta1, beta2, epsilon }),
    update: (value, gradient, slots, s) => {
      const first = tf.add(tf.mul(slot(slots, 0), at(s, 'beta1')), tf.mul(gradient, at(s, 'rest')));
      const norm = tf.maximum(tf.mul(slot(slots, 1), at(s, 'beta2')), tf.abs(gradient));
      const change = tf.div(tf.mul(first, at(s, 'rate')), tf.add(norm, at(s, 'epsilon')));
      return { value: tf.sub(value, change), slots: [first, norm] };
    },
  };
}

/**
 * Adadelta (Zeiler 2012). TensorFlow.js divides by the average of the squares before this step's is in it, so that its
 * first step is as long as the gradient; here it is as Zeiler and Keras have it.
 */
function adadelta(rho: number, epsilon: number): UpdateRule {
  return {
    structure: 'adadelta',
    slots: [0, 0],
    scalars: (rate) => ({ rate, rho, rest: 1 - rho, epsilon }),
    update: (value, gradient, slots, s) => {
      const average = (before: tf.Tensor, now: tf.Tensor): tf.Tensor =>
        tf.add(tf.mul(before, at(s, 'rho')), tf.mul(now, at(s, 'rest')));
      const root = (squares: tf.Tensor): tf.Tensor => tf.sqrt(tf.add(squares, at(s, 'epsilon')));
      const squares = average(slot(slots, 0), tf.square(gradient));
      const change = tf.mul(tf.div(root(slot(slots, 1)), root(squares)), gradient);
      const changes = average(slot(slots, 1), tf.square(change));
      return { value: tf.sub(value, tf.mul(change, at(s, 'rate'))), slots: [squares, changes] };
    },
  };
}
