import type { Attribute, Constant, Graph, TensorType, Value } from './graph';

const MOST_SHOWN = 4;

/** The graph as text: one line per value, numbered in order. Stable, so that tests compare it with golden files. */
export function print(graph: Graph): string {
  const names = new Map<Value, string>();
  const lines: string[] = [];
  for (const { name, value } of graph.inputs) {
    names.set(value, `%${name}`);
    lines.push(`input  %${name}: ${typeText(value.type)}`);
  }
  graph.constants.forEach((constant, i) => {
    names.set(constant.value, `#${String(i)}`);
    lines.push(`const  #${String(i)}: ${typeText(constant.value.type)} = ${dataText(constant)}`);
  });
  graph.operations.forEach(({ kind, inputs, attributes, output }, i) => {
    names.set(output, `%${String(i)}`);
    const taken = inputs.map((input) => names.get(input) ?? '?').join(', ');
    const described = Object.entries(attributes).map(([name, value]) => `${name}=${attributeText(value)}`);
    const suffix = described.length === 0 ? '' : ` {${described.join(', ')}}`;
    lines.push(`%${String(i)}: ${typeText(output.type)} = ${kind}(${taken})${suffix}`);
  });
  for (const { name, value } of graph.outputs) lines.push(`output ${name} = ${names.get(value) ?? '?'}`);
  return `${lines.join('\n')}\n`;
}

function typeText({ dtype, shape }: TensorType): string {
  return `${dtype}[${shape.join('×')}]`;
}

function attributeText(value: Attribute): string {
  return typeof value === 'object' ? `[${value.join(',')}]` : String(value);
}

function dataText({ data }: Constant): string {
  const first: (number | bigint)[] = [...data.subarray(0, MOST_SHOWN)];
  const shown = first.map((value) => String(Number(Number(value).toPrecision(6))));
  return data.length > MOST_SHOWN ? `${shown.join(', ')} … (${String(data.length)})` : shown.join(', ');
}
