import { InternalError } from '../../core/errors';
import {
  type Attribute,
  type ConstantData,
  type DataType,
  type Graph,
  type Operation,
  type Value,
} from '../ir';
import { Message } from './protobuf';

/** Fields and enumerations of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
export const ELEMENT = { float32: 1, int32: 6, int64: 7, string: 8, bool: 9, float64: 11 } as const;
const ATTRIBUTE = { float: 1, int: 2, string: 3, graph: 5, ints: 7, strings: 8 };

/** Types of tensors in a model: those of the IR, and those that only what surrounds a graph has. */
export type ElementType = keyof typeof ELEMENT;

/** Attributes that ONNX wants as floats even where they are whole. */
const FLOATS = ['alpha', 'beta', 'epsilon'];

/** In the sizes of an operation: as many as the first input of the graph has rows. */
export const ANY_ROWS = -1;

export type NodeAttribute = Attribute | readonly string[] | Message;

/** The names of the nodes that give positions of a pooling, which ONNX Runtime's WebGPU kernel cannot give. */
export function indicesNodes({ operations }: Graph): readonly string[] {
  return operations.filter(({ kind }) => kind === 'MaxPoolIndices').map((_, i) => indicesNode(i));
}

function indicesNode(place: number): string {
  return `positions${String(place)}`;
}

export function node(
  kind: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, NodeAttribute>> = {},
  nodeName = '',
  domain = '',
): Message {
  const message = new Message();
  inputs.forEach((name) => message.text(1, name));
  outputs.forEach((name) => message.text(2, name));
  if (nodeName !== '') message.text(3, nodeName);
  message.text(4, kind);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attribute(name, value));
  if (domain !== '') message.text(7, domain);
  return message;
}

function attribute(name: string, value: NodeAttribute): Message {
  const message = new Message().text(1, name);
  if (value instanceof Message) return message.message(6, value).int(20, ATTRIBUTE.graph);
  if (typeof value === 'string') return message.text(4, value).int(20, ATTRIBUTE.string);
  if (typeof value === 'boolean') return message.int(3, Number(value)).int(20, ATTRIBUTE.int);
  if (typeof value === 'number') {
    return FLOATS.includes(name)
      ? message.float(2, value).int(20, ATTRIBUTE.float)
      : message.int(3, value).int(20, ATTRIBUTE.int);
  }
  if (value.some((item) => typeof item === 'string')) {
    value.forEach((item) => message.text(9, String(item)));
    return message.int(20, ATTRIBUTE.strings);
  }
  value.forEach((item) => message.int(8, Number(item)));
  return message.int(20, ATTRIBUTE.ints);
}

/** @param data row-major; a bool is a byte */
export function tensor(
  name: string,
  dtype: ElementType,
  shape: readonly number[],
  data: ConstantData | Float64Array | readonly string[],
): Message {
  const message = new Message();
  shape.forEach((size) => message.int(1, size));
  message.int(2, ELEMENT[dtype]).text(8, name);
  if (ArrayBuffer.isView(data))
    return message.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  data.forEach((text) => message.text(6, text));
  return message;
}

/** @param shape a text is a dimension that is known only when the graph runs */
export function valueInfo(name: string, dtype: ElementType, shape: readonly (number | string)[]): Message {
  const dimensions = new Message();
  for (const size of shape) {
    dimensions.message(
      1,
      typeof size === 'number' ? new Message().int(1, size) : new Message().text(2, size),
    );
  }
  const type = new Message().message(1, new Message().int(1, ELEMENT[dtype]).message(2, dimensions));
  return new Message().text(1, name).message(2, type);
}

/** Nodes and initialisers of an IR graph, with names for all its values. */
export class NodeWriter {
  readonly nodes: Message[] = [];
  readonly initializers: Message[] = [];
  readonly #names = new Map<Value, string>();
  readonly #lists = new Map<string, string>();
  #count = 0;
  #indices = 0;
  /** The graph's first input, whose first axis is its rows, and the name of their number where something needs it. */
  #input: Value | undefined;
  #rows: string | null = null;

  readonly #wanted: ReadonlyMap<Value, string>;
  readonly #namespace: string;

