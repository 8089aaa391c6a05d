import type { LayersModel } from '@tensorflow/tfjs-layers';
import { ModelWriter, type NamedTensor, type TensorName } from '../../compiler';
import { NotSupportedError } from '../../core/errors';
import type { ColumnStep, FittedInput, FittedPreparation } from '../../datasets';
import { networkGraph } from '../export-onnx';
import { Arithmetic } from './arithmetic';
import { dateColumns } from './dates';
import { levelColumns } from './levels';
import { clipped, numericColumns } from './numbers';
import { writeOutputs } from './outputs';

const FLOAT32 = 1;
const INT32 = 6;

/**
 * Preparation, network and what its output means as one ONNX model, for any number of rows. Inputs: one for each raw column
 * that is used, by its name, [rows, 1]: float64 (NaN: missing; a boolean is 0 or 1, a date is milliseconds since 1970) or
 * string (a word for missing, such as the empty one). Outputs: `value` [rows, 1], and of classes `probabilities` float32
 * [rows, classes]; with underscores behind where a column has that name. Unlike `predict` it refuses no cell.
 * @throws NotSupportedError `pipeline.onnx` for images, and networks that ONNX cannot express
 */
export async function exportPipeline(network: LayersModel, fitted: FittedPreparation): Promise<Uint8Array> {
  if (fitted.inputs.some(({ image }) => image !== undefined)) {
    throw unsupported(
      'images are decoded and resized, which ONNX has no operation for; model.onnx takes prepared images',
    );
  }
  const graph = await networkGraph(network, 'pipeline.onnx');
  const inputs = rawInputs(fitted);
  const names = inputs.map(({ name }) => name);
  const free = (name: string): string => (names.includes(name) ? free(`${name}_`) : name);
  const writer = new ModelWriter([...names, free('value'), free('probabilities')]);
  const a = new Arithmetic(writer);
  const raw = new Map(inputs.map((input) => [input.name, writer.input(input)]));
  const prepared = fitted.inputs.map((input) => {
    const made = input.columns.map((step) => columnsOf(a, step, raw.get(step.name) as TensorName));
    const to = input.dtype === 'int32' ? INT32 : FLOAT32;
    return writer.op('Cast', [afterSteps(a, input, a.beside(made))], { to });
  });
  writeOutputs(a, fitted.target, writer.apply(graph, prepared), free);
  return writer.finish({
    task: fitted.task,
    target: fitted.target.name,
    ...(fitted.target.kind === 'classes' ? { labels: JSON.stringify(fitted.target.labels) } : {}),
  });
}

/** One for each raw column, however many of the network's inputs are made of it. */
function rawInputs({ inputs }: FittedPreparation): readonly NamedTensor[] {
  const known = new Map<string, NamedTensor>();
  for (const { name, kind } of inputs.flatMap(({ columns }) => columns)) {
    const isText = kind === 'one-hot' || kind === 'mapped' || kind === 'embedded';
    known.set(name, { name, dtype: isText ? 'string' : 'float64', shape: ['rows', 1] });
  }
  return [...known.values()];
}

function columnsOf(a: Arithmetic, step: ColumnStep, raw: TensorName): TensorName {
  switch (step.kind) {
    case 'numeric':
      return numericColumns(a, step, raw);
    case 'date':
      return dateColumns(a, step, raw);
    case 'one-hot':
    case 'mapped':
    case 'embedded':
      return levelColumns(a, step, raw);
  }
}

/** What is made of the steps' columns [rows, made]: derived ones, a choice of them, principal components. */
function afterSteps(a: Arithmetic, { derived, kept, pca }: FittedInput, made: TensorName): TensorName {
  const products = derived.map(({ factors, center, spread }) => {
    const [first = 0, ...rest] = factors;
    const product = rest.reduce(
      (value, factor) => a.mul(value, a.columns(made, [factor])),
      a.columns(made, [first]),
    );
    return clipped(a, a.div(a.sub(product, center), spread));
  });
  const all = a.beside([made, ...products]);
  const used = kept === null ? all : a.columns(all, kept);
  if (pca === null) return used;
  const { writer } = a;
  const width = pca.mean.length;
  // [columns, components]
  const turned = pca.mean.flatMap((_, k) => pca.components.map((component) => component[k] ?? 0));
  const centred = writer.op('Sub', [used, writer.doubles(pca.mean, [1, width])]);
  return clipped(a, writer.op('MatMul', [centred, writer.doubles(turned, [width, pca.components.length])]));
}

function unsupported(reason: string): NotSupportedError {
  return new NotSupportedError('pipeline.onnx', reason);
}
