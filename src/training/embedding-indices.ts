import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { InvalidError } from '../core/errors';
import { readRows, type PreparedPart, type PreparedTable } from '../datasets';
import { everyLayer } from './every-layer';

/** Layers that hand on the numbers they get, in another shape. */
const SHAPES_ONLY = ['Flatten', 'Reshape', 'Permute', 'RepeatVector'];
const CHUNK_NUMBERS = 1 << 20;

/**
 * An embedding looks its input up in a table of `inputDim` rows. What engines do with an index outside of it differs: some
 * fail in the middle of a step, some take another row. So the prepared training and validation rows are looked at before.
 * @throws InvalidError `index_out_of_range`
 */
export function assertIndices(network: LayersModel, { parts, width }: PreparedTable): void {
  const tables = everyLayer(network).filter(
    ({ layer, inside }) =>
      inside.length === 0 && layer.getClassName() === 'Embedding' && takesInput(layer.input),
  );
  if (tables.length === 0) return;
  const ranges = [parts.train, parts.validation].map((part) => rangeOf(part, width));
  const low = Math.min(...ranges.map(([least]) => least));
  const high = Math.max(...ranges.map(([, most]) => most));
  for (const { layer } of tables) {
    const rows = Number(layer.getConfig()['inputDim'] ?? layer.getConfig()['input_dim']);
    if (low >= 0 && high < rows) continue;
    throw new InvalidError(
      'index_out_of_range',
      `embedding layer ${layer.name} has ${String(rows)} rows, for the indices 0 to ${String(rows - 1)}, and the prepared ` +
        `input goes from ${String(low)} to ${String(high)}; prepare categories as "ordinal" and leave numbers unscaled, or ` +
        'raise its inputDim',
    );
  }
}

/** Whether the numbers of the network's input arrive there as they are. */
function takesInput(tensor: SymbolicTensor | SymbolicTensor[]): boolean {
  if (Array.isArray(tensor)) return tensor.some(takesInput);
  const source = tensor.sourceLayer;
  const kind = source.getClassName();
  if (kind === 'InputLayer') return true;
  return SHAPES_ONLY.includes(kind) && takesInput(source.input);
}

/** Indices are numbers cut off to whole ones, towards zero. */
function rangeOf({ x, rows }: PreparedPart, width: number): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  const most = Math.max(1, Math.floor(CHUNK_NUMBERS / width));
  for (let from = 0; from < rows; from += most) {
    for (const value of readRows(x, width, from, Math.min(rows, from + most))) {
      const index = Math.trunc(value);
      if (index < low) low = index;
      if (index > high) high = index;
    }
  }
  return [low, high];
}
