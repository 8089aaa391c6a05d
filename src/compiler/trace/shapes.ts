import { InternalError } from '../../core/errors';
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf, type Value } from '../ir';
import type { Recording } from './recorder';
import { need, rules } from './rules';

rules({
  Reshape: (r, inputs, { shape }) => {
    const x = need(inputs, 'x');
    return r.reshape(x, tf.util.inferFromImplicitShape(shape as number[], sizeOf(x.type.shape)));
  },
  Transpose: (r, inputs, { perm }) => r.transpose(need(inputs, 'x'), perm as number[]),
  ExpandDims: (r, inputs, { dim }) => {
    const x = need(inputs, 'input');
    const shape = [...x.type.shape];
    const axis = dim as number;
    shape.splice(axis < 0 ? shape.length + 1 + axis : axis, 0, 1);
    return r.reshape(x, shape);
  },
  Tile: (r, inputs, { reps }) => r.op('Tile', [need(inputs, 'x')], { repeats: reps as number[] }),
  BroadcastTo: (r, inputs, { shape }) => r.op('Expand', [need(inputs, 'x')], { shape: shape as number[] }),
  Concat: (r, inputs, { axis }) => {
    const values = Object.values(inputs).filter((value) => sizeOf(value.type.shape) > 0);
    const rank = values[0]?.type.shape.length ?? 1;
    return r.op('Concat', values, { axis: ((axis as number) + rank) % rank });
  },
  Pack: (r, inputs, { axis }) => {
    const values = Object.values(inputs).map((value) => {
      const shape = [...value.type.shape];
      shape.splice(axis as number, 0, 1);
      return r.reshape(value, shape);
    });
    return r.op('Concat', values, { axis: axis as number });
  },
  Unpack: (r, inputs, { axis }) => {
    const x = need(inputs, 'value');
    const along = ((axis as number) + x.type.shape.length) % x.type.shape.length;
    const rest = x.type.shape.filter((_, i) => i !== along);
    return Array.from({ length: x.type.shape[along] ?? 0 }, (_, i) =>
      r.reshape(part(r, x, along, i, i + 1), rest),
    );
  },
  SplitV: (r, inputs, { numOrSizeSplits, axis }) => {
    const x = need(inputs, 'x');
    const along = ((axis as number) + x.type.shape.length) % x.type.shape.length;
    // The function reads the shape alone.
    const like = { shape: [...x.type.shape] } as unknown as Parameters<
      typeof tf.backend_util.prepareSplitSize
    >[0];
    const sizes = tf.backend_util.prepareSplitSize(like, numOrSizeSplits as number[] | number, along);
    let start = 0;
    return sizes.map((size) => part(r, x, along, start, (start += size)));
  },
  Slice: (r, inputs, { begin, size }) => {
    const x = need(inputs, 'x');
    const like = { shape: [...x.type.shape], rank: x.type.shape.length } as unknown as Parameters<
      typeof tf.slice_util.parseSliceParams
    >[0];
    const [starts = [], sizes = []] = tf.slice_util.parseSliceParams(
      like,
      begin as number[],
      size as number[],
    );
    return r.op('Slice', [x], { starts, ends: starts.map((start, i) => start + (sizes[i] ?? 0)) });
  },
  StridedSlice: (r, inputs, attributes) => {
    const x = need(inputs, 'x');
    const info = tf.slice_util.sliceInfo(
      [...x.type.shape],
      attributes['begin'] as number[],
      attributes['end'] as number[],
      attributes['strides'] as number[],
      attributes['beginMask'] as number,
      attributes['endMask'] as number,
      attributes['ellipsisMask'] as number,
      attributes['newAxisMask'] as number,
      attributes['shrinkAxisMask'] as number,
    );
    if (info.strides.some((stride) => stride < 1))
      throw new InternalError('trace', 'slices with negative strides are not compiled');
    const sliced = r.op('Slice', [x], { starts: info.begin, ends: info.end, steps: info.strides });
    return r.reshape(sliced, info.finalShape);
  },
  Reverse: (r, inputs, { dims }) => {
    const x = need(inputs, 'x');
    return tf.util.parseAxisParam(dims as number[], [...x.type.shape]).reduce((value, axis) => {
      const length = value.type.shape[axis] ?? 0;
      const backwards = Array.from({ length }, (_, i) => length - 1 - i);
      return r.op('Gather', [value, r.constant('int64', [length], backwards)], { axis });
    }, x);
  },
  PadV2: (r, inputs, { paddings, constantValue }) => {
    const pairs = paddings as readonly (readonly [number, number])[];
    const pads = [...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)];
    return r.op('Pad', [need(inputs, 'x')], { pads, value: constantValue as number });
  },
  GatherV2: (r, inputs, { axis, batchDims }) => {
    if (batchDims !== undefined && batchDims !== 0)
      throw new InternalError('trace', 'gather with batch dimensions is not compiled');
    const x = need(inputs, 'x');
    const along = (((axis as number | undefined) ?? 0) + x.type.shape.length) % x.type.shape.length;
    return r.op('Gather', [x, need(inputs, 'indices')], { axis: along });
  },
  OneHot: (r, inputs, { depth, onValue, offValue }) => {
    if ((onValue ?? 1) !== 1 || (offValue ?? 0) !== 0)
      throw new InternalError('trace', 'one-hot of other values is not compiled');
    return r.op('OneHot', [r.cast(need(inputs, 'indices'), 'int64')], { depth: depth as number });
  },
  UnsortedSegmentSum: (r, inputs, { numSegments }) => {
    const [x, ids] = [need(inputs, 'x'), need(inputs, 'segmentIds')];
    const rows = sizeOf(ids.type.shape);
    const rest = x.type.shape.slice(ids.type.shape.length);
    const none = r.op('Expand', [r.scalar(0)], { shape: [numSegments as number, ...rest] });
    const indices = r.cast(r.reshape(ids, [rows]), 'int64');
    return r.op('ScatterAdd', [none, indices, r.reshape(x, [rows, ...rest])]);
  },
});

function part(r: Recording, x: Value, axis: number, from: number, to: number): Value {
  const starts = x.type.shape.map((_, i) => (i === axis ? from : 0));
  const ends = x.type.shape.map((size, i) => (i === axis ? to : size));
  return r.op('Slice', [x], { starts, ends });
}
