import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Services } from '../services';
import type { ApiContext, ApiSettings, Log } from './context';
import { documentation, readSpecification } from './documentation';
import { RegisterRoutes } from './generated/routes';
import { Forms } from './forms';
import { authentication, nesting, origins, requestId } from './guards';
import { knownRoutes, noStrayBody } from './known-routes';
import { errorHandler } from './problem';
import { requestLog } from './request-log';
import type { ApiTelemetry } from './telemetry';

const JSON_BYTES = 2 ** 20;
const PREDICT_BYTES = 16 * 2 ** 20;

export interface ApiOptions {
  readonly services: Services;
  readonly config: ApiSettings & { readonly dataDir: string };
  /** Uploads lie here until they are read; what an earlier process left is taken away. */
  readonly uploadFolder: string;
  readonly logger: Log;
  readonly telemetry: ApiTelemetry;
}

export interface Api {
  readonly app: Express;
  /** Ends open streams and waits. */
  close(): Promise<void>;
}

export async function createApi({
  services,
  config,
  uploadFolder,
  logger,
  telemetry,
}: ApiOptions): Promise<Api> {
  for (const name of await readdir(uploadFolder)) await rm(join(uploadFolder, name), { force: true });
  const closing = new AbortController();
  const context: ApiContext = {
    services,
    settings: config,
    uploadFolder,
    logger,
    metrics: () => telemetry.metrics(services, config.dataDir),
    closing: closing.signal,
  };
  const specification = readSpecification();
  const app = express();
  app.locals['context'] = context;
  app.disable('x-powered-by').set('etag', false).set('query parser', 'simple');
  app.use(
    requestId,
    requestLog(logger),
    telemetry.middleware,
    helmet(HELMET),
    origins(config),
    authentication(config),
  );
  app.use(documentation(specification));
  app.use(knownRoutes(specification));
  app.post('/v1/models/:id/predict', express.json({ limit: PREDICT_BYTES, strict: false }));
  app.use(express.json({ limit: JSON_BYTES, strict: false }), nesting, noStrayBody);
  RegisterRoutes(app, { multer: new Forms(context) });
  app.use(errorHandler(context));
  return {
    app,
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}

/** Swagger UI brings its own scripts, and styles in the page; nothing comes from elsewhere. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  },
  crossOriginResourcePolicy: { policy: 'cross-origin' as const },
  // The service speaks HTTP; whoever puts TLS before it adds this header there.
  strictTransportSecurity: false,
};
