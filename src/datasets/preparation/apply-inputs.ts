import type { RowObject } from '../../core/dataset';
import { applyImages } from '../images/apply-images';
import { applyPreparation } from './apply';
import type { FittedPreparation } from './fitted';

/**
 * The network's inputs of rows as `predict` has them, in its order: of a table's columns, or of images.
 * @returns of each input [rows, …], row-major
 * @throws InvalidError `invalid_rows` with the path of every cell that does not fit
 */
export async function applyInputs(
  fitted: FittedPreparation,
  rows: readonly RowObject[],
): Promise<readonly (Float32Array | Int32Array)[]> {
  const { inputs, unused } = fitted;
  if (inputs[0].image === undefined) return applyPreparation(fitted, rows).inputs.map(({ data }) => data);
  const all: Float32Array[] = [];
  for (const { image } of inputs) if (image !== undefined) all.push(await applyImages(image, unused, rows));
  return all;
}
