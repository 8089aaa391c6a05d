import type { Constant, Graph, Value } from '../ir';
import { rewrite } from './rewrite';

const MOST_COMPARED = 64;

/** Equal operations on equal inputs, and equal small constants, are made once. */
export function commonSubexpressions(graph: Graph): Graph {
  const numbers = new Map<Value, number>();
  const numberOf = (value: Value): number => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  };
  const sameConstant = new Map<string, number>();
  for (const constant of graph.constants) {
    const key = contentOf(constant);
    const number = key === null ? undefined : sameConstant.get(key);
    if (number !== undefined) numbers.set(constant.value, number);
    else if (key !== null) sameConstant.set(key, numberOf(constant.value));
  }
  const made = new Map<string, Value>();
  return rewrite(graph, ({ kind, inputs, attributes, output }) => {
    const key = `${kind}(${inputs.map(numberOf).join()})${JSON.stringify(attributes)}`;
    const before = made.get(key);
    if (before === undefined) made.set(key, output);
    return before ?? null;
  });
}

function contentOf({ value, data }: Constant): string | null {
  if (data.length > MOST_COMPARED) return null;
  // By bits: 0 and −0 are not one number, nor are two kinds of NaN.
  const bits = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
  return `${value.type.dtype}[${value.type.shape.join()}]${bits}`;
}
