import { InternalError } from '../../core/errors';
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf, type Value } from '../ir';
import { activated } from './matrices';
import type { Recording } from './recorder';
import { need, rules, type KernelAttributes } from './rules';

type Info = tf.backend_util.Conv2DInfo;
type Four = [number, number, number, number];

/** TensorFlow.js lays images out as NHWC and filters as HWIO, ONNX as NCHW and OIHW. */
const toChannelsFirst = (r: Recording, x: Value): Value => r.transpose(x, [0, 3, 1, 2]);
const toChannelsLast = (r: Recording, x: Value): Value => r.transpose(x, [0, 2, 3, 1]);
const filtersFirst = (r: Recording, filter: Value): Value => r.transpose(filter, [3, 2, 0, 1]);

function infoOf(
  x: readonly number[],
  filter: readonly number[],
  attributes: KernelAttributes,
  depthwise: boolean,
): Info {
  if ((attributes['dataFormat'] ?? 'NHWC') !== 'NHWC')
    throw new InternalError('trace', 'only NHWC is compiled');
  return tf.backend_util.computeConv2DInfo(
    x as Four,
    filter as Four,
    attributes['strides'] as [number, number],
    (attributes['dilations'] as [number, number] | undefined) ?? 1,
    attributes['pad'] as 'same',
    attributes['dimRoundingMode'] as 'floor' | undefined,
    depthwise,
  );
}

function windowOf({ padInfo, strideHeight, strideWidth, dilationHeight, dilationWidth }: Info) {
  return {
    pads: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
  };
}

function convolution(r: Recording, x: Value, filter: Value, info: Info): Value {
  return toChannelsLast(
    r,
    r.op('Conv', [toChannelsFirst(r, x), filtersFirst(r, filter)], { ...windowOf(info), group: 1 }),
  );
}

