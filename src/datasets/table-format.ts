import type { ColumnProfile, DatasetFormat, ImageShape } from '../core/dataset';

export const TABLE_VERSION = 1;
export const MANIFEST_FILE = 'manifest.json';

/**
 * How a column lies on disk, little-endian: `numbers`, float64 with NaN for a missing value (booleans 0 and 1,
 * datetimes in milliseconds since 1970 UTC); `codes`, int32 into `levels` with -1 for a missing value; `texts`, UTF-8
 * one after the other beside a file of float64 offsets, where an empty text is a missing value; `images`, uint8
 * [rows, height, width, channels].
 */
export type ColumnStorage =
  | { readonly kind: 'numbers'; readonly file: string }
  | { readonly kind: 'codes'; readonly file: string; readonly levels: readonly string[] }
  | { readonly kind: 'texts'; readonly file: string; readonly offsets: string }
  | { readonly kind: 'images'; readonly file: string; readonly shape: ImageShape };

export interface TableManifest {
  readonly version: typeof TABLE_VERSION;
  readonly format: DatasetFormat;
  readonly rows: number;
  readonly columns: readonly { readonly profile: ColumnProfile; readonly storage: ColumnStorage }[];
}
