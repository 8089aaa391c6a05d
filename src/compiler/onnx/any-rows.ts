import { InternalError } from '../../core/errors';
import { sameShape, type Attribute, type Graph, type Operation, type Value } from '../ir';

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
  const general = operations.map((operation, i) => {
    const other = others[i];
    const inputs = (made: Operation, of: ReadonlyMap<Value, number>): string =>
      made.inputs.map((input) => of.get(input)).join();
    if (other?.kind !== operation.kind || inputs(operation, numbers[0]) !== inputs(other, numbers[1])) {
      throw fixed(operation.kind);
    }
    return generalised(operation, other);
  });
  first.constants.forEach(({ value }, i) => {
    const other = second.constants[i]?.value.type.shape;
    if (other === undefined || !sameShape(value.type.shape, other)) throw fixed('a constant');
  });
  return { ...first, operations: general };
}

function generalised(operation: Operation, other: Operation): Operation {
  const attributes: Record<string, Attribute> = { ...operation.attributes };
  for (const [name, value] of Object.entries(operation.attributes)) {
    const twin = other.attributes[name];
    if (JSON.stringify(value) === JSON.stringify(twin)) continue;
    if (!Array.isArray(value) || !Array.isArray(twin)) throw fixed(operation.kind);
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
