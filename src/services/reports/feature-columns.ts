import { eachImage, type Table } from '../../datasets';
import type { FeatureColumn } from '../../insight';

const WHITE = 255;

/**
 * What rows are told apart by where a model is wrong: the raw columns, and of an image, which has no order of its own,
 * how bright it is and how much its pixels differ, as shares of white.
 * @param rows ascending
 */
export async function featureColumns(
  table: Table,
  features: readonly string[],
  rows: Uint32Array,
): Promise<readonly FeatureColumn[]> {
  const columns: FeatureColumn[] = [];
  for (const name of features) {
    if (table.profile(name).type === 'image') columns.push(...(await lightOf(table, name, rows)));
    else columns.push({ name, ...(await table.pick(name, rows)) });
  }
  return columns;
}

async function lightOf(table: Table, name: string, rows: Uint32Array): Promise<readonly FeatureColumn[]> {
  const brightness = new Float64Array(rows.length);
  const contrast = new Float64Array(rows.length);
  await eachImage(table.images(name), rows, (pixels, i) => {
    let [sum, squares] = [0, 0];
    for (const byte of pixels) {
      sum += byte;
      squares += byte * byte;
    }
    const mean = sum / pixels.length;
    brightness[i] = mean / WHITE;
    contrast[i] = Math.sqrt(Math.max(0, squares / pixels.length - mean * mean)) / WHITE;
  });
  return [
    { kind: 'numbers', name: `brightness of ${name}`, values: brightness },
    { kind: 'numbers', name: `contrast of ${name}`, values: contrast },
  ];
}
