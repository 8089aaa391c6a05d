import type { Metrics, Task } from './metrics';

export interface TensorDescription {
  readonly name: string;
  /** The first entry is null: rows. */
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
}

export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Model {
  readonly id: string;
  readonly study: string;
  readonly trial: number;
  readonly task: Task;
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  readonly metrics: {
    readonly train: Metrics | null;
    readonly validation: Metrics | null;
    readonly test: Metrics | null;
  };
  readonly parameters: number;
  /** `model.json`, `weights.bin`, `preprocessing.json`; each is a blob under its sha256. */
  readonly files: readonly ModelFile[];
  readonly createdAt: string;
}
