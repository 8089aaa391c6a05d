import { InternalError } from '../../core/errors';
import type { Graph } from '../ir';
import { node, NodeWriter, tensor, valueInfo, type ElementType, type NodeAttribute } from './nodes';
import { IR_VERSION, OPSET, PRODUCER } from './program';
import { Message } from './protobuf';

/** Operators for classic models; onnxruntime has them in its default builds. */
export const CLASSIC_DOMAIN = 'ai.onnx.ml';
const CLASSIC_OPSET = 2;

/** The name of a tensor in a model that is being written. */
export type TensorName = string & { readonly tensor: unique symbol };

export interface NamedTensor {
  readonly name: string;
  readonly dtype: ElementType;
  /** A text is a size that is known only when the model runs. */
  readonly shape: readonly (number | string)[];
}

/**
 * Writes what surrounds a traced graph, node by node: operations and types that the IR has not (texts, float64). Every
 * name that it makes begins with a text that no name of the outside begins with.
 */
export class ModelWriter {
  readonly #writer: NodeWriter;
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];
  readonly #constants = new Map<string, TensorName>();

  /** @param outside names of all inputs and outputs */
  constructor(outside: readonly string[]) {
    let namespace = '_';
    while (outside.some((name) => name.startsWith(namespace))) namespace += '_';
    this.#writer = new NodeWriter(new Map(), new Map(), namespace);
  }

  input({ name, dtype, shape }: NamedTensor): TensorName {
    this.#inputs.push(valueInfo(name, dtype, shape));
    return name as TensorName;
  }

  output({ name, dtype, shape }: NamedTensor, from: TensorName): void {
    this.#writer.nodes.push(node('Identity', [from], [name]));
    this.#outputs.push(valueInfo(name, dtype, shape));
  }

  /** One operation with one output; see ONNX's operators of opset 18. */
  op(
    kind: string,
    inputs: readonly TensorName[],
    attributes: Readonly<Record<string, NodeAttribute>> = {},
    domain = '',
  ): TensorName {
    const name = this.#writer.fresh('n') as TensorName;
    this.#writer.nodes.push(node(kind, inputs, [name], attributes, '', domain));
    return name;
  }

  doubles(values: readonly number[], shape: readonly number[] = [values.length]): TensorName {
    return this.#constant('float64', shape, values, (name) =>
      tensor(name, 'float64', shape, Float64Array.from(values)),
    );
  }

  integers(values: readonly number[], shape: readonly number[] = [values.length]): TensorName {
    return this.#constant('int64', shape, values, (name) =>
      tensor(name, 'int64', shape, BigInt64Array.from(values, BigInt)),
    );
  }

  booleans(values: readonly boolean[]): TensorName {
    return this.#constant('bool', [values.length], values, (name) =>
      tensor(name, 'bool', [values.length], Uint8Array.from(values, Number)),
    );
  }

  texts(values: readonly string[]): TensorName {
    return this.#constant('string', [values.length], values, (name) =>
      tensor(name, 'string', [values.length], values),
    );
  }

  /** A traced graph of one output, applied to a tensor for each of its inputs. */
  apply(graph: Graph, to: readonly TensorName[]): TensorName {
    const [output] = graph.outputs.map(({ value }) => value);
    if (output === undefined || graph.outputs.length !== 1 || graph.inputs.length !== to.length)
      throw new InternalError('onnx', 'the graph must have one output, and an input for each tensor');
    this.#writer.add(graph, new Map(graph.inputs.map(({ value }, i) => [value, to[i] as TensorName])));
    return this.#writer.nameOf(output) as TensorName;
  }

  /** The model's bytes. @param properties what a program can read beside the graph: `metadata_props` */
  finish(properties: Readonly<Record<string, string>>): Uint8Array {
    const graph = new Message();
    this.#writer.nodes.forEach((message) => graph.message(1, message));
    graph.text(2, 'pipeline');
    this.#writer.initializers.forEach((message) => graph.message(5, message));
    this.#inputs.forEach((message) => graph.message(11, message));
    this.#outputs.forEach((message) => graph.message(12, message));
    const model = new Message().int(1, IR_VERSION).text(2, PRODUCER).message(7, graph);
    model.message(8, new Message().text(1, '').int(2, OPSET));
    model.message(8, new Message().text(1, CLASSIC_DOMAIN).int(2, CLASSIC_OPSET));
    for (const [key, value] of Object.entries(properties))
      model.message(14, new Message().text(1, key).text(2, value));
    return model.finish();
  }

  #constant(
    dtype: ElementType,
    shape: readonly number[],
    values: readonly unknown[],
    make: (name: string) => Message,
  ): TensorName {
    // Infinity and -0 have no JSON of their own.
    const key = JSON.stringify([
      dtype,
      shape,
      values.map((value) => (Object.is(value, -0) ? '-0' : String(value))),
    ]);
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#writer.fresh('k') as TensorName;
    this.#constants.set(key, name);
    this.#writer.initializers.push(make(name));
    return name;
  }
}
