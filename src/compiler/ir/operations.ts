import { InternalError } from '../../core/errors';
import {
  sizeOf,
  valueOf,
  type Attributes,
  type DataType,
  type Operation,
  type TensorType,
  type Value,
} from './graph';

/** Gives an operation's output type, or throws a sentence that says what does not fit. */
type Infer = (inputs: readonly TensorType[], attributes: Attributes) => TensorType;

function fail(message: string): never {
  throw new InternalError('ir', message);
}

function at(inputs: readonly TensorType[], i: number): TensorType {
  return inputs[i] ?? fail(`input ${String(i)} is missing`);
}

function list(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name];
  return Array.isArray(value) ? (value as readonly number[]) : fail(`attribute ${name} must be a list`);
}

function number(attributes: Attributes, name: string, fallback?: number): number {
  const value = attributes[name] ?? fallback;
  return typeof value === 'number' ? value : fail(`attribute ${name} must be a number`);
}

/** NumPy's rule, as ONNX has it. */
export function broadcast(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (x !== y && x !== 1 && y !== 1) fail(`shapes [${a.join()}] and [${b.join()}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

function elementwise(dtype?: DataType): Infer {
  return (inputs) => {
    const [a, b] = [at(inputs, 0), at(inputs, 1)];
    if (a.dtype !== b.dtype) fail(`${a.dtype} and ${b.dtype} are not one type`);
    return { dtype: dtype ?? a.dtype, shape: broadcast(a.shape, b.shape) };
  };
}

const same: Infer = (inputs) => at(inputs, 0);

const reduce: Infer = (inputs, attributes) => {
  const { dtype, shape } = at(inputs, 0);
  const axes = list(attributes, 'axes');
  if (axes.some((axis) => axis < 0 || axis >= shape.length)) fail(`axes ${axes.join()} are not in the shape`);
  const kept = attributes['keepDims'] === true;
  return {
    dtype,
    shape: kept
      ? shape.map((size, i) => (axes.includes(i) ? 1 : size))
      : shape.filter((_, i) => !axes.includes(i)),
  };
};

function matrix({ shape }: TensorType, transposed: boolean): readonly [number, number] {
  if (shape.length < 2) fail(`a matrix is needed, not [${shape.join()}]`);
  const [rows = 0, columns = 0] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

const gemm: Infer = (inputs, attributes) => {
  const [rows, inner] = matrix(at(inputs, 0), attributes['transA'] === true);
  const [other, columns] = matrix(at(inputs, 1), attributes['transB'] === true);
  if (at(inputs, 0).shape.length !== 2 || at(inputs, 1).shape.length !== 2) fail('Gemm takes matrices');
  if (inner !== other) fail(`Gemm of inner sizes ${String(inner)} and ${String(other)}`);
  const bias = inputs[2];
  if (
    bias !== undefined &&
    broadcast(bias.shape, [rows, columns]).join() !== `${String(rows)},${String(columns)}`
  ) {
    fail('Gemm with a bias of another shape');
  }
  return { dtype: 'float32', shape: [rows, columns] };
};

const matmul: Infer = (inputs) => {
  const [a, b] = [at(inputs, 0), at(inputs, 1)];
  // A list is a row, and so is what becomes of it.
  const isRow = a.shape.length === 1;
  const [rows, inner] = matrix(isRow ? { ...a, shape: [1, ...a.shape] } : a, false);
  const [other, columns] = matrix(b, false);
  if (inner !== other) fail(`MatMul of inner sizes ${String(inner)} and ${String(other)}`);
  return {
    dtype: 'float32',
    shape: [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), ...(isRow ? [] : [rows]), columns],
  };
};

/** Spatial size after a window of `kernel` with dilation, stride and the pads of both ends. */
function windows(
  attributes: Attributes,
  spatial: readonly number[],
  kernel: readonly number[],
): readonly number[] {
  const strides = list(attributes, 'strides');
  const pads = list(attributes, 'pads');
  const dilations =
    attributes['dilations'] === undefined ? kernel.map(() => 1) : list(attributes, 'dilations');
  return spatial.map((size, i) => {
    const extent = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1;
    const padded = size + (pads[i] ?? 0) + (pads[i + spatial.length] ?? 0);
    return Math.floor((padded - extent) / (strides[i] ?? 1)) + 1;
  });
}

const conv: Infer = (inputs, attributes) => {
  const [x, w] = [at(inputs, 0), at(inputs, 1)];
  const group = number(attributes, 'group', 1);
  const [batch = 0, channels = 0, ...spatial] = x.shape;
  const [filters = 0, depth = 0, ...kernel] = w.shape;
  if (channels !== depth * group)
    fail(`Conv of ${String(channels)} channels with filters of ${String(depth)}`);
  return { dtype: 'float32', shape: [batch, filters, ...windows(attributes, spatial, kernel)] };
};

const convTranspose: Infer = (inputs, attributes) => {
  const [x, w] = [at(inputs, 0), at(inputs, 1)];
  const [batch = 0, channels = 0, ...spatial] = x.shape;
  const [filters = 0, depth = 0, ...kernel] = w.shape;
  const group = number(attributes, 'group', 1);
  if (channels !== filters) fail('ConvTranspose of other channels than its filters');
  const [strides, pads, extra] = [
    list(attributes, 'strides'),
    list(attributes, 'pads'),
    list(attributes, 'outputPadding'),
  ];
  const dilations = list(attributes, 'dilations');
  const sizes = spatial.map((size, i) => {
    const extent = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1;
    return (
      (size - 1) * (strides[i] ?? 1) +
      extent +
      (extra[i] ?? 0) -
      (pads[i] ?? 0) -
      (pads[i + spatial.length] ?? 0)
    );
  });
  return { dtype: 'float32', shape: [batch, depth * group, ...sizes] };
};

const pool: Infer = (inputs, attributes) => {
  const { dtype, shape } = at(inputs, 0);
  const [batch = 0, channels = 0, ...spatial] = shape;
  return { dtype, shape: [batch, channels, ...windows(attributes, spatial, list(attributes, 'kernel'))] };
};

const TABLE: Readonly<Record<string, Infer>> = {
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min'].map((kind) => [kind, elementwise()]),
  ),
  ...Object.fromEntries(
    ['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal', 'And', 'Or'].map((kind) => [
      kind,
      elementwise('bool'),
    ]),
  ),
  ...Object.fromEntries(
    [
      ...[
        'Relu',
        'Sigmoid',
        'Tanh',
        'Sqrt',
        'Exp',
        'Log',
        'Neg',
        'Abs',
        'Floor',
        'Ceil',
        'Sign',
        'Reciprocal',
        'Erf',
      ],
      ...[
        'Softplus',
        'Softsign',
        'Sin',
        'Cos',
        'Elu',
        'LeakyRelu',
        'Clip',
        'Softmax',
        'LogSoftmax',
        'Not',
        'Identity',
      ],
    ].map((kind) => [kind, same]),
  ),
  ...Object.fromEntries(
    ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd'].map((kind) => [kind, reduce]),
  ),
  Cast: (inputs, attributes) => ({ dtype: attributes['to'] as DataType, shape: at(inputs, 0).shape }),
  Where: (inputs) => {
    const [condition, a, b] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    if (condition.dtype !== 'bool' || a.dtype !== b.dtype) fail('Where takes a bool and two of one type');
    return { dtype: a.dtype, shape: broadcast(condition.shape, broadcast(a.shape, b.shape)) };
  },
  Reshape: (inputs, attributes) => {
    const { dtype, shape } = at(inputs, 0);
    const to = list(attributes, 'shape');
    if (sizeOf(shape) !== sizeOf(to)) fail(`[${shape.join()}] cannot become [${to.join()}]`);
    return { dtype, shape: to };
  },
  Transpose: (inputs, attributes) => {
    const { dtype, shape } = at(inputs, 0);
    const permutation = list(attributes, 'permutation');
    if ([...permutation].sort((a, b) => a - b).join() !== shape.map((_, i) => i).join())
      fail('is no permutation');
    return { dtype, shape: permutation.map((axis) => shape[axis] ?? 0) };
  },
  Concat: (inputs, attributes) => {
    const axis = number(attributes, 'axis');
    const { dtype, shape } = at(inputs, 0);
    return {
      dtype,
      shape: shape.map((size, i) =>
        i === axis ? inputs.reduce((sum, input) => sum + (input.shape[i] ?? 0), 0) : size,
      ),
    };
  },
  Slice: (inputs, attributes) => {
    const { dtype, shape } = at(inputs, 0);
    const [starts, ends] = [list(attributes, 'starts'), list(attributes, 'ends')];
    const steps = attributes['steps'] === undefined ? shape.map(() => 1) : list(attributes, 'steps');
    if (starts.some((start, i) => start < 0 || start > (ends[i] ?? 0) || (ends[i] ?? 0) > (shape[i] ?? 0))) {
      fail(`[${starts.join()}] to [${ends.join()}] is not inside [${shape.join()}]`);
    }
    return { dtype, shape: starts.map((start, i) => Math.ceil(((ends[i] ?? 0) - start) / (steps[i] ?? 1))) };
  },
  Pad: (inputs, attributes) => {
    const { dtype, shape } = at(inputs, 0);
    const pads = list(attributes, 'pads');
    return { dtype, shape: shape.map((size, i) => size + (pads[i] ?? 0) + (pads[i + shape.length] ?? 0)) };
  },
  Expand: (inputs, attributes) => ({
    dtype: at(inputs, 0).dtype,
    shape: broadcast(at(inputs, 0).shape, list(attributes, 'shape')),
  }),
  Tile: (inputs, attributes) => {
    const repeats = list(attributes, 'repeats');
    return {
      dtype: at(inputs, 0).dtype,
      shape: at(inputs, 0).shape.map((size, i) => size * (repeats[i] ?? 1)),
    };
  },
  Gather: (inputs, attributes) => {
    const axis = number(attributes, 'axis');
    const { dtype, shape } = at(inputs, 0);
    return { dtype, shape: [...shape.slice(0, axis), ...at(inputs, 1).shape, ...shape.slice(axis + 1)] };
  },
  OneHot: (inputs, attributes) => ({
    dtype: 'float32',
    shape: [...at(inputs, 0).shape, number(attributes, 'depth')],
  }),
  /** Rows of `updates` [indices, …row] added to the rows [rows, …row] of a tensor that the indices name. */
  ScatterAdd: (inputs) => {
    const [rows, indices, updates] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    if (indices.dtype !== 'int64' || indices.shape.length !== 1) fail('indices must be a list of int64');
    const wanted = [...indices.shape, ...rows.shape.slice(1)].join();
    if (updates.shape.join() !== wanted) fail(`updates [${updates.shape.join()}] must be [${wanted}]`);
    return rows;
  },
  ArgMax: (inputs, attributes) => ({
    dtype: 'int64',
    shape: at(inputs, 0).shape.filter((_, i) => i !== number(attributes, 'axis')),
  }),
  Gemm: gemm,
  MatMul: matmul,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  /** The second output of ONNX's MaxPool: positions in the whole input, the first of equal ones. */
  MaxPoolIndices: (inputs, attributes) => ({ dtype: 'int64', shape: pool(inputs, attributes).shape }),
  MaxUnpool: (inputs, attributes) => ({ dtype: at(inputs, 0).dtype, shape: list(attributes, 'shape') }),
};

/** The output type of an operation. @throws InternalError `ir` where inputs or attributes do not fit */
export function infer(kind: string, inputs: readonly TensorType[], attributes: Attributes): TensorType {
  const rule = TABLE[kind] ?? fail(`there is no operation ${kind}`);
  return rule(inputs, attributes);
}

/** A frozen operation on values, with its output's type worked out. */
export function operation(kind: string, inputs: readonly Value[], attributes: Attributes = {}): Operation {
  const type = infer(
    kind,
    inputs.map((input) => input.type),
    attributes,
  );
  return Object.freeze({
    kind,
    inputs: Object.freeze([...inputs]),
    attributes: Object.freeze({ ...attributes }),
    output: valueOf(type.dtype, type.shape),
  });
}
