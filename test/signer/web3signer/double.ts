/**
 * A Web3Signer for tests: an HTTP server of its own that checks each request as the real one does.
 *
 * It reads the body with the strict parser, recomputes the signing root and compares; answers in JSON or text by Accept. A test
 * may take over any request.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import type { Network } from '../../../src/core/eth2/network.ts';
import { parseSignRequest } from '../../../src/core/eth2/request.ts';
import { network as contractNetwork, keyOf, secrets } from '../contract.ts';

/** Returns true where it has answered. */
export type TakeOver = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface Double extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
  /** Bodies of sign requests, in order. */
  readonly bodies: unknown[];
  takeOver: TakeOver | null;
  /** Whose rules its signing roots follow. */
  readonly network: Network;
}

const held = new Map(secrets.map((secret) => [keyOf(secret) as string, secret]));

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const sign = (
  network: Network,
  path: string,
  body: unknown,
): { readonly status: number; readonly signature?: string } => {
  const parsed = parseSignRequest(network, body);
  if (parsed.type !== 'request') return { status: 400 };
  const { signingRoot } = body as { readonly signingRoot: string };
  if (signingRoot !== parsed.roots.signingRoot) return { status: 500 };
  const secret = held.get(path.split('/').at(-1) ?? '');
  if (secret === undefined) return { status: 404 };
  return { status: 200, signature: toHex(secret.sign(fromHex(signingRoot)).toBytes()) };
};

const answer = async (double: Double, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const path = request.url ?? '';
  const wantsJson = /application\/json|\*\/\*/.test(request.headers.accept ?? '');
  if (request.method === 'GET' && path.endsWith('/api/v1/eth2/publicKeys')) {
    response.setHeader('content-type', 'application/json').end(JSON.stringify([...held.keys()]));
    return;
  }
  assert.equal(request.method, 'POST');
  assert.match(path, /\/api\/v1\/eth2\/sign\/0x[0-9a-f]{96}$/);
  assert.equal(request.headers['content-type'], 'application/json');
  const body: unknown = JSON.parse(await readBody(request));
  double.bodies.push(body);
  const { status, signature } = sign(double.network, path, body);
  response.statusCode = status;
  if (signature === undefined) response.end('Bad things');
  else if (wantsJson)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ signature }));
  else response.setHeader('content-type', 'text/plain').end(signature);
};

export const startDouble = async (
  tls: ServerOptions | null = null,
  network = contractNetwork,
): Promise<Double> => {
  const listener: RequestListener = (request, response) => {
    if (double.takeOver?.(request, response)) return;
    answer(double, request, response).catch((error: unknown) => {
      response.statusCode = 599;
      response.end(String(error));
    });
  };
  const server = tls === null ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const double: Double = {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`,
    server,
    bodies: [],
    takeOver: null,
    network,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return double;
};
