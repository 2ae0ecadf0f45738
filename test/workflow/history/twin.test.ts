/**
 * The same operator running twice: whoever hears the other stops signing; what a peer merely repeats stops nobody.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes } from '../../../src/core/bytes.ts';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { OperatorId, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import { decodeQbftMessage, encodeQbftMessage } from '../../../src/core/wire/qbft-message.ts';
import {
  decodeSigned,
  encodeSigned,
  encodeSsvMessage,
  type SignedMessage,
} from '../../../src/core/wire/signed.ts';
import { operatorSignature } from '../../fakes/signing.ts';
import { attestationOf, requestOf } from '../../simulation/world/requests.ts';
import { createRememberingCluster } from './remembering-cluster.ts';

/** Signs one vote and returns all that operator 4 published for it. */
const signOnce = async (at = 1) => {
  const world = createRememberingCluster({ validators: 1 });
  const { cluster } = world;
  const said: Uint8Array[] = [];
  cluster.network.onPublish((from, message) => {
    if (from === 4) said.push(message);
  });
  for (const member of cluster.members) world.start(member.id);
  await cluster.clock.runUntil(cluster.clock.now() + 1000);
  const slot = (slotAt(cluster.eth2, cluster.clock.now()) + at) as Slot;
  await cluster.clock.runUntil(slotStartMs(cluster.eth2, slot) + 4000);
  const request = requestOf(cluster.eth2, attestationOf(cluster.eth2, slot, 0));
  const [key] = cluster.registry.validators.keys();
  const sign = (operator: number, what = request) =>
    cluster.members[operator - 1]?.workflow?.sign(key as ValidatorKey, what, new AbortController().signal);
  for (const member of cluster.members) void sign(member.id);
  await cluster.clock.runUntil(cluster.clock.now() + 2000);
  assert.ok(said.length > 0);
  return { world, cluster, said, slot, sign };
};

const hasHalted = (world: Awaited<ReturnType<typeof signOnce>>): boolean =>
  world.cluster.members[3]?.trace.some((event) => event.type === 'twin') ?? false;

const openOf = (bytes: Uint8Array): SignedMessage => {
  const signed = decodeSigned(bytes);
  assert.ok(!isWireError(signed));
  return signed;
};

/** The same commit in another round, signed with operator 4's key: nobody but operator 4 can have made it. */
const otherWords = (said: readonly Uint8Array[], signature = true): Uint8Array => {
  const signed = said.map(openOf).find(({ message }) => message.type === 'consensus') as SignedMessage;
  const qbft = decodeQbftMessage(signed.message.data);
  assert.ok(!isWireError(qbft));
  const message = { ...signed.message, data: encodeQbftMessage({ ...qbft, type: 'prepare', round: 3 }) };
  const good = operatorSignature(4 as OperatorId, encodeSsvMessage(message));
  return encodeSigned({
    ...signed,
    message,
    signatures: [signature ? good : concatBytes(good.slice(1), good.slice(0, 1))],
    fullData: new Uint8Array(0),
  });
};

test('its own words, repeated by a peer, stop nobody', async () => {
  const all = await signOnce();
  using _ = all.world;
  for (const message of all.said) all.cluster.network.inject(1 as OperatorId, 4 as OperatorId, message);
  await all.cluster.clock.runUntil(all.cluster.clock.now() + 500);
  assert.equal(hasHalted(all), false);
});

test('words of an earlier run, repeated after a restart in the same slot, stop nobody', async () => {
  const all = await signOnce();
  using _ = all.world;
  all.world.crash(4);
  all.world.start(4);
  for (const message of all.said) all.cluster.network.inject(1 as OperatorId, 4 as OperatorId, message);
  await all.cluster.clock.runUntil(all.cluster.clock.now() + 500);
  assert.equal(hasHalted(all), false);
});

test('a message that only claims to be of this operator stops nobody', async () => {
  const all = await signOnce();
  using _ = all.world;
  all.cluster.network.inject(1 as OperatorId, 4 as OperatorId, otherWords(all.said, false));
  await all.cluster.clock.runUntil(all.cluster.clock.now() + 500);
  assert.equal(hasHalted(all), false);
});

test('other words under its signature stop it for good: it signs nothing more, not even what cannot be slashed', async () => {
  const all = await signOnce();
  using _ = all.world;
  const { cluster } = all;
  all.cluster.network.inject(1 as OperatorId, 4 as OperatorId, otherWords(all.said));
  await cluster.clock.runUntil(cluster.clock.now() + 500);
  assert.equal(hasHalted(all), true);
  const count = cluster.members[3]?.signer.signed.length;
  const next = (all.slot + 1) as Slot;
  await cluster.clock.runUntil(slotStartMs(cluster.eth2, next) + 1000);
  for (const operator of [1, 2, 3, 4]) {
    void all.sign(operator, requestOf(cluster.eth2, { type: 'selection-proof', slot: next }));
  }
  await cluster.clock.runUntil(cluster.clock.now() + 3000);
  assert.equal(cluster.members[3]?.signer.signed.length, count);
  assert.ok((cluster.members[2]?.signer.signed.length ?? 0) > (count ?? 0));
});
