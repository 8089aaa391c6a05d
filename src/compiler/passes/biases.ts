import type { Graph, Value } from '../ir';
import { rewrite } from './rewrite';

/** A row that is added to every row of a product is the product's third operand: `Add(Gemm(a, b), row)` is one node. */
export function biases(graph: Graph): Graph {
  const uses = usesOf(graph);
  return rewrite(graph, ({ kind, inputs, output }, rewriter) => {
    const [a, b] = inputs;
    if (kind !== 'Add' || a === undefined || b === undefined) return null;
    for (const [product, row] of [
      [a, b],
      [b, a],
    ] as const) {
      const maker = rewriter.makerOf(product);
      if (maker?.kind !== 'Gemm' || maker.inputs.length !== 2 || uses.get(product) !== 1) continue;
      const columns = output.type.shape[1];
      if (row.type.shape.length !== 1 || row.type.shape[0] !== columns) continue;
      return rewriter.op('Gemm', [...maker.inputs, row], maker.attributes);
    }
    return null;
  });
}

function usesOf({ operations, outputs }: Graph): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value): void => {
    uses.set(value, (uses.get(value) ?? 0) + 1);
  };
  operations.forEach(({ inputs }) => {
    inputs.forEach(use);
  });
  outputs.forEach(({ value }) => {
    use(value);
  });
  return uses;
}
