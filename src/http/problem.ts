/**
 * Error answers: one JSON shape, { reason, message }, and the statuses that a sign request may be answered with.
 *
 * `reason` is a stable word for programs, `message` a sentence for people, cut to a bounded length. Prysm reads any status
 * but these five as a signature, so on the sign route every other 4xx becomes 400 and every other 5xx becomes 500.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface Problem {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

export const signPath = '/api/v1/eth2/sign';

const signStatuses: ReadonlySet<number> = new Set([200, 400, 404, 412, 500]);

const messageMax = 500;

/** True for the sign route and for paths that only miss it. */
export const isForSigning = (request: FastifyRequest): boolean => {
  const path = request.routeOptions.url ?? request.url.split('?', 1)[0] ?? '';
  return path === signPath || path.startsWith(`${signPath}/`);
};

/** The status that may be sent in place of `status`. */
const allowedStatus = (request: FastifyRequest, status: number): number => {
  if (!isForSigning(request) || signStatuses.has(status)) return status;
  return status < 500 ? 400 : 500;
};

export const problemBody = ({ reason, message }: Pick<Problem, 'reason' | 'message'>): string =>
  JSON.stringify({ reason, message: message.slice(0, messageMax) });

/** Sends the problem as exactly `application/json`. */
export const sendProblem = (request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply => {
  reasons.set(request, problem.reason);
  return reply
    .code(allowedStatus(request, problem.status))
    .header('content-type', 'application/json')
    .send(Buffer.from(problemBody(problem)));
};

/** Reasons of the answers that are under way, for metrics. */
const reasons = new WeakMap<FastifyRequest, string>();

export const reasonOf = (request: FastifyRequest): string | null => reasons.get(request) ?? null;
