import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { trace, type Graph, type Role, type Roles, type TensorType, type Tensors } from '../compiler';
import { InternalError } from '../core/errors';
import type { JsonValue } from '../core/json';
import type { TrainingConfig } from '../core/specification';
import { constraintOf } from './constraints';
import { clipByNorm, gradientsOf } from './gradients';
import { batchLosses } from './losses';
import type { Mask } from './masks';
import type { Network } from './network';
import { penaltiesOf, penaltyTerms } from './penalties';
import { scalarNames, type UpdateRule } from './updates';

/** Smaller parameters share one vector, so that the optimiser's arithmetic is one operation for all of them. */
const FLAT_BELOW = 20_000;

/** Trained weights that are updated together: one of them as it is, or several laid end to end. */
export interface Group {
  readonly name: string;
  /** Places in the network's list of weights. */
  readonly weights: readonly number[];
  readonly shape: readonly number[];
}

/** How a network's weights are carried through a compiled step. */
export interface Layout {
  readonly groups: readonly Group[];
  /** Weights that are not trained (moving averages), by their place. */
  readonly others: readonly number[];
  /** Shape of every weight, in the network's order. */
  readonly shapes: readonly (readonly number[])[];
}

export interface Traced {
  readonly graph: Graph;
  readonly roles: Roles;
}

export function layoutOf(network: LayersModel, flatten = true): Layout {
  const shapes = network.weights.map((weight) => weight.shape as number[]);
  const trained = new Set(network.trainableWeights.map((weight) => weight.read().id));
  const places = network.weights.map((_, i) => i);
  const isTrained = (i: number): boolean => trained.has(network.weights[i]?.read().id ?? -1);
  const trainable = places.filter(isTrained);
  const isSmall = (i: number): boolean =>
    flatten &&
    tf.util.sizeFromShape([...(shapes[i] ?? [])]) < FLAT_BELOW &&
    constraintOf(network.weights[i]) === null;
  const small = trainable.filter(isSmall);
  const together = small.length > 1 ? small : [];
  const groups = trainable
    .filter((i) => !together.includes(i))
    .map((i) => ({ name: `weight${String(i)}`, weights: [i], shape: shapes[i] ?? [] }));
  const size = together.reduce((sum, i) => sum + tf.util.sizeFromShape([...(shapes[i] ?? [])]), 0);
  const flat = together.length === 0 ? [] : [{ name: 'weights', weights: together, shape: [size] }];
  return { groups: [...groups, ...flat], others: places.filter((i) => !isTrained(i)), shapes };
}

/** Numbers that enter as masks or as tensors; only whether they are zero shapes the graph. */
const TENSORS = ['rate', 'stddev', 'dropout', 'recurrentDropout', 'recurrent_dropout', 'l1', 'l2'];

/**
 * Everything about a model that shapes its graph: two models with the same structure have the same graph. Initial
 * weights, masks and the strengths of penalties enter as tensors.
 */
export function structureOf(model: JsonValue): JsonValue {
  if (Array.isArray(model)) return (model as readonly JsonValue[]).map(structureOf);
  if (typeof model !== 'object' || model === null) return model;
  const entries = Object.entries(model as Record<string, JsonValue>).flatMap(
    ([name, value]): [string, JsonValue][] => {
      if (/initializer$/i.test(name) || name === 'seed') return [];
      // Numbers of a constraint are constants of the graph; one of them is called rate, too.
      if (/constraint$/i.test(name)) return [[name, value]];
      if (TENSORS.includes(name) && typeof value === 'number') return [[name, value !== 0]];
      return [[name, structureOf(value)]];
    },
  );
  return Object.fromEntries(entries);
}

/**
 * Operations of a step that is compiled, as it is traced. ONNX Runtime's time to prepare a graph grows faster than the
 * graph (1.0, 2.5 and 6.1 s of processor time for an LSTM of 30, 60 and 120 time steps: 2 886, 5 706 and 11 346
 * operations), and nothing can stop it.
 */
const MOST_OPERATIONS = 20_000;

/** What a step does to the rows that it takes out of the table. */
export interface RowChanges {
  /** Mixes each with another one. */
  readonly mixed: boolean;
  readonly noisy: boolean;
}

export interface StepOptions {
  /** Whether rows weigh differently. */
  readonly weighted?: boolean;
  /** How the step takes its rows out of the whole table; null where it gets them. */
  readonly rowChanges?: RowChanges | null;
}

/**
 * One training step on a batch of `rows`: forward, gradients and update. Its other output is the batch's data loss.
 * @throws InternalError `too_many_operations`, and what {@link trace} throws
 */
