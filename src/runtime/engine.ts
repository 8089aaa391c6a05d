import type { EngineStatus } from '../core/job';
import type { EngineName } from '../core/specification';

/** Something that trains networks: a backend of TensorFlow.js, or compiled graphs. Each trial is trained by one. */
export interface Engine {
  readonly name: EngineName;
  status(): Promise<EngineStatus>;
  /** Makes it the backend of this thread. @throws InternalError `engine_unavailable` */
  activate(): Promise<void>;
}

/** The kernel that a backend lacks, from the error that TensorFlow.js threw; null for any other error. */
export function missingKernel(error: unknown): string | null {
  return /Kernel '([^']+)' not registered for backend/.exec(messageOf(error))?.[1] ?? null;
}

/**
 * What a backend lacks for a network: `no kernel …`, or in TensorFlow's own words what its kernel has not; null for any
 * other error.
 */
export function lackOf(error: unknown): string | null {
  const kernel = missingKernel(error);
  if (kernel !== null) return `no kernel ${kernel}`;
  // TF_UNIMPLEMENTED of tf_status.h.
  return /^Invalid TF_Status: 12\nMessage: (.+)/.exec(messageOf(error))?.[1] ?? null;
}

/** Errors of a native addon are of the outermost realm, whose `Error` another realm's `instanceof` does not know. */
function messageOf(error: unknown): string {
  const { message } = Object(error) as { message?: unknown };
  return typeof message === 'string' ? message : '';
}
