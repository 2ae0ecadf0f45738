/**
 * What else a real Dirk answers, and what becomes of a duty when it stops in the middle of one.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAuthority } from '../../../src/cli/demo/dirk/certificates.ts';
import { toHex } from '../../../src/core/bytes.ts';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { rootsOf } from '../../../src/core/eth2/signing-root.ts';
import type { Epoch, Root, ShareKey, Slot } from '../../../src/core/ids.ts';
import type { ShareSigner, ShareTask } from '../../../src/workflow/ports.ts';
import { failsAs, keys, network, never, secrets, taskOf, verifies } from '../contract.ts';
import { noDirk, startWorld, tlsOf } from './world.ts';

const skip = noDirk;
const [one, two, three] = keys as [ShareKey, ShareKey, ShareKey];

const attestation = (
  share: ShareKey,
  target: number,
  beaconBlockRoot = `0x${'11'.repeat(32)}`,
): ShareTask => {
  const root = `0x${'22'.repeat(32)}` as Root;
  const signable: Signable = {
    type: 'attestation',
    slot: (target * network.slotsPerEpoch) as Slot,
    index: 0,
    vote: {
      beaconBlockRoot: beaconBlockRoot as Root,
      source: { epoch: (target - 1) as Epoch, root },
      target: { epoch: target as Epoch, root },
    },
  };
  return { ...taskOf(share), signable, roots: rootsOf(network, signable) };
};
const otherRoot = `0x${'33'.repeat(32)}`;

const assertSigns = async (signer: ShareSigner, task: ShareTask): Promise<void> =>
  assert.ok(verifies(await signer.sign(task, never), task.roots.signingRoot, task.share));

test('who is at fault for a connection that does not come about is told', { skip }, async () => {
  await using world = await startWorld();
  const folder = await mkdtemp(join(tmpdir(), 'quorate-authority-'));
  const elsewhere = await createAuthority(folder);
  await using stranger = await world.signerAs('quorate', elsewhere);
  await using doubter = world.signer({ ca: tlsOf(elsewhere.caFile, world.client).ca });
  await using misnamed = world.signer({ serverName: 'other.test' });
  await using nowhere = world.signer({ endpoint: '127.0.0.1:1' });
  for (const [signer, message] of [
    [stranger, /does not accept our client certificate/],
    [doubter, /its certificate is not vouched for by our CA file/],
    [misnamed, /its certificate is not for other\.test/],
    [nowhere, /127\.0\.0\.1:1 cannot be reached: ECONNREFUSED/],
  ] as const) {
    await assert.rejects(signer.keys(never), failsAs('unavailable', message));
    await assert.rejects(signer.sign(attestation(one, 5), never), failsAs('unavailable', message));
  }
  await rm(folder, { recursive: true });
});

test('a client sees and signs what it is permitted to, and a refusal says what to look at', {
  skip,
}, async () => {
  await using world = await startWorld();
  await using reader = await world.signerAs('reader');
  await using nobody = await world.signerAs('nobody');
  assert.deepEqual([...(await reader.keys(never))].sort(), [...keys].sort());
  await assert.rejects(
    reader.sign(attestation(one, 5), never),
    failsAs('refused', /"Sign beacon attestation"/),
  );
  await assert.rejects(
    reader.sign(taskOf(one, 'block'), never),
    failsAs('refused', /"Sign beacon proposal"/),
  );
  await assert.rejects(reader.sign(taskOf(one, 'exit'), never), failsAs('refused', /admin-ips/));
  await assert.rejects(reader.sign(taskOf(one, 'randao'), never), failsAs('refused', /"Sign"/));
  assert.deepEqual(await nobody.keys(never), []);
  await assert.rejects(nobody.sign(taskOf(one), never), failsAs('unknown-key', /"Access account"/));
  await using elsewhere = world.signer({ wallets: ['nowhere', 'shares/share-0'] });
  assert.deepEqual(await elsewhere.keys(never), [one]);
});

test('what it has signed it denies, but what was received is answered without it', { skip }, async () => {
  await using world = await startWorld();
  await using signer = world.signer();
  const task = attestation(one, 5);
  const signature = await signer.sign(task, never);
  await assert.rejects(
    signer.sign(attestation(one, 5, otherRoot), never),
    failsAs('refused', /this or a later target/),
  );
  await assert.rejects(signer.sign(attestation(one, 4), never), failsAs('refused'));
  // The record is Dirk's, so another client of it is refused the very same root.
  await using another = world.signer();
  await assert.rejects(another.sign(task, never), failsAs('refused'));
  await world.dirk.kill();
  assert.equal(toHex(await signer.sign(task, never)), toHex(signature));
});

test('of many attestations at once, one that is denied takes no other with it', { skip }, async () => {
  await using world = await startWorld();
  await using half = await world.signerAs('half');
  await using signer = world.signer();
  await assertSigns(signer, attestation(two, 9));
  const outcomes = await Promise.allSettled(
    // The second is denied by the rules, the others beyond the first are not permitted at all.
    keys.map((share) => half.sign(attestation(share, 7), never)),
  );
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'signed' : outcome.reason.reason)),
    ['signed', 'refused', 'refused', 'refused', 'refused'],
  );
  await Promise.all(keys.map((share) => assertSigns(signer, attestation(share, 10))));
  // The same share twice in one turn: both are judged, one after the other.
  await Promise.all([11, 12].map((target) => assertSigns(signer, attestation(one, target))));
});

test('an answer that comes after its caller has gone is kept for the next', { skip }, async () => {
  await using world = await startWorld();
  await using signer = world.signer({ timeoutMs: 1000 });
  await signer.keys(never);
  world.dirk.signal('SIGSTOP');
  const task = attestation(one, 5);
  await assert.rejects(signer.sign(task, never), failsAs('timeout', /no answer within 1000 ms/));
  world.dirk.signal('SIGCONT');
  // Asked anew it would be denied.
  await assertSigns(signer, task);
});

test('Dirk is killed in the middle of a duty and comes back with its record', { skip }, async () => {
  await using world = await startWorld();
  await using signer = world.signer();
  await assertSigns(signer, attestation(one, 5));
  world.dirk.signal('SIGSTOP');
  const tasks = [attestation(one, 6), attestation(two, 6), taskOf(three, 'randao')];
  const interrupted = Promise.all(
    tasks.map((task) =>
      assert.rejects(signer.sign(task, never), failsAs('unavailable', /cannot be reached/)),
    ),
  );
  // In the next turn of the loop the requests are on their way.
  setImmediate(() => void world.dirk.kill());
  await interrupted;
  await assert.rejects(signer.sign(taskOf(two, 'randao'), never), failsAs('unavailable'));
  await world.dirk.start();
  for (const task of tasks) await assertSigns(signer, task);
  await assert.rejects(signer.sign(attestation(one, 5, otherRoot), never), failsAs('refused'));
});

/** Passes bytes on; `cut` drops the next answer and the connection with it. */
const startProxy = async (endpoint: string) => {
  const port = Number(endpoint.split(':')[1]);
  const state = { cut: false };
  const server = createServer((near: Socket) => {
    const far = createConnection(port, '127.0.0.1');
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      // Frames that say how the connection is are short; one with a signature is not, and then it is on record there.
      if (!state.cut || bytes.length < 120) return void near.write(bytes);
      state.cut = false;
      near.resetAndDestroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { endpoint: `127.0.0.1:${address.port}`, state, [Symbol.dispose]: () => void server.close() };
};

test('a lost answer is asked for again; where Dirk then denies, that is no refusal', { skip }, async () => {
  await using world = await startWorld(secrets.slice(0, 1));
  using proxy = await startProxy(world.dirk.endpoint);
  await using signer = world.signer({ endpoint: proxy.endpoint });
  await assertSigns(signer, taskOf(one, 'randao', 1));
  proxy.state.cut = true;
  await assertSigns(signer, taskOf(one, 'randao', 2));
  proxy.state.cut = true;
  await assert.rejects(signer.sign(attestation(one, 5), never), failsAs('unavailable', /lost on the way/));
  await assertSigns(signer, attestation(one, 6));
});
