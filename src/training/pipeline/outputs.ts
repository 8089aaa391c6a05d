import type { ModelWriter, TensorName } from '../../compiler';
import type { FittedTarget } from '../../datasets';
import type { Arithmetic } from './arithmetic';
import { valueOfOutput } from './numbers';

type ClassTarget = Extract<FittedTarget, { kind: 'classes' }>;

/** Element types of a label, by the type of the target's column. */
const LABEL_TYPES = { numeric: 'float64', boolean: 'bool', categorical: 'string' } as const;

/** Writes the model's outputs. @param output [rows, units] float32, as the network gives it @param free a name that no column has */
export function writeOutputs(
  a: Arithmetic,
  target: FittedTarget,
  output: TensorName,
  free: (name: string) => string,
): void {
  const { writer } = a;
  if (target.kind === 'value') {
    const value = valueOfOutput(a, a.number(output), target);
    writer.output({ name: free('value'), dtype: 'float64', shape: ['rows', 1] }, value);
    return;
  }
  const classes = target.labels.length;
  const shares = classes > 2 ? a.number(output) : bothShares(a, a.number(output));
  const likeliest = writer.op('ArgMax', [shares], { axis: 1, keepdims: true });
  const label = writer.op('Gather', [labelsOf(writer, target), likeliest], { axis: 0 });
  writer.output({ name: free('value'), dtype: LABEL_TYPES[target.type], shape: ['rows', 1] }, label);
  const probabilities = writer.op('Cast', [shares], { to: FLOAT32 });
  writer.output({ name: free('probabilities'), dtype: 'float32', shape: ['rows', classes] }, probabilities);
}

const FLOAT32 = 1;

/** A binary network gives the probability of the second label. */
function bothShares(a: Arithmetic, second: TensorName): TensorName {
  return a.beside([a.sub(1, second), second]);
}

function labelsOf(writer: ModelWriter, { labels, type }: ClassTarget): TensorName {
  switch (type) {
    case 'numeric':
      return writer.doubles(labels.map(Number));
    case 'boolean':
      return writer.booleans(labels.map((label) => label === 'true'));
    case 'categorical':
      return writer.texts(labels);
  }
}
