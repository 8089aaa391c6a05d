export type DatasetFormat = 'csv' | 'tsv' | 'json' | 'ndjson' | 'parquet' | 'npz' | 'zip';
export type ColumnType = 'numeric' | 'categorical' | 'boolean' | 'datetime' | 'text' | 'image';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Rows without a value. */
  readonly missing: number;
  /** Distinct values, missing ones left out. */
  readonly distinct: number;
}

/** A column with what the resolution of `auto` fields needs; computed once, when the file is read. */
export interface ColumnProfile extends Column {
  /** Numeric: every value is a whole number. */
  readonly integral: boolean;
  /**
   * The distinct values as text with their counts, most frequent first (ties: by code unit order), where
   * there are at most 1 000 of them; else null.
   */
  readonly levels: readonly LevelCount[] | null;
  /** Of a column of images. */
  readonly image?: ImageShape;
}

/** Images as they are stored: all of one size, as bytes. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  /** Grey, or red, green and blue. */
  readonly channels: 1 | 3;
  /** What white was in the file that was read: of arrays of fractions 1, else 255. */
  readonly range: 1 | 255;
}

export interface LevelCount {
  readonly value: string;
  readonly count: number;
}

export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly format: DatasetFormat;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly createdAt: string;
}

/** A dataset as it is stored: the resource, with the profiles of its columns and the key of its table cache. */
export interface StoredDataset extends Dataset {
  readonly profiles: readonly ColumnProfile[];
  /** Name of the folder below `DATA_DIR/tables` that holds the parsed columns. */
  readonly tableKey: string;
}

/** One row as the API shows it; missing values are null, times ISO 8601. */
export type RowObject = Readonly<Record<string, string | number | boolean | null>>;
