import { sameShape, sizeOf, type Constant, type Graph, type Operation, type Value } from '../ir';
import { rewrite, type Rewriter } from './rewrite';

/** Larger results stay operations: a graph should not carry tables of equal numbers. */
const MOST_FOLDED = 64;

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};
const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Exp: Math.exp,
  Log: Math.log,
};
const ELEMENTWISE = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Max',
  'Min',
  'Where',
  'Pow',
  'Greater',
  'Less',
  'GreaterOrEqual',
];

/**
 * Folds arithmetic on scalar constants, lets elementwise operations broadcast a scalar instead of a table of it, and
 * drops x + 0, x − 0, x · 1 and x / 1.
 */
export function constants(graph: Graph): Graph {
  return rewrite(graph, (operation, rewriter) => {
    const { kind, inputs, attributes, output } = operation;
    const neutral = withoutNeutral(operation, rewriter);
    if (neutral !== null) return neutral;
    const scalars = inputs.map((input) => scalarOf(input, rewriter));
    if (scalars.every((scalar) => scalar !== null) && sizeOf(output.type.shape) <= MOST_FOLDED) {
      const folded = fold(kind, scalars);
      if (folded !== null && output.type.dtype === 'float32') {
        const { shape } = output.type;
        return rewriter.constant('float32', shape, new Float32Array(sizeOf(shape)).fill(folded));
      }
    }
    if (ELEMENTWISE.includes(kind) && inputs.length > 1) {
      const short = inputs.map((input, i) => shortened(input, scalars[i] ?? null, rewriter));
      const changed = short.some((value, i) => value !== inputs[i]);
      // Only where another input still gives the result its shape.
      if (changed && short.some((value) => sameShape(value.type.shape, output.type.shape))) {
        return rewriter.op(kind, short, attributes);
      }
    }
    return null;
  });
}

function fold(kind: string, values: readonly number[]): number | null {
  const [a = 0, b = 0] = values;
  if (values.length === 2) return BINARY[kind]?.(a, b) ?? null;
  if (values.length !== 1) return null;
  return kind === 'Reshape' || kind === 'Expand' ? a : (UNARY[kind]?.(a) ?? null);
}

/** The number that every element of a value has; null where that is not known. */
function scalarOf(value: Value, rewriter: Rewriter): number | null {
  const constant = rewriter.constantOf(value);
  if (constant !== null) return uniform(constant);
  const maker = rewriter.makerOf(value);
  if (maker === null || !['Expand', 'Reshape', 'Tile', 'Transpose'].includes(maker.kind)) return null;
  const [from] = maker.inputs;
  return from === undefined ? null : scalarOf(from, rewriter);
}

function uniform({ data, value }: Constant): number | null {
  if (value.type.dtype !== 'float32' || data.length === 0 || data.length > MOST_FOLDED) return null;
  const first = Number(data[0]);
  return data.every((other: number | bigint) => Object.is(Number(other), first)) ? first : null;
}

function shortened(value: Value, scalar: number | null, rewriter: Rewriter): Value {
  if (scalar === null || value.type.shape.length === 0) return value;
  return rewriter.constant('float32', [], [scalar]);
}

function withoutNeutral({ kind, inputs, output }: Operation, rewriter: Rewriter): Value | null {
  const [a, b] = inputs;
  if (a === undefined || b === undefined || inputs.length !== 2) return null;
  const neutral = kind === 'Add' || kind === 'Sub' ? 0 : kind === 'Mul' || kind === 'Div' ? 1 : null;
  if (neutral === null) return null;
  const fits = (value: Value): boolean => sameShape(value.type.shape, output.type.shape);
  if (fits(a) && scalarOf(b, rewriter) === neutral) return a;
  const commutes = kind === 'Add' || kind === 'Mul';
  return commutes && fits(b) && scalarOf(a, rewriter) === neutral ? b : null;
}
