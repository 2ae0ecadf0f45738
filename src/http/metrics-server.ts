/**
 * GET /metrics on a port of its own, for Prometheus.
 */
import type { HttpDeps } from './deps.ts';
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
): HttpServer => {
  const { app, server } = createServer(report, options);
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await render();
    return reply.header('content-type', contentType).send(Buffer.from(body));
  });
  return server;
};
