import type { JsonObject } from './json';

/** A stored model, by the paths of its files. */
export interface StoredNetworkFiles {
  /** Equal for equal files: loaded models are kept under it. */
  readonly key: string;
  readonly modelJson: string;
  readonly weights: string;
  readonly preprocessing: string;
}

export interface InferenceRequest extends StoredNetworkFiles {
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
  /**
   * The network as an ONNX model, for any number of rows.
   * @throws NotSupportedError where ONNX cannot express it; UnavailableError as of `predict`
   */
  exportOnnx(files: StoredNetworkFiles): Promise<Uint8Array>;
  /** Preparation, network and the meaning of its output as one ONNX model. @throws as of `exportOnnx` */
  exportPipeline(files: StoredNetworkFiles): Promise<Uint8Array>;
  close(): Promise<void>;
}
