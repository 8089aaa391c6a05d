import { sameShape, type Graph } from '../ir';
import { rewrite } from './rewrite';

/** A product with a condition that was cast to numbers (the gradient of ReLU) becomes one selection. */
export function selections(graph: Graph): Graph {
  return rewrite(graph, ({ kind, inputs, output }, rewriter) => {
    const [a, b] = inputs;
    if (kind !== 'Mul' || a === undefined || b === undefined) return null;
    for (const [factor, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const maker = rewriter.makerOf(factor);
      const [condition] = maker?.kind === 'Cast' ? maker.inputs : [];
      if (condition?.type.dtype !== 'bool' || !sameShape(other.type.shape, output.type.shape)) continue;
      return rewriter.op('Where', [condition, other, rewriter.constant('float32', [], [0])]);
    }
    return null;
  });
}
