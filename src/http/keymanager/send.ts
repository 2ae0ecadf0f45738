/**
 * A good answer of the keymanager API.
 */
import type { FastifyReply } from 'fastify';

export const sendJson = (reply: FastifyReply, value: unknown): FastifyReply =>
  reply
    .code(200)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(value)));