export async function traceStep(
  network: Network,
  layout: Layout,
  rule: UpdateRule,
  config: TrainingConfig,
  rows: number,
  { weighted = false, rowChanges = null }: StepOptions = {},
): Promise<Traced> {
  const { raw } = network;
  const inputs: Record<string, TensorType> = {};
  const roles: Record<string, Role> = {};
  const take = (name: string, role: Role, shape: readonly number[]): void => {
    inputs[name] = { dtype: 'float32', shape };
    roles[name] = role;
  };
  for (const { name, shape } of layout.groups) {
    take(name, 'state', shape);
    rule.slots.forEach((_, i) => {
      take(slotName(name, i), 'state', shape);
    });
  }
  for (const i of layout.others) take(`weight${String(i)}`, 'state', layout.shapes[i] ?? []);
  const rowShape = [rows, ...sizesOf(raw.inputs[0]?.shape)];
  take('x', rowChanges === null ? 'step' : 'gathered', rowShape);
  if (rowChanges?.mixed === true) {
    take('mixed', 'gathered', rowShape);
    take('mixed.share', 'step', [rows, ...rowShape.slice(1).map(() => 1)]);
  }
  if (rowChanges?.noisy === true) take('noise', 'window', rowShape);
  take('y', 'step', [rows, ...sizesOf(raw.outputs[0]?.shape)]);
  take('share', 'step', [rows]);
  if (weighted) take('rowWeights', 'step', [rows]);
  const smoothed = config.labelSmoothing > 0;
  if (smoothed) for (const name of ['keep', 'spread']) take(`smoothing.${name}`, 'fixed', []);
  if (config.gradientClip !== null) take('clip', 'fixed', []);
  for (const name of scalarNames(rule)) take(`update.${name}`, 'step', []);
  for (const mask of network.masks) {
    take(mask.name, maskRole(mask, rows), mask.shapeOf(rows));
    if (mask.shift !== null) take(shiftName(mask.name), 'fixed', []);
  }
  const strengths = penaltiesOf(raw);
  strengths.forEach((_, i) => {
    take(`penalty${String(i)}`, 'fixed', []);
  });

  const step = (tensors: Tensors): Tensors => {
    const undo = substitute(raw, layout, tensors);
    const undoStrengths = strengths.map((penalty, i) =>
      penalty.replace(tensorAt(tensors, `penalty${String(i)}`)),
    );
    network.feedMasks(({ name }, part) => tensorAt(tensors, part === 'mask' ? name : shiftName(name)));
    try {
      const trained = layout.groups.flatMap(({ weights }) => weights.map((i) => variableAt(raw, i)));
      const kept: { data?: tf.Tensor } = {};
      const { grads } = gradientsOf(() => {
        const output = raw.apply(changedRows(tensors, rowChanges), { training: true }) as tf.Tensor2D;
        const scalar = (name: string): tf.Scalar => tensorAt(tensors, name) as tf.Scalar;
        const targets = {
          y: tensorAt(tensors, 'y') as tf.Tensor2D,
          share: tensorAt(tensors, 'share') as tf.Tensor1D,
          weights: weighted ? (tensorAt(tensors, 'rowWeights') as tf.Tensor1D) : null,
          smoothing: smoothed ? { keep: scalar('smoothing.keep'), spread: scalar('smoothing.spread') } : null,
        };
        const { data, objective } = batchLosses(config.loss, targets, output);
        kept.data = data;
        return penaltyTerms(raw).reduce<tf.Scalar>((sum, penalty) => tf.add(sum, penalty), objective);
      }, trained);
      const { data } = kept;
      if (data === undefined) throw new InternalError('no_loss', 'the step computed no loss');
      const scalars = Object.fromEntries(
        scalarNames(rule).map((name) => [name, tensorAt(tensors, `update.${name}`)]),
      );
      const outputs: Record<string, tf.Tensor> = { loss: data };
      const whole = layout.groups.map((group) => gradientOf(group, raw, grads));
      const gradients = config.gradientClip === null ? whole : clipByNorm(whole, tensorAt(tensors, 'clip'));
      layout.groups.forEach(({ name, weights }, place) => {
        const gradient = gradients[place] ?? tf.scalar(0);
        const slots = rule.slots.map((_, i) => tensorAt(tensors, slotName(name, i)));
        const updated = rule.update(tensorAt(tensors, name), gradient, slots, scalars);
        // A weight with a constraint is a group of its own.
        outputs[name] = constraintOf(raw.weights[weights[0] ?? 0])?.apply(updated.value) ?? updated.value;
        updated.slots.forEach((slot, i) => {
          outputs[slotName(name, i)] = slot;
        });
      });
      // Layers with moving averages have written them.
      for (const i of layout.others) outputs[`weight${String(i)}`] = tf.clone(weightAt(raw, i).read());
      return outputs;
    } finally {
      network.feedMasks(null);
      undoStrengths.forEach((back) => {
        back();
      });
      undo();
    }
  };
  return { graph: await trace(inputs, step, MOST_OPERATIONS), roles };
}

/** The rows of a batch as they are trained. */
function changedRows(tensors: Tensors, changes: RowChanges | null): tf.Tensor {
  const x = tensorAt(tensors, 'x');
  if (changes === null) return x;
  const towards = (other: tf.Tensor): tf.Tensor => tf.mul(tf.sub(other, x), tensorAt(tensors, 'mixed.share'));
  const mixed = changes.mixed ? tf.add(x, towards(tensorAt(tensors, 'mixed'))) : x;
  return changes.noisy ? tf.add(mixed, tensorAt(tensors, 'noise')) : mixed;
}