  /**
   * @param given names of the graph's inputs
   * @param wanted names that operations shall give their outputs
   * @param namespace what all other names begin with
   */
  constructor(
    given: ReadonlyMap<Value, string> = new Map(),
    wanted: ReadonlyMap<Value, string> = new Map(),
    namespace = '',
  ) {
    given.forEach((name, value) => this.#names.set(value, name));
    this.#wanted = wanted;
    this.#namespace = namespace;
  }

  /** @param given names of the graph's inputs that are not known yet */
  add(graph: Graph, given: ReadonlyMap<Value, string> = new Map()): void {
    given.forEach((name, value) => this.#names.set(value, name));
    this.#input = graph.inputs[0]?.value;
    this.#rows = null;
    for (const { value, data } of graph.constants) {
      const name = this.fresh('c');
      this.#names.set(value, name);
      this.initializers.push(tensor(name, value.type.dtype, value.type.shape, data));
    }
    for (const operation of graph.operations) this.#operation(operation);
  }

  nameOf(value: Value): string {
    const name = this.#names.get(value);
    if (name === undefined) throw new InternalError('onnx', 'a value has no name');
    return name;
  }

  fresh(prefix: string): string {
    return `${this.#namespace}${prefix}${String(this.#count++)}`;
  }

  /** The name of a constant list of whole numbers. */
  list(values: readonly number[]): string {
    const key = values.join();
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const name = this.fresh('l');
    this.#lists.set(key, name);
    this.initializers.push(tensor(name, 'int64', [values.length], BigInt64Array.from(values, BigInt)));
    return name;
  }

  /** As {@link NodeWriter.list}, where one of the numbers may be {@link ANY_ROWS}. */
  #sizes(values: readonly number[]): string {
    const place = values.indexOf(ANY_ROWS);
    if (place < 0) return this.list(values);
    if (this.#input === undefined) throw new InternalError('onnx', 'a graph without an input has no rows');
    if (this.#rows === null) {
      this.#rows = this.fresh('r');
      this.nodes.push(node('Shape', [this.nameOf(this.#input)], [this.#rows], { start: 0, end: 1 }));
    }
    const sides = [values.slice(0, place), values.slice(place + 1)];
    const [before = [], after = []] = sides.map((side) => (side.length === 0 ? [] : [this.list(side)]));
    const name = this.fresh('s');
    this.nodes.push(node('Concat', [...before, this.#rows, ...after], [name], { axis: 0 }));
    return name;
  }

  floats(values: readonly number[], shape: readonly number[]): string {
    const name = this.fresh('f');
    this.initializers.push(tensor(name, 'float32', shape, Float32Array.from(values)));
    return name;
  }

  scalar(value: number): string {
    const name = this.fresh('i');
    this.initializers.push(tensor(name, 'int64', [], BigInt64Array.of(BigInt(value))));
    return name;
  }

  #operation({ kind, inputs, attributes, output }: Operation): void {
    const name = this.#wanted.get(output) ?? this.fresh('v');
    this.#names.set(output, name);
    const names = inputs.map((input) => this.nameOf(input));
    const list = (key: string): string => this.list(attributes[key] as readonly number[]);
    const emit = (
      type: string,
      taken: readonly string[],
      given: Readonly<Record<string, NodeAttribute>> = {},
    ): void => {
      this.nodes.push(node(type, taken, [name], given));
    };
    const [x = ''] = names;
    switch (kind) {
      case 'ReduceSum':
      case 'ReduceMean':
      case 'ReduceMax':
      case 'ReduceMin':
      case 'ReduceProd':
        emit(kind, [x, list('axes')], { keepdims: attributes['keepDims'] === true });
        return;
      case 'Reshape':
        emit(kind, [x, list('shape')]);
        return;
      case 'Expand':
        emit(kind, [x, this.#sizes(attributes['shape'] as readonly number[])]);
        return;
      case 'Tile':
        emit(kind, [x, this.#sizes(attributes['repeats'] as readonly number[])]);
        return;
      case 'Transpose':
        emit(kind, [x], { perm: attributes['permutation'] as readonly number[] });
        return;
      case 'Cast':
        emit(kind, [x], { to: ELEMENT[attributes['to'] as DataType] });
        return;
      case 'Clip':
        emit(kind, [
          x,
          this.floats([Number(attributes['min'])], []),
          this.floats([Number(attributes['max'])], []),
        ]);
        return;
      case 'Slice': {
        const axes = (attributes['starts'] as readonly number[]).map((_, i) => i);
        const steps = attributes['steps'] === undefined ? [] : [list('steps')];
        emit(kind, [x, list('starts'), list('ends'), this.list(axes), ...steps]);
        return;
      }
      case 'Pad':
        emit(kind, [x, list('pads'), this.floats([Number(attributes['value'])], [])], { mode: 'constant' });
        return;
      case 'Gather':
        emit(kind, names, attributes);
        return;
      case 'OneHot':
        emit(kind, [x, this.scalar(Number(attributes['depth'])), this.floats([0, 1], [2])], { axis: -1 });
        return;
      case 'ScatterAdd': {
        const [rows = '', indices = '', updates = ''] = names;
        const tuples = this.fresh('t');
        this.nodes.push(node('Unsqueeze', [indices, this.list([-1])], [tuples]));
        emit('ScatterND', [rows, tuples, updates], { reduction: 'add' });
        return;
      }
      case 'ArgMax':
        emit(kind, [x], { axis: Number(attributes['axis']), keepdims: false });
        return;
      case 'ConvTranspose':
        emit(kind, names, renamed(attributes, { outputPadding: 'output_padding' }));
        return;
      case 'MaxPool':
      case 'AveragePool':
        emit(kind, [x], renamed(attributes, { kernel: 'kernel_shape' }));
        return;
      case 'MaxPoolIndices':
        this.nodes.push(
          node(
            'MaxPool',
            [x],
            [this.fresh('u'), name],
            renamed(attributes, { kernel: 'kernel_shape' }),
            indicesNode(this.#indices++),
          ),
        );
        return;
      case 'MaxUnpool': {
        const { kernel = [], strides = [], pads = [] } = attributes;
        // The runtime holds the shape against what the window makes of the input, and refuses a smaller one.
        emit(kind, [...names, list('shape')], { kernel_shape: kernel, strides, pads });
        return;
      }
      default:
        emit(kind, names, attributes);
    }
  }
}

function renamed(
  attributes: Readonly<Record<string, Attribute>>,
  names: Readonly<Record<string, string>>,
): Record<string, Attribute> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [names[name] ?? name, value]));
}
