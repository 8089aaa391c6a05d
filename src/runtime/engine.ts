import type * as tfCore from '@tensorflow/tfjs-core';
import type { EngineStatus } from '../core/job';
import type { EngineName } from '../core/specification';

export type TensorFlow = typeof tfCore;

/**
 * Something that trains networks: an eager TensorFlow.js backend today. Training picks one per trial with
 * {@link chooseEngine} and works with the TensorFlow.js that it hands out.
 */
export interface Engine {
  readonly name: EngineName;
  status(): Promise<EngineStatus>;
  /** Makes it the backend of this thread. @throws InternalError `engine_unavailable` */
  activate(): Promise<void>;
}

/** The kernel that a backend lacks, from the error that TensorFlow.js threw; null for any other error. */
export function missingKernel(error: unknown): string | null {
  const message = error instanceof Error ? error.message : '';
  return /Kernel '([^']+)' not registered for backend/.exec(message)?.[1] ?? null;
}
