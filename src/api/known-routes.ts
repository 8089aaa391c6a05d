import type { RequestHandler } from 'express';
import { InvalidError, NotFoundError } from '../core/errors';

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
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
      response.set('Allow', allow).status(405).type('application/problem+json');
      const detail = `${request.path} takes ${allow}, not ${request.method}`;
      response.send(
        JSON.stringify({
          type: 'urn:tuneloom:problem:method_not_allowed',
          title: 'Method not allowed',
          status: 405,
          detail,
          code: 'method_not_allowed',
        }),
      );
      return;
    }
    const known = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'query')
      .map(({ name }) => name);
    const errors = Object.keys(request.query)
      .filter((name) => !known.includes(name))
      .map((path) => ({ path, message: `unknown query parameter; there are ${known.join(', ') || 'none'}` }));
    next(
      errors.length === 0
        ? undefined
        : new InvalidError('invalid_request', `${errors[0]?.path ?? ''}: unknown query parameter`, {
            errors,
          }),
    );
  };
}
