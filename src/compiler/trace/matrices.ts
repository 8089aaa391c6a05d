import { InternalError } from '../../core/errors';
import { sizeOf, type Value } from '../ir';
import type { Recording } from './recorder';
import { need, rules } from './rules';

/** Products of which all but the last two axes are one become `Gemm`, which takes transposed matrices as they lie. */
function product(
  r: Recording,
  a: Value,
  b: Value,
  transA: boolean,
  transB: boolean,
  bias: Value | null,
): Value {
  const [outer, other] = [a.type.shape.slice(0, -2), b.type.shape.slice(0, -2)];
  const [x, w] = [a.type.shape.slice(-2), b.type.shape.slice(-2)];
  if (sizeOf(outer) === 1 && sizeOf(other) === 1) {
    const rank = Math.max(outer.length, other.length);
    const inputs = [r.reshape(a, x), r.reshape(b, w)];
    if (bias !== null) inputs.push(r.reshape(bias, bias.type.shape.slice(-1)));
    const made = r.op('Gemm', inputs, { transA, transB });
    return r.reshape(made, [...Array.from({ length: rank }, () => 1), ...made.type.shape]);
  }
  const [left, right] = [transA ? swapped(r, a) : a, transB ? swapped(r, b) : b];
  const made = r.op('MatMul', [left, right]);
  return bias === null ? made : r.op('Add', [made, bias]);
}

function swapped(r: Recording, value: Value): Value {
  const axes = value.type.shape.map((_, i) => i);
  const [row = 0, column = 1] = axes.slice(-2);
  return r.transpose(value, [...axes.slice(0, -2), column, row]);
}

const ACTIVATIONS: Readonly<Record<string, string>> = { relu: 'Relu', sigmoid: 'Sigmoid', tanh: 'Tanh' };

/** An activation that TensorFlow.js has fused into a product or a convolution. */
export function activated(r: Recording, x: Value, activation: string | undefined, alpha: number): Value {
  if (activation === undefined || activation === 'linear') return x;
  if (activation === 'relu6') return r.op('Clip', [x], { min: 0, max: 6 });
  if (activation === 'elu') return r.op('Elu', [x], { alpha: 1 });
  if (activation === 'leakyrelu') return r.op('LeakyRelu', [x], { alpha });
  const kind = ACTIVATIONS[activation];
  if (kind === undefined)
    throw new InternalError('trace', `the fused activation ${activation} is not compiled`);
  return r.op(kind, [x]);
}

rules({
  BatchMatMul: (r, inputs, { transposeA, transposeB }) =>
    product(r, need(inputs, 'a'), need(inputs, 'b'), transposeA === true, transposeB === true, null),
  _FusedMatMul: (r, inputs, { transposeA, transposeB, activation, leakyreluAlpha = 0.2 }) => {
    const bias = inputs['bias'] ?? null;
    const isRow = bias !== null && sizeOf(bias.type.shape) === bias.type.shape.at(-1);
    const made = product(
      r,
      need(inputs, 'a'),
      need(inputs, 'b'),
      transposeA === true,
      transposeB === true,
      isRow ? bias : null,
    );
    const sum = bias === null || isRow ? made : r.op('Add', [made, bias]);
    return activated(r, sum, activation as string | undefined, leakyreluAlpha as number);
  },
});
