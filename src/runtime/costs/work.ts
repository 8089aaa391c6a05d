/** One call of a kernel: its name as TensorFlow.js registers it, and the shapes that went in and came out. */
export interface KernelCall {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  /** Of a matrix product: whether one of its sides is. */
  readonly transposed?: boolean;
}

/** What a training step has to do, whatever the engine. */
export interface Work {
  readonly calls: number;
  /** Multiply–add pairs of matrix products. */
  readonly products: number;
  /** Those of products with a transposed side, as a layer's gradients are: WASM takes ten times as long for them. */
  readonly transposed: number;
  /** Multiply–add pairs of convolutions. */
  readonly convolved: number;
  /** Numbers that all other kernels read or write, whichever are more. */
  readonly numbers: number;
}

/** What an engine takes on this machine, in nanoseconds. */
export interface EngineCosts {
  readonly call: number;
  readonly product: number;
  readonly transposed: number;
  readonly convolved: number;
  readonly number: number;
}

export function workOf(calls: readonly KernelCall[]): Work {
  let [products, transposed, convolved, numbers] = [0, 0, 0, 0];
  for (const { name, inputs, outputs, transposed: isTransposed = false } of calls) {
    const [a = [], b = []] = inputs;
    const [out = []] = outputs;
    if (/MatMul/.test(name) && isTransposed) transposed += matrixProducts(a, b, out);
    else if (/MatMul/.test(name)) products += matrixProducts(a, b, out);
    else if (/^(Fused)?Conv\dD/.test(name)) convolved += convolutionProducts(name, a, b, out);
    else numbers += Math.max(sum(inputs), sum(outputs));
  }
  return { calls: calls.length, products, transposed, convolved, numbers };
}

/** Milliseconds. */
export function estimate(work: Work, costs: EngineCosts): number {
  const nanoseconds =
    work.calls * costs.call +
    work.products * costs.product +
    work.transposed * costs.transposed +
    work.convolved * costs.convolved +
    work.numbers * costs.number;
  return nanoseconds / 1e6;
}

/** [.., m, k] × [.., k, n], either transposed: the inner length follows from the three sizes, with B products at once. */
function matrixProducts(a: readonly number[], b: readonly number[], out: readonly number[]): number {
  const batch = size(out.slice(0, -2));
  const inner = Math.sqrt((size(a) * size(b)) / (size(out) * batch));
  return size(out) * inner;
}

/** Each number on the output's side of the forward pass is a sum over one filter of one output channel. */
function convolutionProducts(
  name: string,
  a: readonly number[],
  b: readonly number[],
  out: readonly number[],
): number {
  // Forward (x, filter) → y; backward (x, dy) → filter, and (dy, filter) → x.
  const backFilter = name.includes('BackpropFilter');
  const backInput = name.includes('BackpropInput');
  const [outer, filter] = backFilter ? [b, out] : backInput ? [a, b] : [out, b];
  return (size(outer) * size(filter)) / (outer.at(-1) ?? 1);
}

function sum(shapes: readonly (readonly number[])[]): number {
  return shapes.reduce((total, shape) => total + size(shape), 0);
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
