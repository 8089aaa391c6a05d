import type { RequestHandler } from 'express';
import type { Log } from './context';

/** Asked for every few seconds by machines; only their failures are news. */
const QUIET = ['/healthz', '/readyz', '/metrics'];

/** One line a request, when it has been answered or its client has gone. Addresses are logged without their query. */
export function requestLog(logger: Log): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const status = response.statusCode;
      if (QUIET.includes(path) && status < 400) return;
      const requestId = String(response.locals['requestId']);
      const durationMs = Math.round(performance.now() - started);
      const line = { requestId, method, path, status, durationMs, aborted: !response.writableFinished };
      logger.info(line, 'request');
    });
    next();
  };
}
