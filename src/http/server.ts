/**
 * The HTTP server: bounds, error handling, and the routes of the other files put together.
 *
 * Everything a stranger can send is bounded: headers, bodies, time, connections, requests under way. Closing stops accepting
 * and lets the sign requests that are under way finish first.
 */
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { addApiDocs } from './api-docs.ts';
import { type Connections, trackConnections } from './connections.ts';
import type { HttpDeps } from './deps.ts';
import { addGate } from './gate.ts';
import { addKeymanagerRoutes } from './keymanager/routes.ts';
import { isForSigning, problemBody, reasonOf, sendProblem } from './problem.ts';
import { addSignRoute } from './sign.ts';
import { addStatusRoutes } from './status-routes.ts';
import { serverTls, type TlsOptions } from './tls.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly tls: TlsOptions | null;
  /** See GateOptions. */
  readonly hosts: readonly string[];
  readonly bodyMaxBytes: number;
  /** Connections at once; more are closed at once. */
  readonly connectionsMax: number;
  /** How long closing waits for requests that are under way. */
  readonly drainMs: number;
}

export const defaultServerOptions = {
  host: '127.0.0.1',
  port: 9000,
  tls: null,
  hosts: ['localhost', '127.0.0.1', '::1'],
  bodyMaxBytes: 4 * 1024 * 1024,
  connectionsMax: 4096,
  drainMs: 10_000,
} as const satisfies ServerOptions;

const inFlightMax = 16_384;

export interface HttpServer extends AsyncDisposable {
  /** Starts listening; resolves with the port it got. Rejects where the address is taken or not ours. */
  listen(): Promise<{ readonly port: number }>;
  /** Answers a request without a socket. */
  readonly inject: FastifyInstance['inject'];
  /** `METHOD /path` of every route, complete once listening or injected. */
  readonly routes: readonly string[];
}

/** The validator clients' face and the operator's. Throws RangeError for contradictory TLS options. */
export const createHttpServer = (deps: HttpDeps, options: ServerOptions): HttpServer => {
  const { app, server } = createServer(deps.report, options);
  app.addHook('onResponse', (request, reply, done) => {
    deps.answered?.({
      route: request.routeOptions.url ?? null,
      method: request.method,
      status: reply.statusCode,
      reason: reasonOf(request),
      tookMs: reply.elapsedTime,
    });
    done();
  });
  addSignRoute(app, deps, { inFlightMax });
  addStatusRoutes(app, deps);
  if (deps.keymanager !== undefined) addKeymanagerRoutes(app, deps.keymanager);
  addApiDocs(app);
  return server;
};

/** A server with no routes yet. */
export const createServer = (report: HttpDeps['report'], options: ServerOptions) => {
  const app = createApp(options);
  app.server.maxConnections = options.connectionsMax;
  // Node would answer 417; what a client expects of us changes nothing.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  const connections = trackConnections(app);
  let isClosing = false;
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) if (name !== 'HEAD') routes.push(`${name} ${url}`);
  });
  addGate(app, { hosts: options.hosts, clients: options.tls?.clients ?? null });
  addBodies(app);
  addErrors(app, report);
  const server: HttpServer = {
    listen: async () => {
      await app.listen({ host: options.host, port: options.port });
      const address = app.server.address();
      return { port: typeof address === 'object' && address !== null ? address.port : options.port };
    },
    inject: app.inject.bind(app) as FastifyInstance['inject'],
    routes,
    [Symbol.asyncDispose]: () => {
      isClosing = true;
      return closeWithin(app, connections, options.drainMs);
    },
  };
  return { app, server };
};

/**
 * No route has a schema, so nothing is compiled from any; fastify's own compilers, whose types these are not, would be
 * loaded all the same: 3 MB of them.
 */
const noSchemas = {
  compilersFactory: {
    buildValidator: () => () => () => true,
    buildSerializer: () => () => JSON.stringify,
  },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>;

const createApp = (options: ServerOptions): FastifyInstance => {
  const shared = {
    schemaController: noSchemas,
    logger: false,
    bodyLimit: options.bodyMaxBytes,
    // Above the 75 s after which common proxies and clients drop idle connections themselves.
    keepAliveTimeout: 90_000,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    // While closing, requests on open connections are answered like any other: 503 would be read as a signature.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    rewriteUrl: ({ url }: { readonly url?: string | undefined }) => normalUrl(url ?? '/'),
    clientErrorHandler: answerBadHttp,
    frameworkErrors: (
      problem: Error,
      request: Parameters<typeof sendProblem>[0],
      reply: Parameters<typeof sendProblem>[1],
    ) => sendProblem(request, reply, { status: 400, reason: 'bad-request', message: problem.message }),
  } as const;
  const tls = options.tls;
  // fastify types the two servers apart; to us both are servers of requests.
  return tls === null
    ? fastify({ ...shared, http: { headersTimeout: 20_000 } })
    : (fastify({
        ...shared,
        https: { ...serverTls(tls), headersTimeout: 20_000 },
      }) as unknown as FastifyInstance);
};

/** Without the scheme and host that a proxy may send; and with single slashes: a base URL that ends in one gives //api/v1/... */
const normalUrl = (url: string): string => {
  const [path = '/', ...query] = url.replace(/^https?:\/\/[^/?]*/i, '').split('?');
  return [path.replace(/\/{2,}/g, '/'), ...query].join('?');
};

/** What is not HTTP, or too slow: node would say 431 or 408, which may reach a client of the sign route. */
const answerBadHttp = (problem: NodeJS.ErrnoException, socket: Socket): void => {
  if (problem.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = problemBody({
    reason: 'bad-request',
    message: 'the request is not HTTP, too long in its headers, or too slow',
  });
  const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
  socket.end(`${head}\r\n\r\n${body}`);
};

/** Bodies are text whatever they say they are; the sign route parses its own, once. */
const addBodies = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, _reply, next) => {
    if (isForSigning(request)) request.raw.headers['content-type'] = 'application/json';
    next();
  });
};

const addErrors = (app: FastifyInstance, report: HttpDeps['report']): void => {
  app.setNotFoundHandler((request, reply) => {
    const isWrongMethod = isForSigning(request) && request.method !== 'POST';
    return sendProblem(
      request,
      reply,
      isWrongMethod
        ? { status: 400, reason: 'wrong-method', message: 'sign requests are sent with POST' }
        : { status: 404, reason: 'not-found', message: 'there is no such route' },
    );
  });
  app.setErrorHandler(
    (problem: Error & { readonly statusCode?: number; readonly code?: string }, request, reply) => {
      const status = problem.statusCode ?? 500;
      if (status === 413) {
        return sendProblem(request, reply, {
          status,
          reason: 'body-too-large',
          message: 'the body is too long',
        });
      }
      if (status < 500)
        return sendProblem(request, reply, { status, reason: 'bad-request', message: problem.message });
      report({ type: 'fault', where: `http ${request.routeOptions.url ?? 'request'}`, why: problem.message });
      return sendProblem(request, reply, {
        status: 500,
        reason: 'internal-error',
        message: 'see the log of this node',
      });
    },
  );
};

/** Requests under way may finish; then, or after `drainMs`, what is left of the connections is cut. */
const closeWithin = async (
  app: FastifyInstance,
  connections: Connections,
  drainMs: number,
): Promise<void> => {
  const cut = setTimeout(connections.closeAll, drainMs);
  try {
    const closed = app.close();
    connections.closeIdle();
    await closed;
  } finally {
    clearTimeout(cut);
  }
};
