import { ConflictError } from '../core/errors';

/** Whether a task was told to stop; looked at before every few steps. */
export type Cancelled = () => boolean;

export const never: Cancelled = () => false;

/** What a task that was told to stop ends with. */
export function taskCancelled(): ConflictError {
  return new ConflictError('cancelled', 'the task was told to stop');
}

export function isCancelled(error: unknown): boolean {
  return error instanceof ConflictError && error.code === 'cancelled';
}
