import type { JsonObject } from './json';

export interface InferenceRequest {
  /** Equal for equal files: loaded models are kept under it. */
  readonly key: string;
  /** Paths of the three files. */
  readonly modelJson: string;
  readonly weights: string;
  readonly preprocessing: string;
  readonly rows: readonly JsonObject[];
}

export interface InferencePrediction {
  readonly value: string | number | boolean | null;
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** Predictions in a process of their own, never queued behind trials. */
export interface Inference {
  /**
   * @throws InvalidError `invalid_rows` with the path of each cell that does not fit; UnavailableError
   *   `inference_busy` when the queue is full or the deadline passes
   */
  predict(request: InferenceRequest): Promise<readonly InferencePrediction[]>;
  close(): Promise<void>;
}
