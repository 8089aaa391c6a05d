import { InternalError } from '../../core/errors';
import { sameShape, type Attribute, type ConstantData, type Graph, type Operation, type Value } from '../ir';
import { ANY_ROWS } from './nodes';

/** Beyond the end of every axis. */
const TO_THE_END = Number.MAX_SAFE_INTEGER;

/**
 * One graph for any number of rows, from two traces of a function that differ in their rows alone: what differs between
 * them follows from the rows.
 * @returns the first graph with attributes that name no rows; its types still do
 * @throws InternalError `fixed_rows` where the graph of one number of rows is no graph of another
 */
export function withAnyRows(first: Graph, second: Graph): Graph {
  const numbers = [numbersOf(first), numbersOf(second)] as const;
  const [operations, others] = [first.operations, second.operations];
  if (operations.length !== others.length) throw fixed('the graph');
  const rows = [rowsOf(first), rowsOf(second)] as const;
  const general = operations.map((operation, i) => {
    const other = others[i];
    const inputs = (made: Operation, of: ReadonlyMap<Value, number>): string =>
      made.inputs.map((input) => of.get(input)).join();
    if (other?.kind !== operation.kind || inputs(operation, numbers[0]) !== inputs(other, numbers[1])) {
      throw fixed(operation.kind);
    }
    return generalised(operation, other, rows);
  });
  const filled: Operation[] = [];
  const constants = first.constants.map((constant, i) => {
    const { value, data } = constant;
    const other = second.constants[i];
    if (other !== undefined && sameShape(value.type.shape, other.value.type.shape)) return constant;
    if (other === undefined || !isUniform(data) || !isUniform(other.data) || data[0] !== other.data[0]) {
      throw fixed('a constant');
    }
    // One number for every row, as a state that recurrent layers begin with.
    const shape = anyRows('a constant', value.type.shape, other.value.type.shape, rows);
    const number: Value = { type: { dtype: value.type.dtype, shape: [] } };
    filled.push({ kind: 'Expand', inputs: [number], attributes: { shape }, output: value });
    return { value: number, data: data.slice(0, 1) };
  });
  return { ...first, constants, operations: [...filled, ...general] };
}

function isUniform(data: ConstantData): boolean {
  const [first] = data;
  for (const number of data) if (number !== first) return false;
  return first !== undefined;
}

/** The list with the one number in it that is that of the rows left open. */
function anyRows(
  what: string,
  list: readonly number[],
  other: readonly number[],
  rows: readonly [number, number],
): readonly number[] {
  const differing = list.flatMap((size, i) => (size === other[i] ? [] : [i]));
  const [place = -1] = differing;
  const isRows = differing.length === 1 && list[place] === rows[0] && other[place] === rows[1];
  if (!isRows || list.length !== other.length) throw fixed(what);
  return list.with(place, ANY_ROWS);
}

function rowsOf({ inputs: [input] }: Graph): number {
  return input?.value.type.shape[0] ?? NaN;
}

function generalised(operation: Operation, other: Operation, rows: readonly [number, number]): Operation {
  const attributes: Record<string, Attribute> = { ...operation.attributes };
  for (const [name, value] of Object.entries(operation.attributes)) {
    const twin = other.attributes[name];
    if (JSON.stringify(value) === JSON.stringify(twin)) continue;
    if (!Array.isArray(value) || !Array.isArray(twin)) throw fixed(operation.kind);
    if (operation.kind === 'Expand' || operation.kind === 'Tile') {
      attributes[name] = anyRows(operation.kind, value as number[], twin as number[], rows);
      continue;
    }
    const place =
      operation.kind === 'Reshape' ? -1 : operation.kind === 'Slice' && name === 'ends' ? TO_THE_END : null;
    const differing = (value as readonly number[]).filter((size, i) => size !== twin[i]);
    if (place === null || differing.length !== 1 || value.length !== twin.length) throw fixed(operation.kind);
    attributes[name] = (value as readonly number[]).map((size, i) => (size === twin[i] ? size : place));
  }
  return { ...operation, attributes };
}

/** Values by their order, so that two graphs can be compared. */
function numbersOf({ inputs, constants, operations }: Graph): ReadonlyMap<Value, number> {
  const values = [
    ...inputs.map(({ value }) => value),
    ...constants.map(({ value }) => value),
    ...operations.map(({ output }) => output),
  ];
  return new Map(values.map((value, i) => [value, i]));
}

function fixed(what: string): InternalError {
  return new InternalError(
    'fixed_rows',
    `${what} depends on the number of rows in a way that ONNX cannot express`,
  );
}
