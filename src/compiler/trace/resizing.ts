import type { Value } from '../ir';
import type { Recording } from './recorder';
import { need, rules, type KernelAttributes, type Rule } from './rules';

/** The weight of each source position in a target position, [target, source]. */
type Weights = (target: number, source: number, settings: KernelAttributes) => Float32Array;

/**
 * Resizing is linear in the image: one matrix for rows and one for columns. Its gradient takes them transposed.
 * Images are NHWC.
 */
function resized(r: Recording, images: Value, rows: Value, columns: Value): Value {
  const planes = r.transpose(images, [0, 3, 1, 2]);
  const tall = r.op('MatMul', [rows, planes]);
  return r.transpose(r.op('MatMul', [tall, r.transpose(columns, [1, 0])]), [0, 2, 3, 1]);
}

const forward =
  (weights: Weights): Rule =>
  (r, inputs, attributes) => {
    const images = need(inputs, 'images');
    const [, height = 1, width = 1] = images.type.shape;
    const [tall = 1, wide = 1] = attributes['size'] as readonly number[];
    const rows = r.constant('float32', [tall, height], weights(tall, height, attributes));
    const columns = r.constant('float32', [wide, width], weights(wide, width, attributes));
    return resized(r, images, rows, columns);
  };

const backward =
  (weights: Weights): Rule =>
  (r, inputs, attributes) => {
    const [images, dy] = [need(inputs, 'images'), need(inputs, 'dy')];
    const [, height = 1, width = 1] = images.type.shape;
    const [, tall = 1, wide = 1] = dy.type.shape;
    const rows = r.constant('float32', [tall, height], weights(tall, height, attributes));
    const columns = r.constant('float32', [wide, width], weights(wide, width, attributes));
    return resized(r, dy, r.transpose(rows, [1, 0]), r.transpose(columns, [1, 0]));
  };

/** TensorFlow.js's rules for the source position of a target position; in float32, as its kernels are. */
function place(
  i: number,
  target: number,
  source: number,
  { alignCorners, halfPixelCenters }: KernelAttributes,
): number {
  const corners = alignCorners === true && target > 1;
  const scale = corners ? (source - 1) / (target - 1) : source / target;
  return halfPixelCenters === true ? scale * (i + 0.5) - 0.5 : scale * i;
}

const bilinear: Weights = (target, source, settings) => {
  const weights = new Float32Array(target * source);
  for (let i = 0; i < target; i++) {
    const at = place(i, target, source, settings);
    const below = Math.max(0, Math.floor(at));
    const above = Math.min(source - 1, Math.ceil(at));
    const share = at - below;
    const add = (j: number, weight: number): void => {
      weights[i * source + j] = (weights[i * source + j] ?? 0) + weight;
    };
    add(below, 1 - share);
    add(above, share);
  }
  return weights;
};

const nearest: Weights = (target, source, settings) => {
  const weights = new Float32Array(target * source);
  for (let i = 0; i < target; i++) {
    const corners = settings['alignCorners'] === true;
    const scale = corners && target > 1 ? (source - 1) / (target - 1) : source / target;
    const at = settings['halfPixelCenters'] === true ? scale * (i + 0.5) : scale * i;
    const j = Math.min(source - 1, corners ? Math.round(at) : Math.floor(at));
    weights[i * source + Math.max(0, j)] = 1;
  }
  return weights;
};

rules({
  ResizeBilinear: forward(bilinear),
  ResizeBilinearGrad: backward(bilinear),
  ResizeNearestNeighbor: forward(nearest),
  ResizeNearestNeighborGrad: backward(nearest),
});
