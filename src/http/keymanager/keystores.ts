/**
 * GET, POST and DELETE /eth/v1/keystores.
 */
import type { FastifyInstance } from 'fastify';
import { sendProblem } from '../problem.ts';
import { isProblem, malformed, readBody, readShareKeys, readTexts } from './body.ts';
import type { KeystoreAdmin } from './deps.ts';
import { sendJson } from './send.ts';

const path = '/eth/v1/keystores';

/** A thousand keystores are 1 MB; the rest is for slashing protection data. Read only with the token. */
const bodyLimit = 32 << 20;

interface TextBody {
  readonly Body: string | undefined;
}

export const addKeystoreRoutes = (app: FastifyInstance, keystores: KeystoreAdmin): void => {
  app.get(path, async (_request, reply) => {
    const keys = await keystores.list();
    return sendJson(reply, {
      data: keys.map(({ key, isReadonly, shareOf }) => ({
        validating_pubkey: key,
        // A share has no path: the key that it is a share of had one.
        derivation_path: '',
        readonly: isReadonly,
        ...(shareOf === undefined ? {} : { share_of: shareOf }),
      })),
    });
  });

  app.post<TextBody>(path, { bodyLimit }, async (request, reply) => {
    const asked = readImport(request.body);
    if (isProblem(asked)) return sendProblem(request, reply, asked);
    const outcome = await keystores.import(asked.items, asked.slashingProtection);
    switch (outcome.type) {
      case 'done':
        return sendJson(reply, { data: outcome.statuses });
      case 'malformed':
        return sendProblem(request, reply, malformed(outcome.why));
    }
  });

  app.delete<TextBody>(path, { bodyLimit }, async (request, reply) => {
    const body = readBody(request.body);
    const keys = isProblem(body) ? body : readShareKeys(body);
    if (isProblem(keys)) return sendProblem(request, reply, keys);
    const { statuses, slashingProtection } = await keystores.delete(keys);
    return sendJson(reply, { data: statuses, slashing_protection: slashingProtection });
  });
};

const readImport = (text: unknown) => {
  const body = readBody(text);
  if (isProblem(body)) return body;
  const keystores = readTexts(body, 'keystores');
  if (isProblem(keystores)) return keystores;
  const passwords = readTexts(body, 'passwords');
  if (isProblem(passwords)) return passwords;
  if (passwords.length !== keystores.length)
    return malformed(`there are ${keystores.length} keystores and ${passwords.length} passwords`);
  const protection = body.slashing_protection ?? null;
  if (protection !== null && typeof protection !== 'string')
    return malformed('slashing_protection must be a text: the JSON of an interchange file');
  const items = keystores.map((keystore, at) => ({ keystore, password: passwords[at] ?? '' }));
  // Some clients send an empty text for "none".
  return { items, slashingProtection: protection === '' ? null : protection };
};
