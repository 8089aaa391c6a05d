import type { Request } from 'express';
import type { IocContainer } from '@tsoa/runtime';
import type { ApiContext } from './context';

type ControllerClass<T> = new (context: ApiContext) => T;

/** Gives each controller the context of the application that the request came to. */
export function iocContainer(request: unknown): IocContainer {
  const { locals } = (request as Request).app;
  return {
    get: <T>(controller: unknown) => new (controller as ControllerClass<T>)(locals['context'] as ApiContext),
  };
}
