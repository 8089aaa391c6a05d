import { sizeOf, type Graph, type Port } from '../ir';
import { Message } from './protobuf';
import { node, NodeWriter, valueInfo } from './nodes';

/**
 * Where an input of the step comes from:
 * - `state`: from the step before; the output of the same name is its next value
 * - `step`: `[steps, …shape]`, one slice for each step
 * - `window`: a run of numbers out of `<name>` `[pool]`, which begins at `<name>.starts` `[steps, 1]`, int64
 * - `gathered`: rows of `<name>` `[pool, …shape of a row]`, those that `<name>.rows` `[steps, rows]`, int32, names
 * - `fixed`: the same for all steps
 */
export type Role = 'state' | 'step' | 'window' | 'gathered' | 'fixed';
export type Roles = Readonly<Record<string, Role>>;

export const IR_VERSION = 9;
export const OPSET = 18;
export const PRODUCER = 'tuneloom';

/**
 * The step as the body of a `Scan`, as ONNX bytes. Inputs of the model are those of the roles; the steps that a run makes
 * are the length of those of each step, which `Scan` hands to its body without copying them. Outputs: the states after the
 * last step as `next.<name>`, and every other output of the step, stacked `[steps, …]`.
 */
export function scanModel(graph: Graph, roles: Roles): Uint8Array {
  const of = (...wanted: readonly Role[]): readonly Port[] =>
    graph.inputs.filter(({ name }) => wanted.some((role) => roles[name] === role));
  const [states, sliced, windows, gathered] = [of('state'), of('step'), of('window'), of('gathered')];
  const outputs = new Map(graph.outputs.map(({ name, value }) => [name, value]));
  const scanned = graph.outputs.filter(({ name }) => roles[name] !== 'state');
  const results = [
    ...states.map(({ name, value }) => outputs.get(name) ?? value),
    ...scanned.map(({ value }) => value),
  ];
  const writer = new NodeWriter(
    new Map(graph.inputs.map(({ name, value }) => [value, inner(name, roles[name])])),
    new Map(results.map((value, i) => [value, outputName(i)])),
  );
  for (const { name, value } of windows) {
    const { shape } = value.type;
    const [end, run] = [writer.fresh('w'), writer.fresh('w')];
    writer.nodes.push(
      node('Add', [`in.${name}.starts`, writer.list([sizeOf(shape)])], [end]),
      node('Slice', [name, `in.${name}.starts`, end, writer.list([0])], [run]),
      node('Reshape', [run, writer.list(shape)], [inner(name, 'window')]),
    );
  }
  for (const { name } of gathered)
    writer.nodes.push(node('Gather', [name, `in.${name}.rows`], [inner(name, 'gathered')], { axis: 0 }));
  writer.add(graph);
  // Each output of a body needs a name of its own, also where a state is handed on as it is.
  results.forEach((value, i) => {
    if (writer.nameOf(value) !== outputName(i))
      writer.nodes.push(node('Identity', [writer.nameOf(value)], [outputName(i)]));
  });
  const body = new Message();
  writer.nodes.forEach((message) => body.message(1, message));
  body.text(2, 'step');
  writer.initializers.forEach((message) => body.message(5, message));
  for (const { name, value } of [...states, ...sliced])
    body.message(11, valueInfo(inner(name, 'step'), value.type.dtype, value.type.shape));
  for (const { name } of windows) body.message(11, valueInfo(`in.${name}.starts`, 'int64', [1]));
  for (const { name, value } of gathered)
    body.message(11, valueInfo(`in.${name}.rows`, 'int32', value.type.shape.slice(0, 1)));
  results.forEach(({ type }, i) => body.message(12, valueInfo(outputName(i), type.dtype, type.shape)));

  const main = new Message();
  const names = (ports: readonly Port[]): string[] => ports.map(({ name }) => name);
  const places = [
    ...names(windows).map((name) => `${name}.starts`),
    ...names(gathered).map((name) => `${name}.rows`),
  ];
  const made = [...names(states).map((name) => `next.${name}`), ...names(scanned)];
  const count = sliced.length + places.length;
  main.message(
    1,
    node('Scan', [...names(states), ...names(sliced), ...places], made, { body, num_scan_inputs: count }),
  );
  main.text(2, 'program');
  for (const { name, value } of graph.inputs) {
    const { dtype, shape } = value.type;
    const role = roles[name];
    if (role === 'step') main.message(11, valueInfo(name, dtype, ['steps', ...shape]));
    else if (role === 'window') {
      main.message(11, valueInfo(name, dtype, [`pool.${name}`]));
      main.message(11, valueInfo(`${name}.starts`, 'int64', ['steps', 1]));
    } else if (role === 'gathered') {
      main.message(11, valueInfo(name, dtype, [`pool.${name}`, ...shape.slice(1)]));
      main.message(11, valueInfo(`${name}.rows`, 'int32', ['steps', ...shape.slice(0, 1)]));
    } else main.message(11, valueInfo(name, dtype, shape));
  }
  results.forEach(({ type }, i) => {
    const shape = i < states.length ? type.shape : ['steps', ...type.shape];
    main.message(12, valueInfo(made[i] ?? '', type.dtype, shape));
  });
  return modelOf(main, OPSET);
}

function outputName(i: number): string {
  return `out${String(i)}`;
}

function inner(name: string, role: Role | undefined): string {
  return role === 'fixed' ? name : `in.${name}`;
}

/**
 * A graph as a model of its own, without a loop.
 * @param anyRows the first axis of inputs and outputs may have any size (see `withAnyRows`)
 */
export function plainModel(graph: Graph, { anyRows = false } = {}): Uint8Array {
  const writer = new NodeWriter(new Map(graph.inputs.map(({ name, value }) => [value, name])));
  writer.add(graph);
  for (const { name, value } of graph.outputs)
    writer.nodes.push(node('Identity', [writer.nameOf(value)], [name]));
  const main = new Message();
  writer.nodes.forEach((message) => main.message(1, message));
  main.text(2, 'network');
  writer.initializers.forEach((message) => main.message(5, message));
  const described = ({ name, value: { type } }: Port): Message =>
    valueInfo(name, type.dtype, anyRows ? ['rows', ...type.shape.slice(1)] : type.shape);
  for (const port of graph.inputs) main.message(11, described(port));
  for (const port of graph.outputs) main.message(12, described(port));
  return modelOf(main, OPSET);
}

function modelOf(graph: Message, opset: number): Uint8Array {
  const version = new Message().text(1, '').int(2, opset);
  return new Message().int(1, IR_VERSION).text(2, PRODUCER).message(7, graph).message(8, version).finish();
}
