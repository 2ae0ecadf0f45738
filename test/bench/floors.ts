/**
 * Floors: what nothing that signs over a network can be faster than, measured in the same run, so that figures of different
 * machines and of a busy one compare.
 *
 * - blst.verify, blst.sign: one verification of a parsed signature without its group check, one signature.
 * - http: POST of an attestation request to a bare fastify that parses JSON and answers with as much as a signature.
 * - tcp: the same bytes to a bare socket and back.
 *
 * The servers are on a thread of their own, as a client and an operator are not on one thread either.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { SecretKey, verify } from '@chainsafe/blst';
import { Pool } from 'undici';

export const floorNames = ['blst.verify', 'blst.sign', 'http', 'tcp'] as const;
export type FloorName = (typeof floorNames)[number];

export interface FloorWork extends AsyncDisposable {
  readonly works: Readonly<Record<FloorName, () => unknown>>;
}

/** As long as an attestation request. */
const bodyBytes = 700;
/** A server that runs for months has compiled what it does: the first hundreds of requests take several times as long as later ones. */
const warmUpRequests = 3000;

const startServers = async (): Promise<{ worker: Worker; http: number; tcp: number }> => {
  const worker = new Worker(new URL('./echo-thread.ts', import.meta.url));
  const [ports] = (await once(worker, 'message')) as [{ http: number; tcp: number }];
  return { worker, ...ports };
};

const roundTrip = (socket: Socket, body: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    let missing = body.length;
    const onData = (chunk: Uint8Array): void => {
      missing -= chunk.length;
      if (missing > 0) return;
      socket.off('data', onData).off('error', reject);
      resolve();
    };
    socket.on('data', onData).once('error', reject);
    socket.write(body);
  });

const verification = (): { sign: () => unknown; verify: () => unknown } => {
  const secret = SecretKey.fromKeygen(new Uint8Array(32).fill(1));
  const message = new Uint8Array(32).fill(2);
  const [key, signature] = [secret.toPublicKey(), secret.sign(message)];
  return {
    sign: () => secret.sign(message),
    verify: () => {
      if (!verify(message, key, signature)) throw new Error('blst does not verify its own signature');
    },
  };
};

/** `isWarm`: the servers have had enough requests to be as fast as they get. */
export const startFloors = async (isWarm: boolean): Promise<FloorWork> => {
  const { worker, http, tcp } = await startServers();
  const pool = new Pool(`http://127.0.0.1:${http}`, { connections: 1 });
  const socket = createConnection({ host: '127.0.0.1', port: tcp, noDelay: true });
  await once(socket, 'connect');
  const body = JSON.stringify({ filling: 'x'.repeat(bodyBytes - 14) });
  const bytes = Buffer.from(body);
  const headers = { 'content-type': 'application/json' };
  const bls = verification();
  const request = async (): Promise<void> => {
    const response = await pool.request({ method: 'POST', path: '/', headers, body });
    await response.body.text();
  };
  for (let at = 0; isWarm && at < warmUpRequests; at++) {
    await request();
    await roundTrip(socket, bytes);
  }
  return {
    works: {
      'blst.verify': bls.verify,
      'blst.sign': bls.sign,
      http: request,
      tcp: () => roundTrip(socket, bytes),
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await pool.close();
      await worker.terminate();
    },
  };
};
