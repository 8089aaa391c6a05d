import type { Graph, Value } from '../ir';
import { rewrite } from './rewrite';

/**
 * What is positive before a ReLU is positive behind it, too. With the gradient's condition taken there nothing but the ReLU
 * reads what comes before it, and ONNX Runtime computes a product and its ReLU as one.
 */
export function reluConditions(graph: Graph): Graph {
  const behind = new Map<Value, Value>();
  return rewrite(graph, ({ kind, inputs, output }, rewriter) => {
    const [x, bound] = inputs;
    if (kind === 'Relu' && x !== undefined) behind.set(x, output);
    if (kind !== 'Greater' || x === undefined || bound === undefined) return null;
    const relu = behind.get(x);
    const data = rewriter.constantOf(bound)?.data;
    const isZero = data?.length === 1 && Number(data[0]) === 0;
    return relu !== undefined && isZero ? rewriter.op('Greater', [relu, bound]) : null;
  });
}
