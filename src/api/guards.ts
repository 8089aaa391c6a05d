import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { InvalidError, TuneloomError } from '../core/errors';
import type { ApiSettings } from './context';

export const MOST_NESTING = 64;
const OPEN_PATHS = ['/healthz', '/readyz', '/openapi.json', '/preprocess.js', '/'];

export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id') ?? '';
  const id = /^[\w.-]{1,100}$/.test(given) ? given : randomUUID();
  response.locals['requestId'] = id;
  response.set('X-Request-Id', id);
  next();
}

/** Bearer keys, compared by hash and in equal time over all of them. */
export function authentication({ apiKeys }: ApiSettings): RequestHandler {
  const hashes = apiKeys.map(hashOf);
  return (request, response, next) => {
    if (hashes.length === 0 || isOpen(request.path)) {
      next();
      return;
    }
    const given = hashOf(/^Bearer (.+)$/i.exec(request.get('authorization') ?? '')?.[1] ?? '');
    let matches = false;
    for (const hash of hashes) matches = timingSafeEqual(hash, given) || matches;
    response.locals['apiKey'] = given.toString('hex');
    next(
      matches
        ? undefined
        : new TuneloomError(
            'unauthorized',
            'unauthorized',
            'send Authorization: Bearer <key> with one of the API_KEYS',
          ),
    );
  };
}

function isOpen(path: string): boolean {
  return OPEN_PATHS.includes(path) || path === '/docs' || path.startsWith('/docs/');
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Web pages reach loopback too: without keys, a request must be addressed to loopback and come from no other origin
 * than its own or one of CORS_ORIGINS.
 */
export function origins({ apiKeys, corsOrigins }: ApiSettings): RequestHandler {
  return (request, response, next) => {
    const host = request.get('host') ?? '';
    const origin = request.get('origin');
    const own = origin !== undefined && [`http://${host}`, `https://${host}`].includes(origin);
    const allowed = origin !== undefined && corsOrigins.includes(origin);
    if (allowed) {
      response.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Expose-Headers': 'Location, X-Request-Id, Retry-After',
      });
    }
    response.vary('Origin');
    if (apiKeys.length === 0) {
      const name = host.replace(/:\d+$/, '');
      if (!/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(name)) {
        next(
          new TuneloomError(
            'forbidden',
            'forbidden_host',
            'without API_KEYS the service answers to loopback names only: 127.0.0.1, localhost, [::1]',
          ),
        );
        return;
      }
      if (origin !== undefined && !own && !allowed) {
        next(
          new TuneloomError('forbidden', 'forbidden_origin', `the origin ${origin} is not in CORS_ORIGINS`),
        );
        return;
      }
    }
    if (request.method === 'OPTIONS' && allowed) {
      response
        .set({
          'Access-Control-Allow-Methods': 'GET, POST, DELETE',
          'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID',
          'Access-Control-Max-Age': '600',
        })
        .status(204)
        .end();
      return;
    }
    next();
  };
}

export function nesting(request: Request, _response: Response, next: NextFunction): void {
  const body: unknown = request.body;
  const deep = isDeeper(body, MOST_NESTING);
  next(
    deep
      ? new InvalidError('too_deep', `the body is nested more than ${String(MOST_NESTING)} deep`)
      : undefined,
  );
}

/** Without recursion, so that no body can exhaust the stack. */
export function isDeeper(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? (Object.values(item) as unknown[]) : [],
    );
  }
  return false;
}
