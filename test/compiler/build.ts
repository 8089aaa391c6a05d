import {
  constantOf,
  operation,
  valueOf,
  type Attributes,
  type Constant,
  type DataType,
  type Graph,
  type Operation,
  type Value,
} from '../../src/compiler/ir';

/** Writes a graph by hand, an operation after the other. */
export class Builder {
  readonly #inputs: { name: string; value: Value }[] = [];
  readonly #constants: Constant[] = [];
  readonly #operations: Operation[] = [];

  input(name: string, shape: readonly number[], dtype: DataType = 'float32'): Value {
    const value = valueOf(dtype, shape);
    this.#inputs.push({ name, value });
    return value;
  }

  constant(shape: readonly number[], data: readonly number[], dtype: DataType = 'float32'): Value {
    const made = constantOf(dtype, shape, data);
    this.#constants.push(made);
    return made.value;
  }

  op(kind: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const made = operation(kind, inputs, attributes);
    this.#operations.push(made);
    return made.output;
  }

  graph(outputs: Readonly<Record<string, Value>>): Graph {
    return {
      inputs: this.#inputs,
      constants: this.#constants,
      operations: this.#operations,
      outputs: Object.entries(outputs).map(([name, value]) => ({ name, value })),
    };
  }
}
