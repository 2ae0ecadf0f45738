/**
 * The server on real sockets: broken HTTP, clients that leave, bursts, closing.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import test from 'node:test';
import { fromHex } from '../../src/core/bytes.ts';
import type { SignOutcome } from '../../src/workflow/outcome.ts';
import { createFake, registration, signatureHex, signUrl } from './fake.ts';

const signed: SignOutcome = { type: 'signed', signature: fromHex(signatureHex) };
const body = JSON.stringify(registration);

/** Everything that the server sends until it closes the connection. */
const readAll = async (socket: Socket): Promise<string> => {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
};

const exchange = async (port: number, text: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.end(text);
  return readAll(socket);
};

const head = (extra: string, length = body.length) =>
  `POST ${signUrl} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\nConnection: close\r\n${extra}\r\n`;

const raw: readonly (readonly [string, string, number])[] = [
  ['a plain request', head('') + body, 200],
  ['an expectation that no one knows', head('Expect: the-unexpected\r\n') + body, 200],
  [
    'no type and chunks',
    `POST ${signUrl} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    200,
  ],
  ['no host', `POST ${signUrl} HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, 400],
  ['what is not HTTP', 'hello\r\n\r\n', 400],
  ['a method that does not exist', `BREW ${signUrl} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 400],
  ['headers without end', `${head(`X: ${'x'.repeat(40_000)}\r\n`)}${body}`, 400],
  ['a length that is not a number', head('').replace(/Content-Length: \d+/, 'Content-Length: x') + body, 400],
  ['two lengths', `${head('Content-Length: 3\r\n')}${body}`, 400],
];

for (const [what, text, status] of raw) {
  test(`${what} on the socket is answered ${status}`, async () => {
    const { server } = createFake();
    await using _ = server;
    const { port } = await server.listen();
    assert.equal((await exchange(port, text)).split(' ')[1], String(status));
  });
}

test('a client that leaves aborts the signal of its request', async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const { server } = createFake({
    sign: async (_validator, _task, signal) => {
      asked.resolve(signal);
      await once(signal, 'abort');
      return signed;
    },
  });
  await using _ = server;
  const { port } = await server.listen();
  const socket = connect(port, '127.0.0.1');
  socket.write(head('') + body);
  const signal = await asked.promise;
  assert(!signal.aborted);
  const aborted = once(signal, 'abort');
  socket.destroy();
  await aborted;
});

test('a client that gets its answer aborts nothing', async () => {
  const { server, asked } = createFake();
  await using _ = server;
  const { port } = await server.listen();
  await exchange(port, head('') + body);
  assert.equal(asked[0]?.signal.aborted, false);
});

// The limit of the drain is beyond the test's: what closes the connections is not the limit.
test('closing lets a request that is under way finish, and closes idle connections', {
  timeout: 20_000,
}, async () => {
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const sign = async () => {
    reached.resolve();
    await release.promise;
    return signed;
  };
  const { server } = createFake({ sign }, { drainMs: 600_000 });
  const { port } = await server.listen();
  const idle = connect(port, '127.0.0.1');
  await once(idle, 'connect');
  const idleClosed = once(idle, 'close');
  idle.resume();
  const answer = exchange(port, (head('') + body).replace('Connection: close\r\n', ''));
  await reached.promise;
  const closed = server[Symbol.asyncDispose]();
  release.resolve();
  assert.match(await answer, /^HTTP\/1\.1 200 /);
  await Promise.all([closed, idleClosed]);
});

test('closing does not wait longer than its limit for a request that never ends', async () => {
  const reached = Promise.withResolvers<void>();
  const { server } = createFake(
    {
      sign: (_validator, _task, signal) => {
        reached.resolve();
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(signed)));
      },
    },
    { drainMs: 50 },
  );
  const { port } = await server.listen();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(head('').replace('Connection: close\r\n', '') + body);
  await reached.promise;
  await server[Symbol.asyncDispose]();
});

test('a burst of a thousand requests on a hundred connections is answered in full', async () => {
  const { server, asked } = createFake();
  await using _ = server;
  const { port } = await server.listen();
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const ask = async (): Promise<number> => {
    const request = httpRequest({ agent, port, host: '127.0.0.1', path: signUrl, method: 'POST' });
    request.end(body);
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  };
  const statuses = await Promise.all(Array.from({ length: 1000 }, ask));
  assert.deepEqual([...new Set(statuses)], [200]);
  assert.equal(asked.length, 1000);
  agent.destroy();
});

test('an address that is taken is an error when listening', async () => {
  await using first = createFake().server;
  const { port } = await first.listen();
  await using second = createFake({}, { port }).server;
  await assert.rejects(second.listen(), /EADDRINUSE/);
});
