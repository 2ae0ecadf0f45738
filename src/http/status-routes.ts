/**
 * The routes around signing: keys, liveness, health, reload.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { HttpDeps } from './deps.ts';
import { sendProblem } from './problem.ts';

export const addStatusRoutes = (app: FastifyInstance, deps: HttpDeps): void => {
  app.get('/api/v1/eth2/publicKeys', (request, reply) => {
    const known = deps.publicKeys();
    // An incomplete list would make clients drop validators; an error makes them keep what they have.
    if (known.type === 'ready') return sendJson(reply, 200, known.keys);
    return sendProblem(request, reply, { status: 503, reason: 'not-ready', message: known.why });
  });

  app.get('/upcheck', (_request, reply) =>
    reply.header('content-type', 'text/plain; charset=utf-8').send('OK'),
  );

  app.get('/healthcheck', (_request, reply) => {
    const health = deps.health();
    return sendJson(reply, health.outcome === 'UP' ? 200 : 503, health);
  });

  app.post('/reload', (_request, reply) => {
    switch (deps.reload()) {
      case 'accepted':
        return sendJson(reply, 202, {
          status: 'accepted',
          message: 'reload started; GET /reload tells how it went',
        });
      case 'running':
        return sendJson(reply, 409, { status: 'error', message: 'a reload is already running' });
    }
  });

  app.get('/reload', (_request, reply) => sendJson(reply, 200, deps.reloadStatus()));
};

const sendJson = (reply: FastifyReply, status: number, value: unknown): FastifyReply =>
  reply
    .code(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(value)));
