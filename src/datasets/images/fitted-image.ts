import type { ImageShape } from '../../core/dataset';

/**
 * How a column of images becomes the input [height, width, channels]: decoded or rounded to bytes in the `stored` shape,
 * fitted to `size` and `channels`, and each channel c scaled: (byte / 255 × range − mean[c]) / deviation[c].
 */
export interface ImageStep {
  readonly name: string;
  readonly stored: ImageShape;
  /** [height, width] */
  readonly size: readonly [number, number];
  readonly channels: 1 | 3;
  /** In the units of the file that was read: from 0 to `stored.range`. */
  readonly mean: readonly number[];
  /** > 0 */
  readonly deviation: readonly number[];
}
