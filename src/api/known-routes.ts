import type { RequestHandler } from 'express';
import { InvalidError, NotFoundError, TuneloomError } from '../core/errors';
import { isJsonObject } from '../core/json';
import { sendProblem } from './problem';

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/**
 * Refuses what the specification does not know: addresses, methods (with `Allow`) and query parameters. The
 * specification is what clients read; nothing outside of it is answered.
 */
export function knownRoutes({ paths }: OpenApiDocument): RequestHandler {
  const routes = Object.entries(paths).map(([template, operations]) => ({
    template,
    pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
    operations: new Map(
      Object.entries(operations).map(([method, operation]) => [method.toUpperCase(), operation]),
    ),
  }));
  return (request, response, next) => {
    // A template without parameters comes before one with: `/v1/studies/{id}` also fits `/v1/studies/x`.
    const fitting = routes.filter(({ pattern }) => pattern.test(request.path));
    const route = fitting.find(({ template }) => !template.includes('{')) ?? fitting[0];
    if (route === undefined) {
      next(
        new NotFoundError(
          'not_found',
          `there is nothing at ${request.path}; GET /openapi.json lists what there is`,
        ),
      );
      return;
    }
    response.locals['route'] = route.template;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const operation = route.operations.get(method);
    if (operation === undefined) {
      const allow = [...route.operations.keys()].join(', ');
      response.set('Allow', allow);
      const problem = {
        type: 'urn:tuneloom:problem:method_not_allowed',
        title: 'Method not allowed',
        status: 405,
        detail: `${request.path} takes ${allow}, not ${request.method}`,
        code: 'method_not_allowed',
      };
      sendProblem(response, problem, String(response.locals['requestId']));
      return;
    }
    const known = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'query')
      .map(({ name }) => name);
    const errors = Object.keys(request.query)
      .filter((name) => !known.includes(name))
      .map((path) => ({ path, message: `unknown query parameter; there are ${known.join(', ') || 'none'}` }));
    if (errors.length > 0) {
      next(
        new InvalidError('invalid_request', `${errors[0]?.path ?? ''}: unknown query parameter`, { errors }),
      );
      return;
    }
    // Operations without a body read one as JSON too: only an empty object is nothing.
    const accepted = Object.keys(operation.requestBody?.content ?? { 'application/json': {} });
    if (request.is('*/*') !== null && request.get('content-length') !== '0' && !request.is(accepted)) {
      const given = request.get('content-type') ?? 'none';
      const message = `the content type is ${given}; send ${accepted.join(' or ')}`;
      next(new TuneloomError('unsupportedFormat', 'unsupported_content_type', message));
      return;
    }
    response.locals['takesBody'] = operation.requestBody !== undefined;
    next();
  };
}

/** A body where none is read would be silently ignored. After the body parsers. */
export const noStrayBody: RequestHandler = (request, response, next) => {
  const body: unknown = request.body;
  const isEmpty = body === undefined || (isJsonObject(body) && Object.keys(body).length === 0);
  if (isEmpty || response.locals['takesBody'] === true) {
    next();
    return;
  }
  const errors = Object.keys(isJsonObject(body) ? body : {}).map((path) => ({
    path,
    message: 'unknown field',
  }));
  next(new InvalidError('invalid_request', `${request.method} ${request.path} takes no body`, { errors }));
};
