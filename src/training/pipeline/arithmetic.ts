import type { ModelWriter, TensorName } from '../../compiler';

/** A tensor, or a number that stands for one. */
export type Term = TensorName | number;

/** ONNX's element type of float64, as `Cast` takes it. */
const FLOAT64 = 11;

/** Float64 arithmetic, number by number, as nodes of a model. */
export class Arithmetic {
  readonly writer: ModelWriter;

  constructor(writer: ModelWriter) {
    this.writer = writer;
  }

  add = (a: Term, b: Term): TensorName => this.#op('Add', a, b);
  sub = (a: Term, b: Term): TensorName => this.#op('Sub', a, b);
  mul = (a: Term, b: Term): TensorName => this.#op('Mul', a, b);
  div = (a: Term, b: Term): TensorName => this.#op('Div', a, b);
  exp = (a: Term): TensorName => this.#op('Exp', a);
  log = (a: Term): TensorName => this.#op('Log', a);
  abs = (a: Term): TensorName => this.#op('Abs', a);
  sign = (a: Term): TensorName => this.#op('Sign', a);
  floor = (a: Term): TensorName => this.#op('Floor', a);
  sin = (a: Term): TensorName => this.#op('Sin', a);
  clip = (a: Term, low: number, high: number): TensorName => this.#op('Clip', a, low, high);
  /** @returns a bool, like those below */
  isMissing = (a: Term): TensorName => this.#op('IsNaN', a);
  less = (a: Term, b: Term): TensorName => this.#op('Less', a, b);
  lessOrEqual = (a: Term, b: Term): TensorName => this.#op('LessOrEqual', a, b);
  /** @param condition a bool */
  choose = (condition: TensorName, a: Term, b: Term): TensorName => this.#op('Where', condition, a, b);

  /** A float64 of a number or bool of any type. */
  number = (a: TensorName): TensorName => this.writer.op('Cast', [a], { to: FLOAT64 });

  /** [rows, a] and [rows, b] to [rows, a + b]. */
  beside = (parts: readonly TensorName[]): TensorName => {
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : this.writer.op('Concat', parts, { axis: 1 });
  };

  /** Columns by their places: [rows, columns] to [rows, places]. */
  columns = (of: TensorName, places: readonly number[]): TensorName =>
    this.writer.op('Gather', [of, this.writer.integers(places)], { axis: 1 });

  tensor = (term: Term): TensorName => (typeof term === 'number' ? this.writer.doubles([term], []) : term);

  #op(kind: string, ...terms: readonly Term[]): TensorName {
    return this.writer.op(kind, terms.map(this.tensor));
  }
}
