import { TuneloomError, type ErrorKind, type FieldError } from '../core/errors';

/** An error on its way through the boundary of a thread or a process, where it would lose its class and all but its words. */
export interface CarriedError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly errors: readonly FieldError[];
}

/** @param code of an error that is none of our own */
export function carry(error: unknown, code: string): CarriedError {
  if (error instanceof TuneloomError) {
    const { kind, code: own, message, errors } = error;
    return { kind, code: own, message, errors };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'internal', code, message, errors: [] };
}

export function uncarry({ kind, code, message, errors }: CarriedError): TuneloomError {
  return new TuneloomError(kind, code, message, { errors });
}
