/**
 * Swagger UI at /swagger-ui, from the contract in openapi/.
 */
import { fileURLToPath } from 'node:url';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const folder = fileURLToPath(new URL('../../openapi', import.meta.url));

const docsPath = '/swagger-ui';

/** The UI's default policy upgrades to HTTPS, which would break it on plain HTTP; and it may load nothing from elsewhere. */
const policy = {
  'default-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'", "'unsafe-inline'"],
  'object-src': ["'none'"],
  'base-uri': ["'self'"],
  'frame-ancestors': ["'none'"],
};

export const addApiDocs = (app: FastifyInstance): void => {
  app.register(swagger, {
    mode: 'static',
    specification: { path: `${folder}/quorate.yaml`, baseDir: folder },
  });
  // Trying a request out from a page would sign for real.
  app.register(swaggerUi, {
    routePrefix: docsPath,
    staticCSP: policy,
    uiConfig: { supportedSubmitMethods: [] },
  });
};
