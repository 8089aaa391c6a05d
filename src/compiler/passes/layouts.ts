import { sameShape, type Graph, type Operation, type Value } from '../ir';
import { rewrite, type Rewriter } from './rewrite';

const UNARY = [
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
    'Sign',
    'Reciprocal',
    'Erf',
    'Not',
  ],
  ...['Softplus', 'Elu', 'LeakyRelu', 'Clip', 'Cast'],
];
const BINARY = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Max',
  'Min',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'Equal',
  'And',
  'Where',
];

/**
 * Chains of reshapes and of transposes become one or none, and transposes move behind elementwise operations, where
 * they meet their opposites: between two convolutions of TensorFlow.js (NHWC) nothing is left of ONNX's NCHW.
 */
export function layouts(graph: Graph): Graph {
  return rewrite(graph, (operation, rewriter) => {
    const { kind, inputs, attributes, output } = operation;
    const [x] = inputs;
    if (x === undefined) return null;
    if (kind === 'Identity') return x;
    if (kind === 'Cast') return x.type.dtype === output.type.dtype ? x : lifted(operation, rewriter);
    if (kind === 'Expand' || kind === 'Tile' || kind === 'Slice' || kind === 'Pad') {
      return sameShape(x.type.shape, output.type.shape) ? x : null;
    }
    const maker = rewriter.makerOf(x);
    if (kind === 'Reshape') return reshaped(x, maker, output.type.shape, rewriter);
    if (kind === 'Transpose')
      return transposed(x, maker, attributes['permutation'] as readonly number[], rewriter);
    return lifted(operation, rewriter);
  });
}

function reshaped(
  x: Value,
  maker: Operation | null,
  shape: readonly number[],
  rewriter: Rewriter,
): Value | null {
  if (sameShape(x.type.shape, shape)) return x;
  const [source] = maker?.kind === 'Reshape' ? maker.inputs : [];
  if (source === undefined) return null;
  return sameShape(source.type.shape, shape) ? source : rewriter.op('Reshape', [source], { shape });
}

function transposed(
  x: Value,
  maker: Operation | null,
  permutation: readonly number[],
  rewriter: Rewriter,
): Value | null {
  if (permutation.every((axis, i) => axis === i)) return x;
  // Moving axes of size one moves no numbers.
  const { shape } = x.type;
  const moving = permutation.filter((axis) => shape[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || axis > (moving[i - 1] ?? 0))) {
    return rewriter.op('Reshape', [x], { shape: permutation.map((axis) => shape[axis] ?? 1) });
  }
  const [source] = maker?.kind === 'Transpose' ? maker.inputs : [];
  if (source === undefined) return null;
  const first = maker?.attributes['permutation'] as readonly number[];
  const both = permutation.map((axis) => first[axis] ?? 0);
  if (both.every((axis, i) => axis === i)) return source;
  return rewriter.op('Transpose', [source], { permutation: both });
}

/** `f(transpose(x), …)` as `transpose(f(x, …))`. */
function lifted({ kind, inputs, attributes, output }: Operation, rewriter: Rewriter): Value | null {
  if (!(UNARY.includes(kind) && inputs.length === 1) && !(BINARY.includes(kind) && inputs.length > 1))
    return null;
  const full = inputs.filter((input) => sameShape(input.type.shape, output.type.shape));
  const makers = full.map((input) => rewriter.makerOf(input));
  const [first] = makers;
  if (first?.kind !== 'Transpose') return null;
  const permutation = first.attributes['permutation'] as readonly number[];
  if (
    !makers.every(
      (maker) =>
        maker?.kind === 'Transpose' && sameShape(permutation, maker.attributes['permutation'] as number[]),
    )
  ) {
    return null;
  }
  const below: Value[] = [];
  for (const input of inputs) {
    const source = full.includes(input)
      ? rewriter.makerOf(input)?.inputs[0]
      : underTranspose(input, permutation, rewriter);
    if (source == null) return null;
    below.push(source);
  }
  return rewriter.op('Transpose', [rewriter.op(kind, below, attributes)], { permutation });
}

/** A value that is broadcast against a transposed one, laid out as before the transpose; null where it has two axes. */
function underTranspose(value: Value, permutation: readonly number[], rewriter: Rewriter): Value | null {
  const { shape } = value.type;
  if (shape.every((size) => size === 1))
    return shape.length === 0 ? value : rewriter.op('Reshape', [value], { shape: [] });
  const wide = shape.flatMap((size, i) => (size === 1 ? [] : [i - shape.length + permutation.length]));
  const [axis] = wide;
  if (wide.length !== 1 || axis === undefined) return null;
  const before = permutation.map(() => 1);
  before[permutation[axis] ?? 0] = shape[axis - permutation.length + shape.length] ?? 1;
  return rewriter.op('Reshape', [value], { shape: before });
}
