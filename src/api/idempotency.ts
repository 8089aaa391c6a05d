import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Request, Response } from 'express';
import { MalformedError } from '../core/errors';
import type { JsonObject } from '../core/json';
import type { InTransaction, Services } from '../services';
import { problemOf, ReplayedProblem, type Problem } from './problem';

const MOST_KEY = 255;

export interface OnceRequest<T> {
  readonly status: 200 | 201;
  readonly locationOf?: (resource: T) => string;
  /** What makes two requests the same: the JSON body, or the fields and file of a form. */
  readonly content: unknown;
  readonly file?: string;
}

/**
 * Carries out a POST once per `Idempotency-Key`. The answer is stored in the transaction that makes the resource; a
 * retry gets it again.
 */
export async function once<T extends object>(
  services: Services,
  request: Request,
  { status, locationOf, content, file }: OnceRequest<T>,
  work: (also: InTransaction<T>) => Promise<T>,
): Promise<{ readonly status: number; readonly body: T }> {
  const response = request.res as Response;
  const key = request.get('idempotency-key');
  if (key === undefined) {
    const body = await work(() => undefined);
    if (locationOf !== undefined) response.set('Location', locationOf(body));
    return { status, body };
  }
  if (key === '' || key.length > MOST_KEY) {
    throw new MalformedError(
      'invalid_idempotency_key',
      `Idempotency-Key: must be 1 to ${String(MOST_KEY)} characters`,
    );
  }
  const scope = hash([String(response.locals['apiKey'] ?? ''), request.method, request.path, key]);
  const bodyHash = hash([canonical(content), file === undefined ? '' : await hashOfFile(file)]);
  const stored = await services.idempotency.begin(scope, bodyHash);
  if (stored !== null) {
    if (stored.status >= 400) throw new ReplayedProblem(stored.body as unknown as Problem);
    response.set(stored.headers);
    return { status: stored.status, body: stored.body as unknown as T };
  }
  try {
    const kept: { body?: T } = {};
    const made = await work((session, resource) => {
      kept.body = resource;
      const headers = locationOf === undefined ? {} : { location: locationOf(resource) };
      session.completeIdempotency(scope, { status, headers, body: resource as unknown as JsonObject });
    });
    // What a retry will get, even where the resource has moved on since the transaction.
    const body = kept.body ?? made;
    if (locationOf !== undefined) response.set('Location', locationOf(body));
    return { status, body };
  } catch (error) {
    const { problem } = problemOf(error);
    await services.idempotency.fail(scope, problem.status, problem as unknown as JsonObject);
    throw error;
  }
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** JSON with sorted keys: the order in which a client writes them does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify([value], (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

async function hashOfFile(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
