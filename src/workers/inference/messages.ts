import type { InferencePrediction, InferenceRequest } from '../../core/inference';
import type { CarriedError } from '../messages';

export interface InferenceCall {
  readonly id: number;
  readonly request: InferenceRequest;
}

export type InferenceAnswer =
  | { readonly id: number; readonly ok: true; readonly predictions: readonly InferencePrediction[] }
  | { readonly id: number; readonly ok: false; readonly error: CarriedError };
