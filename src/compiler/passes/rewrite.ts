import {
  constantOf,
  operation,
  type Attributes,
  type Constant,
  type DataType,
  type Graph,
  type Operation,
  type Value,
} from '../ir';

/** What a rule sees of the graph that is being made. */
export interface Rewriter {
  /** The operation that made a value; null for inputs and constants. */
  makerOf(value: Value): Operation | null;
  constantOf(value: Value): Constant | null;
  op(kind: string, inputs: readonly Value[], attributes?: Attributes): Value;
  constant(dtype: DataType, shape: readonly number[], data: ArrayLike<number>): Value;
}

/** Gives the value to take in place of an operation's output, or null to leave it; its inputs are rewritten already. */
export type RewriteRule = (operation: Operation, rewriter: Rewriter) => Value | null;

/** Applies a rule to every operation in order. What falls out of use is left for dead code elimination. */
export function rewrite(graph: Graph, rule: RewriteRule): Graph {
  const replaced = new Map<Value, Value>();
  const makers = new Map<Value, Operation>();
  const constants = [...graph.constants];
  const known = new Map(constants.map((constant) => [constant.value, constant]));
  const operations: Operation[] = [];
  const keep = (made: Operation): Value => {
    operations.push(made);
    makers.set(made.output, made);
    return made.output;
  };
  const rewriter: Rewriter = {
    makerOf: (value) => makers.get(value) ?? null,
    constantOf: (value) => known.get(value) ?? null,
    op: (kind, inputs, attributes = {}) => keep(operation(kind, inputs, attributes)),
    constant: (dtype, shape, data) => {
      const made = constantOf(dtype, shape, data);
      constants.push(made);
      known.set(made.value, made);
      return made.value;
    },
  };
  const current = (value: Value): Value => replaced.get(value) ?? value;
  for (const original of graph.operations) {
    const inputs = original.inputs.map(current);
    const moved = inputs.some((input, i) => input !== original.inputs[i]);
    const candidate = moved ? Object.freeze({ ...original, inputs: Object.freeze(inputs) }) : original;
    const replacement = rule(candidate, rewriter);
    if (replacement === null) keep(candidate);
    else replaced.set(original.output, replacement);
  }
  const outputs = graph.outputs.map(({ name, value }) => ({ name, value: current(value) }));
  return { inputs: graph.inputs, constants, operations, outputs };
}
