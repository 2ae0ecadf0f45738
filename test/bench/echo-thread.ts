/**
 * The servers of the floors, on a thread: a fastify that answers any POST, and a socket that sends back what it gets.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { fastify } from 'fastify';

assert(parentPort, 'this file is a thread of floors.ts');
const answer = { signature: `0x${'ab'.repeat(96)}` };

const app = fastify();
app.post('/', () => answer);
await app.listen({ host: '127.0.0.1', port: 0 });

const server = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const portOf = (address: AddressInfo | string | null): number => (address as AddressInfo).port;
parentPort.postMessage({ http: portOf(app.server.address()), tcp: portOf(server.address()) });
