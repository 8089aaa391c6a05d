import type { LayersModel } from '@tensorflow/tfjs-layers';
import { optimise, plainModel, withAnyRows, type Graph } from '../compiler';
import { InternalError, NotSupportedError, TuneloomError } from '../core/errors';
import { inputNames } from '../artifacts';
import { layoutOf, tensorOfInput, traceForward } from './compiled-step';

/** Two traces that differ in their rows alone show what follows from the rows; sizes of layers are seldom primes. */
const ROWS = [97, 101] as const;

/**
 * A network as an ONNX model for any number of rows: input `input` float32 [rows, …] (of several `input_0`, `input_1` …; of
 * embedded categories int32), output `output` float32 [rows, …].
 * @throws NotSupportedError where the compiler does not take the network, or its graph is bound to a number of rows
 */
export async function exportOnnx(network: LayersModel): Promise<Uint8Array> {
  return plainModel(await networkGraph(network, 'model.onnx'), { anyRows: true });
}

/** The graph of {@link exportOnnx}, whose types name a number of rows that nothing depends on. @param file that it is for */
export async function networkGraph(network: LayersModel, file: string): Promise<Graph> {
  try {
    const graphs: Graph[] = [];
    for (const rows of ROWS) graphs.push(await forwardGraph(network, rows));
    const [first, second] = graphs as [Graph, Graph];
    return withAnyRows(first, second);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof TuneloomError && error.code !== 'fixed_rows' && error.kind !== 'internal')
      throw error;
    throw new NotSupportedError(file, `this network cannot be written as ONNX: ${reason}`);
  }
}

/** Input to output, with the network's weights as constants. */
async function forwardGraph(network: LayersModel, rows: number): Promise<Graph> {
  const layout = layoutOf(network, false);
  const { graph } = await traceForward({ raw: network }, layout, rows);
  const places = new Map([
    ...layout.groups.map(({ name, weights }) => [name, weights[0] ?? 0] as const),
    ...layout.others.map((i) => [`weight${String(i)}`, i] as const),
  ]);
  const constants = graph.inputs.flatMap(({ name, value }) => {
    const weight = network.weights[places.get(name) ?? -1];
    return weight === undefined ? [] : [{ value, data: Float32Array.from(weight.read().dataSync()) }];
  });
  return optimise({
    ...graph,
    inputs: inputNames(network).map((name, i) => {
      const input = graph.inputs.find((each) => each.name === tensorOfInput(i));
      if (input === undefined) throw new InternalError('onnx', `the graph has no input ${name}`);
      return { name, value: input.value };
    }),
    constants: [...graph.constants, ...constants],
    outputs: graph.outputs.map(({ value }) => ({ name: 'output', value })),
  });
}
