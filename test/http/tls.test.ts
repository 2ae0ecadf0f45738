/**
 * HTTPS and the rules for client certificates, on real sockets.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import test from 'node:test';
import { type ClientCertificates, serverTls } from '../../src/http/tls.ts';
import { createFake, registration, signUrl } from './fake.ts';

const pem = (name: string): string =>
  readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8');
const certPem = pem('server');
const keyPem = pem('server.key');
const caPem = pem('ca');
const fingerprintOf = (name: string): string => new X509Certificate(pem(name)).fingerprint256;

type Client = 'none' | 'listed' | 'unlisted' | 'rogue';

/** The status of a sign request, or the code of the error where the handshake fails. */
const statusFor = async (port: number, client: Client): Promise<number | string> => {
  const identity = client === 'none' ? {} : { cert: pem(client), key: pem(`${client}.key`) };
  const agent = new Agent({ ca: caPem, ...identity });
  const request = httpsRequest({ agent, host: '127.0.0.1', port, path: signUrl, method: 'POST' });
  request.end(JSON.stringify(registration));
  try {
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    agent.destroy();
  }
};

const none = { commonNames: [], fingerprints: [] };
const rules: readonly (readonly [
  string,
  ClientCertificates | null,
  Readonly<Record<Client, 200 | 400 | 'closed'>>,
])[] = [
  ['no rule', null, { none: 200, listed: 200, unlisted: 200, rogue: 200 }],
  [
    'the CA, required',
    { mode: 'required', caPem, ...none },
    { none: 'closed', listed: 200, unlisted: 200, rogue: 'closed' },
  ],
  [
    'the CA, optional',
    { mode: 'optional', caPem, ...none },
    { none: 200, listed: 200, unlisted: 200, rogue: 400 },
  ],
  [
    'the CA and a name',
    { mode: 'required', caPem, ...none, commonNames: ['vc-1'] },
    { none: 'closed', listed: 200, unlisted: 400, rogue: 'closed' },
  ],
  [
    'a fingerprint alone',
    {
      mode: 'required',
      caPem: null,
      ...none,
      fingerprints: [fingerprintOf('rogue').toLowerCase().replaceAll(':', '')],
    },
    { none: 400, listed: 400, unlisted: 400, rogue: 200 },
  ],
  [
    'a name and a fingerprint',
    { mode: 'required', caPem, commonNames: ['vc-1'], fingerprints: [fingerprintOf('unlisted')] },
    { none: 400, listed: 200, unlisted: 200, rogue: 400 },
  ],
];

for (const [what, clients, expected] of rules) {
  test(`client certificates with ${what}`, async () => {
    const { server, asked } = createFake({}, { tls: { certPem, keyPem, clients } });
    await using _ = server;
    const { port } = await server.listen();
    let signed = 0;
    for (const [client, status] of Object.entries(expected) as [Client, number | 'closed'][]) {
      const got = await statusFor(port, client);
      if (status === 'closed') assert.equal(typeof got, 'string', client);
      else assert.equal(got, status, client);
      if (status === 200) signed++;
    }
    assert.equal(asked.length, signed);
  });
}

test('rules that would let nobody or anybody in are errors at the start', () => {
  const start = (clients: ClientCertificates) => () => serverTls({ certPem, keyPem, clients });
  assert.throws(
    start({ mode: 'required', caPem: null, ...none }),
    /need a client CA or a list of fingerprints/,
  );
  assert.throws(
    start({ mode: 'optional', caPem: null, commonNames: ['vc-1'], fingerprints: ['aa'] }),
    /common names needs a client CA/,
  );
});

test('closing a TLS server closes its idle connections', { timeout: 20_000 }, async () => {
  const { server } = createFake({}, { tls: { certPem, keyPem, clients: null }, drainMs: 600_000 });
  const { port } = await server.listen();
  const agent = new Agent({ ca: caPem, keepAlive: true });
  const request = httpsRequest({ agent, host: '127.0.0.1', port, path: '/upcheck' });
  request.end();
  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');
  await server[Symbol.asyncDispose]();
  agent.destroy();
});
