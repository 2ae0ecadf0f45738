/**
 * A stand-in for four Quorate nodes inside this process, for testing the harness itself: it holds the whole keys, signs
 * the first request of each duty and refuses later ones with other data, and refuses everything below three operators.
 */
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecretKey } from '@chainsafe/blst';
import type { InteropKey } from './interop-keys.ts';
import { type OperatorNumber, type Operators, operatorNumbers } from './operators.ts';

const quorum = 3;
const latencyMs = 40;

interface SignRequest {
  readonly type: string;
  readonly signingRoot?: string;
  readonly attestation?: { readonly target: { readonly epoch: string } };
  readonly beacon_block?: { readonly block_header: { readonly slot: string } };
}

const guardedDuty = (key: string, request: SignRequest): string | null => {
  if (request.attestation !== undefined) return `attestation/${key}/${request.attestation.target.epoch}`;
  if (request.beacon_block !== undefined) return `block/${key}/${request.beacon_block.block_header.slot}`;
  return null;
};

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export const createMockOperators = (keys: readonly InteropKey[], ports: readonly number[]): Operators => {
  const secrets = new Map(keys.map(({ publicKey, secret }) => [publicKey, SecretKey.fromBytes(secret)]));
  const signed = new Map<string, string>();
  const servers = new Map<OperatorNumber, Server>();
  const portOf = (operator: OperatorNumber): number => ports[operator - 1] ?? 0;

  const sign = (key: string, request: SignRequest): Answer => {
    const secret = secrets.get(key);
    if (secret === undefined)
      return { status: 404, body: { error: 'unknown validator', reason: 'unknown-validator' } };
    if (servers.size < quorum) {
      return {
        status: 500,
        body: { error: `${servers.size} of 4 operators are up`, reason: 'below-quorum' },
      };
    }
    if (request.signingRoot === undefined)
      return { status: 400, body: { error: 'the mock needs a signingRoot' } };
    const duty = guardedDuty(key, request);
    const first = duty === null ? undefined : signed.get(duty);
    if (first !== undefined && first !== request.signingRoot) {
      return { status: 500, body: { error: 'other data was signed', reason: 'decided-otherwise' } };
    }
    if (duty !== null) signed.set(duty, request.signingRoot);
    return {
      status: 200,
      body: { signature: secret.sign(Buffer.from(request.signingRoot.slice(2), 'hex')).toHex() },
    };
  };

  const answer = async (url: string, body: string): Promise<Answer> => {
    if (url.endsWith('/publicKeys')) return { status: 200, body: [...secrets.keys()] };
    await sleep(latencyMs);
    return sign(url.split('/').at(-1) ?? '', JSON.parse(body) as SignRequest);
  };

  const start = (operator: OperatorNumber): Promise<void> => {
    const server = createServer((request, response) => {
      text(request)
        .then((body) => answer(request.url ?? '', body))
        .then(({ status, body }) =>
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
        )
        .catch((error: unknown) => response.destroy(error as Error));
    });
    servers.set(operator, server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(portOf(operator), '127.0.0.1', resolve);
    });
  };

  const kill = async (operator: OperatorNumber): Promise<void> => {
    const server = servers.get(operator);
    servers.delete(operator);
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  };

  return {
    url: (operator) => `http://127.0.0.1:${portOf(operator)}`,
    configure: async () => undefined,
    start,
    kill,
    answers: async () => [],
    findContradictions: async () => {
      for (const operator of operatorNumbers) await kill(operator);
      return [];
    },
  };
};
