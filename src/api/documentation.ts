import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import { browserModulePath } from '../core/entry';
import { serve, setup, type JsonObject } from 'swagger-ui-express';
import type { OpenApiDocument } from './known-routes';

/** The committed specification; `npm run check` keeps it in step with the controllers. */
export function readSpecification(): OpenApiDocument {
  return JSON.parse(
    readFileSync(join(__dirname, '..', '..', 'openapi', 'openapi.json'), 'utf8'),
  ) as OpenApiDocument;
}

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Tuneloom</title></head>
<body>
<h1>Tuneloom</h1>
<p>Hyperparameter tuning as a service for TensorFlow.js.</p>
<ul>
<li><a href="/docs">Try every call in the browser</a></li>
<li><a href="/openapi.json">The specification</a></li>
<li><a href="/preprocess.js">The module that prepares rows in a browser</a></li>
</ul>
</body>
</html>
`;

export function documentation(specification: OpenApiDocument): Router {
  const router = Router();
  router.get('/', (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/openapi.json', (_request, response) => {
    response.json(specification);
  });
  router.get('/preprocess.js', (_request, response) => {
    response.type('text/javascript').sendFile(browserModulePath());
  });
  const options = {
    customSiteTitle: 'Tuneloom',
    swaggerOptions: { displayRequestDuration: true, defaultModelsExpandDepth: 0 },
  };
  router.use('/docs', serve, setup(specification as unknown as JsonObject, options));
  return router;
}
