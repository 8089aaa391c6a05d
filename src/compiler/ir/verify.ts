import { InternalError } from '../../core/errors';
import { sameType, sizeOf, type Graph, type Value } from './graph';
import { infer } from './operations';

/**
 * Every value is made once and before it is used, every output has the type its operation gives, every name is there
 * once. Run after the trace and after every pass. @throws InternalError `ir` naming the operation
 */
export function verify(graph: Graph, after: string): Graph {
  const fail = (what: string): never => {
    throw new InternalError('ir', `after ${after}: ${what}`);
  };
  const known = new Set<Value>();
  const define = (value: Value, what: string): void => {
    if (known.has(value)) fail(`${what} is made twice`);
    known.add(value);
  };
  for (const ports of [graph.inputs, graph.outputs]) {
    if (new Set(ports.map(({ name }) => name)).size !== ports.length) fail('two ports have one name');
  }
  graph.inputs.forEach(({ name, value }) => {
    define(value, `input ${name}`);
  });
  graph.constants.forEach(({ value, data }, i) => {
    define(value, `constant ${String(i)}`);
    if (data.length !== sizeOf(value.type.shape))
      fail(`constant ${String(i)} has another size than its shape`);
  });
  graph.operations.forEach(({ kind, inputs, attributes, output }, i) => {
    const name = `operation ${String(i)}, ${kind},`;
    if (!inputs.every((input) => known.has(input))) fail(`${name} takes a value that is not there yet`);
    const type = infer(
      kind,
      inputs.map((input) => input.type),
      attributes,
    );
    if (!sameType(type, output.type))
      fail(`${name} gives ${type.dtype}[${type.shape.join()}], not what is stated`);
    define(output, name);
  });
  graph.outputs.forEach(({ name, value }) => {
    if (!known.has(value)) fail(`output ${name} is never made`);
  });
  return graph;
}
