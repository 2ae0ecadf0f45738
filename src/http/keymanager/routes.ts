/**
 * The keymanager API's routes: the bearer token, then keystores and validator settings.
 *
 * Source: https://github.com/ethereum/keymanager-APIs. Its error body is { message }; `reason` is ours and comes in addition.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Problem, sendProblem } from '../problem.ts';
import type { Keymanager } from './deps.ts';
import { addKeystoreRoutes } from './keystores.ts';
import { addPolicyRoutes } from './policies.ts';

export const addKeymanagerRoutes = (app: FastifyInstance, keymanager: Keymanager): void => {
  // A context of its own, so that the token is asked for these routes and no others, before any body is read.
  app.register((context, _options, done) => {
    const judge = createTokenJudge(keymanager.token);
    context.addHook('onRequest', (request, reply, next) => {
      const problem = judge(request);
      if (problem === null) next();
      else sendProblem(request, reply, problem);
    });
    addKeystoreRoutes(context, keymanager.keystores);
    if (keymanager.policies !== null) addPolicyRoutes(context, keymanager.policies);
    done();
  });
};

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Digests are compared, so that neither length nor content of the token shows in the time it takes. */
const createTokenJudge = (token: string): ((request: FastifyRequest) => Problem | null) => {
  const expected = digestOf(token);
  return ({ raw }) => {
    const given = /^Bearer +(\S+)$/i.exec(raw.headers.authorization ?? '')?.[1];
    if (given === undefined)
      return {
        status: 401,
        reason: 'unauthorized',
        message: 'send the token as Authorization: Bearer TOKEN',
      };
    return timingSafeEqual(digestOf(given), expected)
      ? null
      : { status: 403, reason: 'forbidden', message: 'this is not the token of this node' };
  };
};
