import type { Value } from '../ir';
import type { Recording } from './recorder';
import { axesOf, need, rules, type Rule } from './rules';

const reduction =
  (kind: string, prepare: (r: Recording, x: Value) => Value = (_, x) => x): Rule =>
  (r, inputs, { axis, reductionIndices, keepDims }) => {
    const x = prepare(r, need(inputs, 'x'));
    // Max alone has another name for its axes.
    const axes = axesOf((axis ?? reductionIndices) as number | number[] | undefined, x.type.shape);
    if (axes.length === 0) return x;
    return r.op(kind, [x], { axes, keepDims: keepDims === true });
  };

rules({
  Sum: reduction('ReduceSum', (r, x) => (x.type.dtype === 'bool' ? r.cast(x, 'int32') : x)),
  Mean: reduction('ReduceMean', (r, x) => r.cast(x, 'float32')),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  All: (r, inputs, { axis, keepDims }) => {
    const x = r.cast(need(inputs, 'x'), 'int32');
    const axes = axesOf(axis as number[] | undefined, x.type.shape);
    return r.cast(r.op('ReduceMin', [x], { axes, keepDims: keepDims === true }), 'bool');
  },
  Any: (r, inputs, { axis, keepDims }) => {
    const x = r.cast(need(inputs, 'x'), 'int32');
    const axes = axesOf(axis as number[] | undefined, x.type.shape);
    return r.cast(r.op('ReduceMax', [x], { axes, keepDims: keepDims === true }), 'bool');
  },
  Softmax: (r, inputs, { dim }) => {
    const logits = need(inputs, 'logits');
    const rank = logits.type.shape.length;
    return r.op('Softmax', [logits], { axis: ((dim as number) + rank) % rank });
  },
  LogSoftmax: (r, inputs, { axis }) => {
    const logits = need(inputs, 'logits');
    const rank = logits.type.shape.length;
    return r.op('LogSoftmax', [logits], { axis: ((axis as number) + rank) % rank });
  },
});
