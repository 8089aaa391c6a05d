import * as tfl from '@tensorflow/tfjs-layers';
import { columnsOf } from '../artifacts';
import { deriveSeed } from '../core/random';
import type { InputLayout } from '../datasets';

/** Standard deviation of a new vector's numbers: of Keras's uniform ones about the same. */
const SPREAD = 0.05;

/**
 * The numbers of the prepared rows, [rows, columns], with each embedded column's vector beside them (Guo and Berkhahn,
 * Entity Embeddings of Categorical Variables, 2016). An input of its own takes each column's indices when the network is
 * exported.
 */
export function withEmbeddings(
  prepared: tfl.SymbolicTensor,
  { shape: [width = 0], numbers: name, embedded }: InputLayout,
  seed: number,
): tfl.SymbolicTensor {
  const count = width - embedded.length;
  const vectors = embedded.map(({ input, rows, size }, i) => {
    const columns = { name: input, from: count + i, count: 1, dtype: 'int32' } as const;
    const indices = columnsOf(prepared, columns);
    const embedding = tfl.layers.embedding({
      name: `${input}_embedding`,
      inputDim: rows,
      outputDim: size,
      embeddingsInitializer: tfl.initializers.randomNormal({
        mean: 0,
        stddev: SPREAD,
        seed: deriveSeed(seed, 'init', 'embedding', i),
      }),
    });
    const vector = embedding.apply(indices) as tfl.SymbolicTensor;
    return tfl.layers.flatten({ name: `${input}_vector` }).apply(vector) as tfl.SymbolicTensor;
  });
  const numbers = count === 0 ? [] : [columnsOf(prepared, { name, from: 0, count, dtype: 'float32' })];
  const all = [...numbers, ...vectors];
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  return tfl.layers.concatenate({ name: 'features' }).apply(all) as tfl.SymbolicTensor;
}