/** Larger masks are cut out of their pools in the graph: copying them there costs less than carrying them. */
const MOST_CARRIED = 1 << 16;

/** How a mask enters a step: as numbers of its own, which spares the graph three operations, or as a run of its pool. */
export function maskRole(mask: Mask, rows: number): 'step' | 'window' {
  return tf.util.sizeFromShape([...mask.shapeOf(rows)]) <= MOST_CARRIED ? 'step' : 'window';
}

/** The gradient of a group's weights, laid end to end as they are. */
function gradientOf(
  { weights, shape }: Group,
  network: LayersModel,
  grads: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor {
  const gradients = weights.map((i) => {
    const gradient = grads[variableAt(network, i).name];
    if (gradient === undefined) throw new InternalError('no_gradient', `weight ${String(i)} has no gradient`);
    return gradient;
  });
  const [only] = gradients;
  if (only !== undefined && gradients.length === 1) return tf.reshape(only, [...shape]);
  return tf.concat1d(gradients.map((gradient) => tf.reshape(gradient, [-1])));
}

/** The network as it predicts, on chunks of `rows`. */
export async function traceForward(
  { raw }: Pick<Network, 'raw'>,
  layout: Layout,
  rows: number,
): Promise<Traced> {
  const inputs: Record<string, TensorType> = {};
  const roles: Record<string, Role> = {};
  const names = raw.inputs.map((_, i) => tensorOfInput(i));
  raw.inputs.forEach(({ shape, dtype }, i) => {
    const type = dtype === 'int32' ? dtype : 'float32';
    inputs[tensorOfInput(i)] = { dtype: type, shape: [rows, ...sizesOf(shape)] };
    roles[tensorOfInput(i)] = 'step';
  });
  const take = (name: string, shape: readonly number[]): void => {
    inputs[name] = { dtype: 'float32', shape };
    roles[name] = 'fixed';
  };
  for (const { name, shape } of layout.groups) take(name, shape);
  for (const i of layout.others) take(`weight${String(i)}`, layout.shapes[i] ?? []);
  const graph = await trace(inputs, (tensors) => {
    const undo = substitute(raw, layout, tensors);
    try {
      const given = names.map((name) => tensorAt(tensors, name));
      return { output: raw.apply(given, { training: false }) as tf.Tensor };
    } finally {
      undo();
    }
  });
  return { graph, roles };
}

/** The tensor that is the network's input in this place. */
export function tensorOfInput(place: number): string {
  return place === 0 ? 'x' : `x${String(place)}`;
}

export function shiftName(mask: string): string {
  return `${mask}.shift`;
}

export function slotName(group: string, i: number): string {
  return `${group}.slot${String(i)}`;
}

function sizesOf(shape: readonly (number | null)[] | undefined): readonly number[] {
  return (shape ?? []).slice(1).map((size) => size ?? 1);
}

function tensorAt(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new InternalError('no_tensor', `the step has no tensor ${name}`);
  return tensor;
}

function weightAt(network: LayersModel, i: number): LayerVariable {
  const weight = network.weights[i];
  if (weight === undefined) throw new InternalError('no_weight', `the network has no weight ${String(i)}`);
  return weight;
}

function variableAt(network: LayersModel, i: number): tf.Variable {
  const tensor = weightAt(network, i).read();
  if (!(tensor instanceof tf.Variable)) throw new InternalError('no_variable', 'a weight is no variable');
  return tensor as tf.Variable;
}

/** Lets the network's variables stand for traced values; their own numbers come back with the function it gives. */
function substitute(network: LayersModel, layout: Layout, tensors: Tensors): () => void {
  const before = network.weights.map((_, i) => variableAt(network, i).dataId);
  const put = (i: number, tensor: tf.Tensor): void => {
    variableAt(network, i).dataId = tensor.dataId;
  };
  for (const { name, weights } of layout.groups) {
    const whole = tensorAt(tensors, name);
    const [only] = weights;
    if (weights.length === 1 && only !== undefined) {
      put(only, whole);
      continue;
    }
    let start = 0;
    for (const i of weights) {
      const shape = [...(layout.shapes[i] ?? [])];
      const size = tf.util.sizeFromShape(shape);
      put(i, tf.reshape(tf.slice1d(whole as tf.Tensor1D, start, size), shape));
      start += size;
    }
  }
  const given = layout.others.map((i) => lend(weightAt(network, i), tensorAt(tensors, `weight${String(i)}`)));
  return () => {
    given.forEach((back) => {
      back();
    });
    before.forEach((dataId, i) => {
      variableAt(network, i).dataId = dataId;
    });
  };
}

/** What a layer writes to a weight, it reads until the function is called that this gives. */
function lend(weight: LayerVariable, tensor: tf.Tensor): () => void {
  let current = tensor;
  const written: tf.Tensor[] = [];
  weight.read = () => current;
  weight.write = (value) => {
    current = tf.keep(value);
    written.push(current);
    return weight;
  };
  return () => {
    // What stands before the methods of its class.
    Reflect.deleteProperty(weight, 'read');
    Reflect.deleteProperty(weight, 'write');
    tf.dispose(written);
  };
}
