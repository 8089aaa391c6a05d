import type { InferencePrediction, InferenceRequest, StoredNetworkFiles } from '../../core/inference';
import type { CarriedError } from '../carried-error';

export type InferenceWork =
  | { readonly kind: 'predict'; readonly request: InferenceRequest }
  | { readonly kind: 'onnx' | 'pipeline'; readonly files: StoredNetworkFiles };

export type InferenceResult = readonly InferencePrediction[] | Uint8Array;

export interface InferenceCall {
  readonly id: number;
  readonly work: InferenceWork;
}

export type InferenceAnswer =
  | { readonly id: number; readonly ok: true; readonly result: InferenceResult }
  | { readonly id: number; readonly ok: false; readonly error: CarriedError };