/** HWIM → [I·M, 1, H, W]: one group per input channel. */
function depthwiseFilter(r: Recording, filter: Value): Value {
  const [height = 0, width = 0, channels = 0, multiplier = 0] = filter.type.shape;
  return r.reshape(r.transpose(filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

/** What a transposed convolution must add at the end to give the input's size back. */
function outputPadding(info: Info): readonly number[] {
  const rest = (
    size: number,
    before: number,
    after: number,
    kernel: number,
    dilation: number,
    stride: number,
  ): number => (size + before + after - ((kernel - 1) * dilation + 1)) % stride;
  const { padInfo: pad } = info;
  return [
    rest(info.inHeight, pad.top, pad.bottom, info.filterHeight, info.dilationHeight, info.strideHeight),
    rest(info.inWidth, pad.left, pad.right, info.filterWidth, info.dilationWidth, info.strideWidth),
  ];
}

/** The first rows and columns: a stride that does not divide leaves positions no filter element belongs to. */
function cropped(r: Recording, value: Value, height: number, width: number): Value {
  const [first = 0, second = 0, tall = 0, wide = 0] = value.type.shape;
  if (tall === height && wide === width) return value;
  return r.op('Slice', [value], { starts: [0, 0, 0, 0], ends: [first, second, height, width] });
}

rules({
  Conv2D: (r, inputs, attributes) => {
    const [x, filter] = [need(inputs, 'x'), need(inputs, 'filter')];
    return convolution(r, x, filter, infoOf(x.type.shape, filter.type.shape, attributes, false));
  },
  FusedConv2D: (r, inputs, attributes) => {
    const [x, filter, bias] = [need(inputs, 'x'), need(inputs, 'filter'), inputs['bias']];
    const made = convolution(r, x, filter, infoOf(x.type.shape, filter.type.shape, attributes, false));
    const sum = bias === undefined ? made : r.op('Add', [made, bias]);
    return activated(r, sum, attributes['activation'] as string | undefined, 0.2);
  },
  Conv2DBackpropInput: (r, inputs, attributes) => {
    const [dy, filter] = [need(inputs, 'dy'), need(inputs, 'filter')];
    const info = infoOf(attributes['inputShape'] as number[], filter.type.shape, attributes, false);
    const made = r.op('ConvTranspose', [toChannelsFirst(r, dy), filtersFirst(r, filter)], {
      ...windowOf(info),
      group: 1,
      outputPadding: outputPadding(info),
    });
    return toChannelsLast(r, made);
  },
  // The filter's gradient is a convolution with batch and channels exchanged, and strides as dilations.
  Conv2DBackpropFilter: (r, inputs, attributes) => {
    const [x, dy] = [need(inputs, 'x'), need(inputs, 'dy')];
    const info = infoOf(x.type.shape, attributes['filterShape'] as number[], attributes, false);
    const { pads, strides, dilations } = windowOf(info);
    const swap = { pads, strides: dilations, dilations: strides, group: 1 };
    const made = r.op('Conv', [r.transpose(x, [3, 0, 1, 2]), r.transpose(dy, [3, 0, 1, 2])], swap);
    return r.transpose(cropped(r, made, info.filterHeight, info.filterWidth), [2, 3, 0, 1]);
  },
  DepthwiseConv2dNative: (r, inputs, attributes) => {
    const [x, filter] = [need(inputs, 'x'), need(inputs, 'filter')];
    const info = infoOf(x.type.shape, filter.type.shape, attributes, true);
    const grouped = { ...windowOf(info), group: info.inChannels };
    return toChannelsLast(r, r.op('Conv', [toChannelsFirst(r, x), depthwiseFilter(r, filter)], grouped));
  },
  DepthwiseConv2dNativeBackpropInput: (r, inputs, attributes) => {
    const [dy, filter] = [need(inputs, 'dy'), need(inputs, 'filter')];
    const info = infoOf(attributes['inputShape'] as number[], filter.type.shape, attributes, true);
    const made = r.op('ConvTranspose', [toChannelsFirst(r, dy), depthwiseFilter(r, filter)], {
      ...windowOf(info),
      group: info.inChannels,
      outputPadding: outputPadding(info),
    });
    return toChannelsLast(r, made);
  },
  DepthwiseConv2dNativeBackpropFilter: (r, inputs, attributes) => {
    const [x, dy] = [need(inputs, 'x'), need(inputs, 'dy')];
    const [height = 0, width = 0, channels = 0, multiplier = 0] = attributes['filterShape'] as number[];
    const info = infoOf(x.type.shape, [height, width, channels, multiplier], attributes, true);
    const [batch = 0, tall = 0, wide = 0] = x.type.shape;
    const { pads, strides, dilations } = windowOf(info);
    const images = r.reshape(r.transpose(x, [3, 0, 1, 2]), [1, channels * batch, tall, wide]);
    const swap = { pads, strides: dilations, dilations: strides, group: channels };
    const made = cropped(r, r.op('Conv', [images, r.transpose(dy, [3, 0, 1, 2])], swap), height, width);
    return r.transpose(r.reshape(made, [channels, multiplier, height, width]), [2, 3, 0, 1]);
  },
  MaxPool: (r, inputs, attributes) => {
    const x = need(inputs, 'x');
    const info = poolOf(x.type.shape, attributes);
    return toChannelsLast(r, r.op('MaxPool', [toChannelsFirst(r, x)], poolWindow(info)));
  },
  MaxPoolGrad: (r, inputs, attributes) => {
    const [dy, x] = [need(inputs, 'dy'), need(inputs, 'input')];
    const info = poolOf(x.type.shape, attributes);
    const [image, gradient] = [toChannelsFirst(r, x), toChannelsFirst(r, dy)];
    if (info.strideHeight < info.filterHeight || info.strideWidth < info.filterWidth) {
      return toChannelsLast(r, overlappingMaxGradient(r, image, gradient, info));
    }
    const indices = r.op('MaxPoolIndices', [image], poolWindow(info));
    return toChannelsLast(
      r,
      r.op('MaxUnpool', [gradient, indices], { ...poolWindow(info), shape: image.type.shape }),
    );
  },
  AvgPool: (r, inputs, attributes) => {
    const x = need(inputs, 'x');
    const info = poolOf(x.type.shape, attributes);
    return toChannelsLast(r, r.op('AveragePool', [toChannelsFirst(r, x)], poolWindow(info)));
  },
  // The share of a whole window at padded edges too, as TensorFlow.js has it: layers pad by themselves (correct-gradients).
  AvgPoolGrad: (r, inputs, attributes) => {
    const [dy, x] = [need(inputs, 'dy'), need(inputs, 'input')];
    const info = poolOf(x.type.shape, attributes);
    const size = info.filterHeight * info.filterWidth;
    const shape = [info.inChannels, 1, info.filterHeight, info.filterWidth];
    const shares = r.constant('float32', shape, new Float32Array(sizeOf(shape)).fill(1 / size));
    const made = r.op('ConvTranspose', [toChannelsFirst(r, dy), shares], {
      ...windowOf(info),
      group: info.inChannels,
      outputPadding: outputPadding(info),
    });
    return toChannelsLast(r, made);
  },
});

function poolOf(x: readonly number[], attributes: KernelAttributes): Info {
  return tf.backend_util.computePool2DInfo(
    x as Four,
    attributes['filterSize'] as [number, number],
    attributes['strides'] as [number, number],
    1,
    attributes['pad'] as 'same',
    attributes['dimRoundingMode'] as 'floor' | undefined,
  );
}

function poolWindow(info: Info) {
  const { pads, strides } = windowOf(info);
  return { kernel: [info.filterHeight, info.filterWidth], strides, pads };
}

/**
 * Windows that share positions: for each place in the window, the outputs whose first maximum it is, spread back over
 * the input and added up. Both tensors are NCHW.
 */
function overlappingMaxGradient(r: Recording, x: Value, dy: Value, info: Info): Value {
  const { padInfo: pad, filterHeight, filterWidth, strideHeight: sy, strideWidth: sx } = info;
  const [batch = 0, channels = 0, rows = 0, columns = 0] = dy.type.shape;
  const tall = Math.max(info.inHeight + pad.top + pad.bottom, (rows - 1) * sy + filterHeight);
  const wide = Math.max(info.inWidth + pad.left + pad.right, (columns - 1) * sx + filterWidth);
  const [down, right] = [tall - info.inHeight - pad.top, wide - info.inWidth - pad.left];
  const padded = r.op('Pad', [x], { pads: [0, 0, pad.top, pad.left, 0, 0, down, right], value: -3.4e38 });
  const y = r.op('MaxPool', [x], poolWindow(info));
  let free: Value | null = null;
  let sum: Value | null = null;
  for (let i = 0; i < filterHeight; i++) {
    for (let j = 0; j < filterWidth; j++) {
      const ends = [batch, channels, i + (rows - 1) * sy + 1, j + (columns - 1) * sx + 1];
      const candidate = r.op('Slice', [padded], { starts: [0, 0, i, j], ends, steps: [1, 1, sy, sx] });
      const isMost = r.op('Equal', [candidate, y]);
      const taken: Value = free === null ? isMost : r.op('And', [isMost, free]);
      const others = r.op('Not', [isMost]);
      free = free === null ? others : r.op('And', [free, others]);
      const share = r.op('Where', [taken, dy, r.scalar(0)]);
      // Zeros between the values, where windows step over positions.
      const apart = r.op('Pad', [r.reshape(share, [batch, channels, rows, 1, columns, 1])], {
        pads: [0, 0, 0, 0, 0, 0, 0, 0, 0, sy - 1, 0, sx - 1],
        value: 0,
      });
      const spread = r.reshape(apart, [batch, channels, rows * sy, columns * sx]);
      const fitting = r.op('Slice', [spread], {
        starts: [0, 0, 0, 0],
        ends: [batch, channels, Math.min(rows * sy, tall - i), Math.min(columns * sx, wide - j)],
      });
      const [, , height = 0, width = 0] = fitting.type.shape;
      const placed = r.op('Pad', [fitting], {
        pads: [0, 0, i, j, 0, 0, tall - i - height, wide - j - width],
        value: 0,
      });
      sum = sum === null ? placed : r.op('Add', [sum, placed]);
    }
  }
  if (sum === null) throw new InternalError('trace', 'a pool of no size');
  return r.op('Slice', [sum], {
    starts: [0, 0, pad.top, pad.left],
    ends: [batch, channels, pad.top + info.inHeight, pad.left + info.inWidth],
  });
}
