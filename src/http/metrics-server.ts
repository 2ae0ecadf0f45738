/**
 * GET /metrics on a port of its own, for Prometheus; and where a node serves no clients, /upcheck and /healthcheck as well.
 */
import type { Health, HttpDeps } from './deps.ts';
import { createServer, type HttpServer, type ServerOptions } from './server.ts';

export interface MetricsText {
  readonly contentType: string;
  readonly body: string;
}

export const defaultMetricsOptions = {
  port: 9001,
  bodyMaxBytes: 1024,
  connectionsMax: 64,
  drainMs: 1000,
} as const;

/** `render` makes the exposition text; where it rejects, the scrape gets 500 and `report` the reason. */
export const createMetricsServer = (
  render: () => Promise<MetricsText>,
  report: HttpDeps['report'],
  options: ServerOptions,
  health: (() => Health) | null = null,
): HttpServer => {
  const { app, server } = createServer(report, options);
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await render();
    return reply.header('content-type', contentType).send(Buffer.from(body));
  });
  if (health === null) return server;
  app.get('/upcheck', (_request, reply) =>
    reply.header('content-type', 'text/plain; charset=utf-8').send('OK'),
  );
  app.get('/healthcheck', (_request, reply) => {
    const now = health();
    return reply
      .code(now.outcome === 'UP' ? 200 : 503)
      .header('content-type', 'application/json')
      .send(Buffer.from(JSON.stringify(now)));
  });
  return server;
};
