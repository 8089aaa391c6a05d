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
      throw new Error('slices with negative strides are not compiled');
    const sliced = r.op('Slice', [x], { starts: info.begin, ends: info.end, steps: info.strides });
    return r.reshape(sliced, info.finalShape);
  },
  PadV2: (r, inputs, { paddings, constantValue }) => {
    const pairs = paddings as readonly (readonly [number, number])[];
    const pads = [...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)];
    return r.op('Pad', [need(inputs, 'x')], { pads, value: constantValue as number });
  },
  GatherV2: (r, inputs, { axis, batchDims }) => {
    if (batchDims !== undefined && batchDims !== 0)
      throw new Error('gather with batch dimensions is not compiled');
    const x = need(inputs, 'x');
    const along = (((axis as number | undefined) ?? 0) + x.type.shape.length) % x.type.shape.length;
    return r.op('Gather', [x, need(inputs, 'indices')], { axis: along });
  },
  OneHot: (r, inputs, { depth, onValue, offValue }) => {
    if ((onValue ?? 1) !== 1 || (offValue ?? 0) !== 0)
      throw new Error('one-hot of other values is not compiled');
    return r.op('OneHot', [need(inputs, 'indices')], { depth: depth as number });
  },
  // A sum over rows of one segment is a product with the one-hot matrix of the segments.
  UnsortedSegmentSum: (r, inputs, { numSegments }) => {
    const [x, ids] = [need(inputs, 'x'), need(inputs, 'segmentIds')];
    const rows = sizeOf(ids.type.shape);
    const rest = x.type.shape.slice(ids.type.shape.length);
    const hot = r.op('OneHot', [r.reshape(ids, [rows])], { depth: numSegments as number });
    const sums = r.op('Gemm', [hot, r.reshape(x, [rows, sizeOf(rest)])], { transA: true, transB: false });
    return r.reshape(sums, [numSegments as number, ...rest]);
  },
  ResizeNearestNeighbor: (r, inputs, { size, alignCorners, halfPixelCenters }) => {
    const images = need(inputs, 'images');
    const scales = scalesOf(
      images.type.shape,
      size as number[],
      alignCorners === true || halfPixelCenters === true,
    );
    return r.op('Resize', [images], { scales });
  },
  ResizeNearestNeighborGrad: (r, inputs, { alignCorners }) => {
    const [images, dy] = [need(inputs, 'images').type.shape, need(inputs, 'dy')];
    const [batch = 0, height = 0, width = 0, channels = 0] = images;
    const [, tall = 1, wide = 1] = scalesOf(images, dy.type.shape.slice(1, 3), alignCorners === true);
    const blocks = r.reshape(dy, [batch, height, tall, width, wide, channels]);
    return r.op('ReduceSum', [blocks], { axes: [2, 4], keepDims: false });
  },
});

function part(r: Recording, x: Value, axis: number, from: number, to: number): Value {
  const starts = x.type.shape.map((_, i) => (i === axis ? from : 0));
  const ends = x.type.shape.map((size, i) => (i === axis ? to : size));
  return r.op('Slice', [x], { starts, ends });
}

function scalesOf(shape: readonly number[], size: readonly number[], shifted: boolean): readonly number[] {
  const [, height = 1, width = 1] = shape;
  const [tall, wide] = [(size[0] ?? 0) / height, (size[1] ?? 0) / width];
  if (shifted || !Number.isInteger(tall) || !Number.isInteger(wide)) {
    throw new Error('images are resized by whole factors alone when compiled');
  }
  return [1, tall, wide, 1];
}
