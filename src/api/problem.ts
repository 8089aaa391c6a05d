import type { NextFunction, Request, Response } from 'express';
import { ValidateError } from '@tsoa/runtime';
import { MulterError } from 'multer';
import { TuneloomError, type ErrorKind, type FieldError } from '../core/errors';
import type { ApiContext } from './context';
import { jsonErrorAt } from './json-position';

/** How long a client whose request is refused may go on sending it before the connection is cut, in milliseconds. */
const LINGER_MS = 5000;

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors?: readonly FieldError[];
  readonly requestId?: string;
}

const STATUS: Readonly<Record<ErrorKind, readonly [number, string]>> = {
  malformed: [400, 'The request cannot be read'],
  unauthorized: [401, 'A key is needed'],
  forbidden: [403, 'Not allowed from there'],
  notFound: [404, 'Not found'],
  conflict: [409, 'Not possible in this state'],
  tooLarge: [413, 'Too large'],
  unsupportedFormat: [415, 'This content type is not read here'],
  invalid: [422, 'The request breaks a rule'],
  tooMany: [429, 'Too many'],
  internal: [500, 'Something went wrong inside'],
  unavailable: [503, 'Not available now'],
  storageFull: [507, 'The disk is full'],
};

/** An answer that was stored under an idempotency key, sent again. */
export class ReplayedProblem extends TuneloomError {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super('invalid', problem.code, problem.detail);
    this.problem = problem;
  }
}

/** The one place where errors become HTTP. */
export function problemOf(error: unknown): {
  problem: Problem;
  retryAfterSeconds: number | null;
  known: boolean;
} {
  const known = knownError(error);
  if (known === null) {
    const detail = 'the request could not be answered; the log of the service says why, under the request id';
    return { problem: make('internal', 'internal', detail), retryAfterSeconds: null, known: false };
  }
  const detail =
    known.kind === 'internal' ? 'an invariant of the service is broken; its log says which' : known.message;
  return {
    problem: make(known.kind, known.code, detail, known.errors),
    retryAfterSeconds: known.retryAfterSeconds,
    known: known.kind !== 'internal',
  };
}

function make(kind: ErrorKind, code: string, detail: string, errors: readonly FieldError[] = []): Problem {
  const [status, title] = STATUS[kind];
  const problem = { type: `urn:tuneloom:problem:${code}`, title, status, detail, code };
  return errors.length === 0 ? problem : { ...problem, errors };
}

function knownError(error: unknown): TuneloomError | null {
  if (error instanceof TuneloomError) return error;
  if (error instanceof ValidateError) {
    const errors = Object.entries(error.fields).map(([path, { message }]) => ({
      path: path.replace(/^body\./, '').replace(/\.\$(\d+)/g, '[$1]'),
      message: inWords(message),
    }));
    const listed = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
    return new TuneloomError('invalid', 'invalid_request', listed, { errors });
  }
  if (error instanceof MulterError) return multerError(error);
  return bodyError(error);
}

/** What tsoa says of a value that is none of several: its options, without the issues that it had with each. */
function inWords(message: string): string {
  if (!/^Could not match|^should be one of/.test(message)) return message;
  const options = [...message.matchAll(/should be one of the following; \[([^\]]*)\]/g)]
    .flatMap(([, list = '']) => list.split(','))
    .map((option) => option.replace(/^'|'$/g, ''));
  const kinds = [...message.matchAll(/invalid (\w+)/g)].map(([, kind = '']) => kind);
  const taken = [...new Set([...options, ...kinds])].filter((each) => each !== 'undefined');
  return taken.length === 0 ? 'is nothing that is taken here' : `must be one of ${taken.join(', ')}`;
}

function multerError({ code, field, message }: MulterError): TuneloomError {
  const path = field ?? 'file';
  const errors = [{ path, message }];
  if (code === 'LIMIT_FILE_SIZE') {
    return new TuneloomError('tooLarge', 'upload_too_large', 'file: larger than MAX_UPLOAD_BYTES allows', {
      errors,
    });
  }
  if (code.startsWith('LIMIT_') && code !== 'LIMIT_UNEXPECTED_FILE' && code !== 'LIMIT_FILE_COUNT') {
    return new TuneloomError(
      'tooLarge',
      'form_too_large',
      `${path}: ${message}; a form has one file and at most 20 parts of 1 MiB`,
      { errors },
    );
  }
  return new TuneloomError(
    'invalid',
    'invalid_form',
    `${path}: ${message}; the file belongs into the field "file"`,
    { errors },
  );
}

interface BodyError {
  readonly type?: string;
  readonly message?: string;
  readonly limit?: number;
  /** The text that did not parse. */
  readonly body?: string;
}

/** Errors of express' body parsers and of the form parser, which carry no class of their own. */
function bodyError(error: unknown): TuneloomError | null {
  const {
    type = '',
    message = '',
    limit = 0,
    body = '',
  } = (typeof error === 'object' && error !== null ? error : {}) as BodyError;
  if (type === 'entity.too.large') {
    const text = `the JSON body is larger than ${String(limit / 2 ** 20)} MiB`;
    return new TuneloomError('tooLarge', 'body_too_large', text);
  }
  if (type === 'entity.parse.failed') {
    return new TuneloomError('malformed', 'invalid_json', `the body is no JSON: ${jsonErrorAt(body)}`);
  }
  if (type.startsWith('charset.') || type.startsWith('encoding.')) {
    return new TuneloomError('unsupportedFormat', 'unsupported_encoding', message);
  }
  if (type.startsWith('request.') || type.startsWith('entity.')) {
    return new TuneloomError('malformed', 'invalid_body', message);
  }
  if (/Unexpected end of form|Malformed part header|Boundary not found|Multipart:/i.test(message)) {
    return new TuneloomError(
      'malformed',
      'invalid_form',
      `the form cannot be read (${message}); send multipart/form-data with the field "file"`,
    );
  }
  if (error instanceof URIError)
    return new TuneloomError('malformed', 'invalid_address', 'the address cannot be decoded');
  return null;
}

export function sendProblem(response: Response, problem: Problem, requestId: string): void {
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify({ ...problem, requestId }));
}

/**
 * The rest of a refused body is read and dropped for a while: cutting the connection at once would take the answer
 * away from a client that is still sending.
 */
function linger(request: Request): void {
  const timer = setTimeout(() => request.destroy(), LINGER_MS).unref();
  request.once('close', () => {
    clearTimeout(timer);
  });
  request.resume();
}

/** Express' last handler. */
export function errorHandler(context: ApiContext) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    const requestId = String(response.locals['requestId'] ?? '');
    if (response.headersSent || response.destroyed) {
      // A client that has gone, or a stream that broke in the middle: nothing can be said any more.
      response.destroy();
      if (!(error instanceof TuneloomError) && !request.destroyed) next(error);
      return;
    }
    if (error instanceof ReplayedProblem) {
      sendProblem(response, error.problem, requestId);
      return;
    }
    const { problem, retryAfterSeconds, known } = problemOf(error);
    if (!known) context.logger.error({ requestId, error, path: request.path }, 'a request failed');
    if (retryAfterSeconds !== null) response.set('Retry-After', String(retryAfterSeconds));
    if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer');
    if (!request.complete) linger(request);
    sendProblem(response, problem, requestId);
  };
}
