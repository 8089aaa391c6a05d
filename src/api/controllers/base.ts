import { Controller } from '@tsoa/runtime';
import type { Request } from 'express';
import type { InTransaction, Services } from '../../services';
import type { PageRequest } from '../../core/storage';
import type { ApiContext } from '../context';
import { once, type OnceRequest } from '../idempotency';

const PAGE = 100;

/** What the controllers share: the services, pages and answers to POST. */
export abstract class ApiController extends Controller {
  protected readonly context: ApiContext;

  constructor(context: ApiContext) {
    super();
    this.context = context;
  }

  protected get services(): Services {
    return this.context.services;
  }

  protected page(limit: number | undefined, cursor: string | undefined): PageRequest {
    return { limit: limit ?? PAGE, cursor: cursor ?? null };
  }

  /** Carries out a POST, once per Idempotency-Key. */
  protected async post<T extends object>(
    request: Request,
    how: OnceRequest<T>,
    work: (also: InTransaction<T>) => Promise<T>,
  ): Promise<T> {
    const { status, body } = await once(this.services, request, how, work);
    this.setStatus(status);
    return body;
  }
}

/**
 * The answer of a service as its view. The views describe the same JSON; they are only less exact where a value may be
 * any JSON.
 */
export function viewOf<View>(resource: object): View {
  return resource as unknown as View;
}
