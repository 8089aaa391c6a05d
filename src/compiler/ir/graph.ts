export type DataType = 'float32' | 'int32' | 'int64' | 'bool';

export interface TensorType {
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** The result of an operation, an input or a constant; values are told apart by identity. */
export interface Value {
  readonly type: TensorType;
}

export type Attribute = number | boolean | string | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** One node: ONNX's operation of the same name, with shapes and axes as attributes and one output. */
export interface Operation {
  readonly kind: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly output: Value;
}

export type ConstantData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface Constant {
  readonly value: Value;
  /** Row-major; a bool is a byte. */
  readonly data: ConstantData;
}

export interface Port {
  readonly name: string;
  readonly value: Value;
}

/** A program without branches: every operation comes after those whose outputs it takes. */
export interface Graph {
  readonly inputs: readonly Port[];
  readonly constants: readonly Constant[];
  readonly operations: readonly Operation[];
  readonly outputs: readonly Port[];
}

export function valueOf(dtype: DataType, shape: readonly number[]): Value {
  return Object.freeze({ type: Object.freeze({ dtype, shape: Object.freeze([...shape]) }) });
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** A constant of one value, in the array type of its data type. */
export function constantOf(dtype: DataType, shape: readonly number[], data: ArrayLike<number>): Constant {
  return Object.freeze({ value: valueOf(dtype, shape), data: arrayOf(dtype, data) });
}

export function arrayOf(dtype: DataType, data: ArrayLike<number>): ConstantData {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(data);
    case 'int32':
      return Int32Array.from(data);
    case 'int64':
      return BigInt64Array.from(Array.from(data, (number) => BigInt(number)));
    case 'bool':
      return Uint8Array.from(data);
  }
}
