/** What went wrong, in words the API maps to HTTP and nothing below it knows about HTTP. */
export type ErrorKind =
  | 'malformed' // the request cannot be read
  | 'invalid' // it can be read, and breaks a rule
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'conflict' // right request, wrong state
  | 'tooLarge'
  | 'unsupportedFormat'
  | 'tooMany'
  | 'unavailable'
  | 'storageFull'
  | 'internal';

/** One broken rule: where (a path such as `model.layers[1].rate`, or a line such as `line 7`) and what. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export interface ErrorDetails {
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/**
 * Base of every error that Tuneloom throws on purpose. `code` is a stable machine word
 * (`dataset_not_found`); `message` says what was wrong, where, and what to do.
 */
export class TuneloomError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | null;

  constructor(kind: ErrorKind, code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.code = code;
    this.errors = details.errors ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
  }
}

/** The request's form cannot be read at all (broken JSON, a wrong cursor). */
export class MalformedError extends TuneloomError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super('malformed', code, message, details);
  }
}

/** A readable request that breaks a rule; `errors` names each field. */
export class InvalidError extends TuneloomError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super('invalid', code, message, details);
  }
}

/** A field or value of the contract whose capability this version does not have. */
export class NotSupportedError extends TuneloomError {
  constructor(path: string, message: string) {
    super('invalid', 'not_supported', message, { errors: [{ path, message }] });
  }
}

export class NotFoundError extends TuneloomError {
  constructor(code: string, message: string) {
    super('notFound', code, message);
  }
}

/** The resource is in a state that has no such step, or is in use. */
export class ConflictError extends TuneloomError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super('conflict', code, message, details);
  }
}

export class TooLargeError extends TuneloomError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super('tooLarge', code, message, details);
  }
}

/** Overloaded or shutting down; the same request may succeed after `retryAfterSeconds`. */
export class UnavailableError extends TuneloomError {
  constructor(code: string, message: string, retryAfterSeconds: number) {
    super('unavailable', code, message, { retryAfterSeconds });
  }
}

/** A broken invariant of our own: a bug, never the caller's fault. */
export class InternalError extends TuneloomError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super('internal', code, message, details);
  }
}
