/**
 * The Web3Signer client over TLS with client certificates.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderWeb3Signer } from '../../../src/core/eth2/render.ts';
import type { ShareKey } from '../../../src/core/ids.ts';
import { verifyPartials } from '../../../src/core/threshold/combine.ts';
import type { Tls } from '../../../src/signer/web3signer/transport.ts';
import { createWeb3Signer } from '../../../src/signer/web3signer/web3signer.ts';
import { failsAs, keys, network, never, taskOf, verifies } from '../contract.ts';
import { startDouble } from './double.ts';

const read = (name: string): string => readFileSync(new URL(`./tls/${name}`, import.meta.url), 'utf8');
const ca = read('ca.pem');
const client = { cert: read('client.pem'), key: read('client.key.pem') };
const stranger = { cert: read('stranger.pem'), key: read('stranger.key.pem') };

const server = {
  cert: read('server.pem'),
  key: read('server.key.pem'),
  ca,
  requestCert: true,
  rejectUnauthorized: true,
};
const [share] = keys as [ShareKey];

const clientOf = (url: string, tls: Tls | undefined) =>
  createWeb3Signer({
    url,
    timeoutMs: 5000,
    render: (signable, roots) => renderWeb3Signer(network, signable, roots),
    verify: async (check) => verifyPartials([check])[0] === true,
    ...(tls === undefined ? {} : { tls }),
  });

test('with the right authority and client certificate it signs', async () => {
  await using double = await startDouble(server);
  await using signer = clientOf(double.url, { ca, ...client });
  const task = taskOf(share);
  assert.ok(verifies(await signer.sign(task, never), task.roots.signingRoot, share));
});

test('without a certificate, or with one that nobody vouches for, it does not', async () => {
  await using double = await startDouble(server);
  for (const tls of [{ ca }, { ca, ...stranger }]) {
    await using signer = clientOf(double.url, tls);
    await assert.rejects(signer.sign(taskOf(share), never), failsAs('unavailable'));
  }
  assert.deepEqual(double.bodies, []);
});

test('a server that nobody vouches for gets no request', async () => {
  await using double = await startDouble({ ...server, requestCert: false });
  for (const tls of [undefined, { ca: stranger.cert }]) {
    await using signer = clientOf(double.url, tls);
    await assert.rejects(signer.sign(taskOf(share), never), failsAs('unavailable', /cannot be reached/));
  }
  assert.deepEqual(double.bodies, []);
});
