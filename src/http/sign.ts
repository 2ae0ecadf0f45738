/**
 * POST /api/v1/eth2/sign/:identifier, the one route that matters.
 *
 * The order is Web3Signer's: the request is read first (400), then the key is looked up (404), then comes everything else.
 * A root mismatch is a 400 here and a 500 there; clients treat both alike.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toHex } from '../core/bytes.ts';
import { parseSignRequest } from '../core/eth2/request.ts';
import { parseValidatorKey, type ValidatorKey } from '../core/ids.ts';
import { remember } from '../core/remember.ts';
import type { HttpDeps, SignTask } from './deps.ts';
import { problemOf } from './outcome-status.ts';
import { type Problem, sendProblem, signPath } from './problem.ts';

/** Only whole phase0 and altair blocks are longer; an Electra aggregate with all its bits is below 40 KiB. */
const bodyMaxOfOthers = 64 * 1024;

/**
 * All validators of a client attest to the same data in a slot, with bodies that are the same to the byte: they are read once.
 * Longer bodies are of one validator each.
 */
const rememberedBodies = 64;
const rememberedBytesMax = 4096;

export interface SignLimits {
  /** Requests that may be under way at once; more are answered `overloaded`. */
  readonly inFlightMax: number;
}

interface SignRoute {
  readonly Params: { readonly identifier: string };
  readonly Body: string | undefined;
}

export const addSignRoute = (app: FastifyInstance, deps: HttpDeps, limits: SignLimits): void => {
  let inFlight = 0;
  const readShort = remember(rememberedBodies, (text) => readTask(deps, text));
  const read = (text: string): SignTask | Problem =>
    text.length <= rememberedBytesMax ? readShort(text) : readTask(deps, text);
  app.post<SignRoute>(`${signPath}/:identifier`, async (request, reply) => {
    const task = read(request.body ?? '');
    if ('status' in task) return sendProblem(request, reply, task);
    const validator = readIdentifier(request.params.identifier);
    if (validator === null) return sendProblem(request, reply, problemOf({ type: 'unknown-validator' }));
    if (inFlight >= limits.inFlightMax) {
      const detail = `${inFlight} sign requests are already under way`;
      return sendProblem(request, reply, problemOf({ type: 'overloaded', detail }));
    }
    inFlight++;
    try {
      const outcome = await deps.sign(validator, task, goneSignal(reply));
      if (outcome.type === 'signed') return sendSignature(request, reply, outcome.signature);
      return sendProblem(request, reply, problemOf(outcome));
    } finally {
      inFlight--;
    }
  });
};

/** Lower or upper case, with or without 0x. */
const readIdentifier = (identifier: string): ValidatorKey | null => {
  const lower = identifier.toLowerCase();
  return parseValidatorKey(lower.startsWith('0x') ? lower : `0x${lower}`);
};

const readTask = (deps: HttpDeps, text: string): SignTask | Problem => {
  const body = readJson(text);
  if (body === undefined) return { status: 400, reason: 'malformed', message: 'the body is not JSON' };
  if (text.length > bodyMaxOfOthers && !isBlock(body)) {
    const message = `only blocks may be longer than ${bodyMaxOfOthers} bytes`;
    return { status: 400, reason: 'body-too-large', message };
  }
  const parsed = parseSignRequest(deps.network, body);
  if (parsed.type === 'request') return { signable: parsed.signable, roots: parsed.roots };
  return { status: 400, reason: parsed.type, message: parsed.detail };
};

/** Undefined for what is not JSON: no JSON text has that value. */
const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined;
    throw problem;
  }
};

const isBlock = (body: unknown): boolean => {
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : null;
  return typeof type === 'string' && /^block(?:_v2)?$/i.test(type);
};

/** Aborts when the connection closes before the answer was written. */
const goneSignal = (reply: FastifyReply): AbortSignal => {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort(new Error('the client closed the connection'));
  });
  return gone.signal;
};

/** Lodestar reads the answer only if its type is application/json and nothing more. Buffers keep fastify from adding a charset. */
const sendSignature = (request: FastifyRequest, reply: FastifyReply, signature: Uint8Array): FastifyReply => {
  const hex = toHex(signature);
  return wantsJson(request.headers.accept)
    ? reply.header('content-type', 'application/json').send(Buffer.from(`{"signature":"${hex}"}`))
    : reply.header('content-type', 'text/plain; charset=utf-8').send(hex);
};

/**
 * JSON where any entry of Accept is application/json or any type at all; otherwise bare hex as text, also where there is no
 * Accept (Teku and Prysm send none, Vero asks for text/plain and cannot read JSON).
 */
const wantsJson = (accept: string | undefined): boolean =>
  accept?.split(',').some((entry) => {
    const type = entry.split(';', 1)[0]?.trim().toLowerCase();
    return type === 'application/json' || type === '*/*';
  }) ?? false;
