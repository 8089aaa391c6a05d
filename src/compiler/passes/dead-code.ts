import type { Graph, Value } from '../ir';

/** Leaves out operations and constants that no output needs. Inputs stay: they are the program's interface. */
export function deadCode(graph: Graph): Graph {
  const needed = new Set<Value>(graph.outputs.map(({ value }) => value));
  const operations = [...graph.operations]
    .reverse()
    .filter(({ output, inputs }) => {
      if (!needed.has(output)) return false;
      inputs.forEach((input) => needed.add(input));
      return true;
    })
    .reverse();
  return { ...graph, operations, constants: graph.constants.filter(({ value }) => needed.has(value)) };
}
