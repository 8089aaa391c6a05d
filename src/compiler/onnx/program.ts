import { sizeOf, type Graph, type Port, type Value } from '../ir';
import { Message } from './protobuf';
import { node, NodeWriter, valueInfo } from './nodes';

/**
 * Where an input of the step comes from:
 * - `state`: from the step before; the output of the same name is its next value
 * - `step`: `[steps, …shape]`, one slice for each step
 * - `window`: a run of numbers out of `<name>` `[pool]`, which begins at `<name>.starts` `[steps, 1]`, int64
 * - `fixed`: the same for all steps
 */
export type Role = 'state' | 'step' | 'window' | 'fixed';
export type Roles = Readonly<Record<string, Role>>;

const IR_VERSION = 9;
const OPSET = 18;

/**
 * The step as the body of a `Loop`, as ONNX bytes. Inputs of the model: `steps` (int64 scalar) and those of the roles.
 * Outputs: the states after the last step, and every other output of the step, stacked `[steps, …]`.
 */
export function loopModel(graph: Graph, roles: Roles): Uint8Array {
  const of = (role: Role): readonly Port[] => graph.inputs.filter(({ name }) => roles[name] === role);
  const states = of('state');
  const named = new Map<Value, string>(
    graph.inputs.map(({ name, value }) => [value, inner(name, roles[name])]),
  );
  const writer = new NodeWriter(named);
  for (const { name, value } of of('step')) {
    writer.nodes.push(node('Gather', [name, 'iteration'], [named.get(value) ?? ''], { axis: 0 }));
  }
  for (const { name, value } of of('window')) {
    const { shape } = value.type;
    const [start, end, run] = [writer.fresh('w'), writer.fresh('w'), writer.fresh('w')];
    writer.nodes.push(
      node('Gather', [`${name}.starts`, 'iteration'], [start], { axis: 0 }),
      node('Add', [start, writer.list([sizeOf(shape)])], [end]),
      node('Slice', [name, start, end, writer.list([0])], [run]),
      node('Reshape', [run, writer.list(shape)], [named.get(value) ?? '']),
    );
  }
  writer.add(graph);
  const outputs = new Map(graph.outputs.map(({ name, value }) => [name, value]));
  const next = states.map(({ name }) => outputs.get(name));
  const scanned = graph.outputs.filter(({ name }) => roles[name] !== 'state');
  writer.nodes.push(node('Identity', ['running'], ['on']));
  // Each output of a body needs a name of its own, even where a state is handed on as it is.
  const out = (value: Value | undefined, i: number): string => {
    const name = `out${String(i)}`;
    if (value !== undefined) writer.nodes.push(node('Identity', [writer.nameOf(value)], [name]));
    return name;
  };
  const results = [...next, ...scanned.map(({ value }) => value)];
  const resultNames = results.map(out);
  const body = new Message();
  writer.nodes.forEach((message) => body.message(1, message));
  body.text(2, 'step');
  writer.initializers.forEach((message) => body.message(5, message));
  body.message(11, valueInfo('iteration', 'int64', [])).message(11, valueInfo('running', 'bool', []));
  for (const { name, value } of states)
    body.message(11, valueInfo(inner(name, 'state'), value.type.dtype, value.type.shape));
  body.message(12, valueInfo('on', 'bool', []));
  results.forEach((value, i) => {
    if (value !== undefined)
      body.message(12, valueInfo(resultNames[i] ?? '', value.type.dtype, value.type.shape));
  });

  const main = new Message();
  const stateNames = states.map(({ name }) => name);
  const loopOutputs = [...stateNames.map((name) => `next.${name}`), ...scanned.map(({ name }) => name)];
  main.message(1, node('Loop', ['steps', '', ...stateNames], loopOutputs, { body }));
  main.text(2, 'program').message(11, valueInfo('steps', 'int64', []));
  for (const { name, value } of graph.inputs) {
    const { dtype, shape } = value.type;
    const role = roles[name];
    if (role === 'step') main.message(11, valueInfo(name, dtype, ['steps', ...shape]));
    else if (role === 'window') {
      main.message(11, valueInfo(name, dtype, [`pool.${name}`]));
      main.message(11, valueInfo(`${name}.starts`, 'int64', ['steps', 1]));
    } else main.message(11, valueInfo(name, dtype, shape));
  }
  states.forEach(({ name, value }) =>
    main.message(12, valueInfo(`next.${name}`, value.type.dtype, value.type.shape)),
  );
  scanned.forEach(({ name, value }) =>
    main.message(12, valueInfo(name, value.type.dtype, ['steps', ...value.type.shape])),
  );
  return modelOf(main, OPSET);
}

function inner(name: string, role: Role | undefined): string {
  return role === 'fixed' ? name : `in.${name}`;
}

/** A graph as a model of its own, without a loop. */
export function plainModel(graph: Graph): Uint8Array {
  const writer = new NodeWriter(new Map(graph.inputs.map(({ name, value }) => [value, name])));
  writer.add(graph);
  for (const { name, value } of graph.outputs)
    writer.nodes.push(node('Identity', [writer.nameOf(value)], [name]));
  const main = new Message();
  writer.nodes.forEach((message) => main.message(1, message));
  main.text(2, 'network');
  writer.initializers.forEach((message) => main.message(5, message));
  for (const { name, value } of graph.inputs)
    main.message(11, valueInfo(name, value.type.dtype, value.type.shape));
  for (const { name, value } of graph.outputs)
    main.message(12, valueInfo(name, value.type.dtype, value.type.shape));
  return modelOf(main, OPSET);
}

function modelOf(graph: Message, opset: number): Uint8Array {
  const version = new Message().text(1, '').int(2, opset);
  return new Message().int(1, IR_VERSION).text(2, 'tuneloom').message(7, graph).message(8, version).finish();
}
