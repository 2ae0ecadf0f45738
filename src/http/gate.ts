/**
 * Who may talk to this server at all: the Host allow list, client certificates, and no web pages.
 *
 * The Host list stops a web page whose name was rebound to this address; refusing foreign origins stops one that posts here
 * directly, which a browser would let it do as the body's type is not enforced. Validator clients never send Origin.
 * Web3Signer answers 403; on the sign route that becomes 400 (problem.ts says why).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { remember } from '../core/remember.ts';
import { type Problem, sendProblem } from './problem.ts';
import { type ClientCertificates, createClientGate } from './tls.ts';

export interface GateOptions {
  /** Names or addresses without port that requests may be addressed to; `*` lets all in. */
  readonly hosts: readonly string[];
  readonly clients: ClientCertificates | null;
}

export const addGate = (app: FastifyInstance, { hosts, clients }: GateOptions): void => {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  const anyHost = allowed.has('*');
  const isAllowed = remember(64, (host) => anyHost || allowed.has(hostName(host)));
  const mayEnter = clients === null ? null : createClientGate(clients);

  const judge = (request: FastifyRequest): Problem | null => {
    const { host, origin } = request.raw.headers;
    if (!isAllowed(host ?? '')) {
      return refuse('host-not-allowed', 'the Host of this request is not on the allow list of this node');
    }
    if (origin !== undefined && !isOwnOrigin(origin, host ?? '')) {
      return refuse('cross-origin', 'requests from web pages of other origins are refused');
    }
    if (mayEnter !== null && !mayEnter(request.raw)) {
      return refuse('client-not-allowed', "this client's certificate is missing or not on the allow list");
    }
    return null;
  };

  app.addHook('onRequest', (request, reply, next) => {
    const problem = judge(request);
    if (problem === null) next();
    else sendProblem(request, reply, problem);
  });
};

const refuse = (reason: string, message: string): Problem => ({ status: 403, reason, message });

/** `example.org:9000` and `[::1]:9000` without their ports. */
const hostName = (host: string): string =>
  host
    .toLowerCase()
    .replace(/:[0-9]*$/, '')
    .replace(/^\[(.*)\]$/, '$1');

const isOwnOrigin = (origin: string, host: string): boolean =>
  origin.toLowerCase() === `http://${host.toLowerCase()}` ||
  origin.toLowerCase() === `https://${host.toLowerCase()}`;
