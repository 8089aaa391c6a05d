import type { ColumnProfile, DatasetFormat } from '../../core/dataset';
import type { ErrorKind, FieldError } from '../../core/errors';

export interface IngestRequest {
  readonly path: string;
  readonly format: DatasetFormat | 'auto';
  /** An empty folder to write the table into. */
  readonly folder: string;
  /** An empty folder for the link to the upload and what DuckDB spills. */
  readonly workFolder: string;
  readonly memoryBytes: number;
  readonly threads: number;
}

export type IngestAnswer =
  | {
      readonly ok: true;
      readonly format: DatasetFormat;
      readonly rows: number;
      readonly profiles: readonly ColumnProfile[];
    }
  | {
      readonly ok: false;
      readonly kind: ErrorKind;
      readonly code: string;
      readonly message: string;
      readonly errors: readonly FieldError[];
    };
