import { sizeOf, type Graph } from '../ir';
import { rewrite } from './rewrite';

/** The row of ones is stored in the graph. */
const MOST_ROWS = 4096;

/**
 * Sums over all axes but the last (the gradients of biases) become a product with a row of ones, which ONNX Runtime
 * computes several times faster than its reduction over leading axes.
 */
export function columnSums(graph: Graph): Graph {
  return rewrite(graph, ({ kind, inputs, attributes, output }, rewriter) => {
    const [x] = inputs;
    if (kind !== 'ReduceSum' || x?.type.dtype !== 'float32') return null;
    const { shape } = x.type;
    const axes = attributes['axes'] as readonly number[];
    const columns = shape.at(-1) ?? 1;
    const rows = sizeOf(shape) / columns;
    const leading = axes.length === shape.length - 1 && axes.every((axis) => axis < shape.length - 1);
    if (!leading || columns < 2 || rows < 2 || rows > MOST_ROWS) return null;
    const ones = rewriter.constant('float32', [rows], new Float32Array(rows).fill(1));
    const matrix = shape.length === 2 ? x : rewriter.op('Reshape', [x], { shape: [rows, columns] });
    const sums = rewriter.op('MatMul', [ones, matrix]);
    return rewriter.op('Reshape', [sums], { shape: output.type.shape });
  });
}
