import { InternalError } from '../../core/errors';
import type { DataType } from '../ir';
import { typeOf } from './recorder';
import { need, rules, type Rule } from './rules';

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

const unary =
  (kind: string): Rule =>
  (r, inputs) =>
    r.op(kind, [need(inputs, 'x')]);

const binary =
  (kind: string): Rule =>
  (r, inputs) =>
    r.op(kind, [need(inputs, 'a'), need(inputs, 'b')]);

const same = (...kinds: string[]): Record<string, Rule> =>
  Object.fromEntries(kinds.map((kind) => [kind, unary(kind)]));

rules({
  ...same(
    'Relu',
    'Sigmoid',
    'Tanh',
    'Sqrt',
    'Exp',
    'Log',
    'Neg',
    'Abs',
    'Floor',
    'Ceil',
    'Sign',
    'Erf',
    'Softplus',
  ),
  ...same('Reciprocal', 'Sin', 'Cos'),
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Greater: binary('Greater'),
  GreaterEqual: binary('GreaterOrEqual'),
  Less: binary('Less'),
  LessEqual: binary('LessOrEqual'),
  Equal: binary('Equal'),
  NotEqual: (r, inputs) => r.op('Not', [r.op('Equal', [need(inputs, 'a'), need(inputs, 'b')])]),
  LogicalAnd: binary('And'),
  LogicalOr: binary('Or'),
  LogicalNot: unary('Not'),
  AddN: (r, inputs) => {
    const [first, ...others] = Object.values(inputs);
    if (first === undefined) throw new InternalError('trace', 'a sum of nothing');
    return others.reduce((sum, value) => r.op('Add', [sum, value]), first);
  },
  SquaredDifference: (r, inputs) => {
    const difference = r.op('Sub', [need(inputs, 'a'), need(inputs, 'b')]);
    return r.op('Mul', [difference, difference]);
  },
  Square: (r, inputs) => r.op('Mul', [need(inputs, 'x'), need(inputs, 'x')]),
  Rsqrt: (r, inputs) => r.op('Reciprocal', [r.op('Sqrt', [need(inputs, 'x')])]),
  Expm1: (r, inputs) => r.op('Sub', [r.op('Exp', [need(inputs, 'x')]), r.scalar(1)]),
  Log1p: (r, inputs) => r.op('Log', [r.op('Add', [need(inputs, 'x'), r.scalar(1)])]),
  Step: (r, inputs, { alpha = 0 }) => {
    const positive = r.op('Greater', [need(inputs, 'x'), r.scalar(0)]);
    return alpha === 0
      ? r.cast(positive, 'float32')
      : r.op('Where', [positive, r.scalar(1), r.scalar(alpha as number)]);
  },
  Relu6: (r, inputs) => r.op('Clip', [need(inputs, 'x')], { min: 0, max: 6 }),
  ClipByValue: (r, inputs, { clipValueMin, clipValueMax }) =>
    r.op('Clip', [need(inputs, 'x')], { min: clipValueMin as number, max: clipValueMax as number }),
  Elu: (r, inputs) => r.op('Elu', [need(inputs, 'x')], { alpha: 1 }),
  EluGrad: (r, inputs) => {
    const [dy, y] = [need(inputs, 'dy'), need(inputs, 'y')];
    const below = r.op('Mul', [dy, r.op('Add', [y, r.scalar(1)])]);
    return r.op('Where', [r.op('GreaterOrEqual', [y, r.scalar(0)]), dy, below]);
  },
  Selu: (r, inputs) => {
    const x = need(inputs, 'x');
    return r.op('Mul', [r.op('Elu', [x], { alpha: SELU_ALPHA }), r.scalar(SELU_SCALE)]);
  },
  LeakyRelu: (r, inputs, { alpha }) => r.op('LeakyRelu', [need(inputs, 'x')], { alpha: alpha as number }),
  Prelu: (r, inputs) => {
    const [x, alpha] = [need(inputs, 'x'), need(inputs, 'alpha')];
    return r.op('Where', [r.op('Less', [x, r.scalar(0)]), r.op('Mul', [x, alpha]), x]);
  },
  Select: (r, inputs) => {
    const [condition, t, e] = [need(inputs, 'condition'), need(inputs, 't'), need(inputs, 'e')];
    const missing = t.type.shape.length - condition.type.shape.length;
    // TensorFlow.js lines a shorter condition up with the first axes, ONNX with the last.
    const shape = [...condition.type.shape, ...Array.from({ length: Math.max(0, missing) }, () => 1)];
    return r.op('Where', [r.reshape(condition, shape), t, e]);
  },
  Cast: (r, inputs, { dtype }) => {
    const to: DataType = typeOf(dtype as string);
    return r.cast(need(inputs, 'x'), to);
  },
  Identity: (_, inputs) => need(inputs, 'x'),
  ZerosLike: (r, inputs) => {
    const { dtype, shape } = need(inputs, 'x').type;
    return r.op('Expand', [r.scalar(0, dtype)], { shape });
  },
  OnesLike: (r, inputs) => {
    const { dtype, shape } = need(inputs, 'x').type;
    return r.op('Expand', [r.scalar(1, dtype)], { shape });
  },
  Fill: (r, _, { shape, value, dtype }) =>
    r.op('Expand', [r.scalar(value as number, typeOf((dtype as string | undefined) ?? 'float32'))], {
      shape: shape as number[],
    }),
});
