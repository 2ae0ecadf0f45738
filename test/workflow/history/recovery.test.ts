/**
 * Nodes that lose their databases while the cluster runs, and what they sign when they come back. Real databases, virtual time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochOf, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { Slot } from '../../../src/core/ids.ts';
import { attestationOf, blockOf } from '../../simulation/world/requests.ts';
import type { RememberingCluster } from './remembering-cluster.ts';
import { ask, firstSlot, nextEpoch, ruleOf, setUp, signTogether, standingOf, verdictOn } from './stories.ts';

test('a new cluster signs from its first duty, without help', async () => {
  const { world, keys, eth2, slotNow } = await setUp();
  using _ = world;
  assert.deepEqual(
    [1, 2, 3, 4].map((operator) => standingOf(world, operator)),
    Array(4).fill('caught-up'),
  );
  const slot = (slotNow() + 1) as Slot;
  const signed = await signTogether(world, slot, [1, 2, 3, 4], keys[0], attestationOf(eth2, slot, 0));
  assert.deepEqual(signed, ['signed', 'signed', 'signed', 'signed']);
});

for (const [how, lose] of [
  ['its databases deleted', (world: RememberingCluster) => world.deleteDatabases(4)],
  ['an old database restored', (world: RememberingCluster) => world.restore(4)],
] as const) {
  test(`a node with ${how} refuses the double vote and the surround of what it forgot`, async () => {
    const { world, cluster, keys, eth2, slotNow } = await setUp();
    using _ = world;
    const [key] = keys;
    // A vote that the backup knows, then a week of nothing: the backup is old.
    const early = (slotNow() + 1) as Slot;
    await signTogether(world, early, [1, 2, 3, 4], key, attestationOf(eth2, early, 0));
    world.crash(4);
    world.backUp(4);
    world.start(4);
    const week = nextEpoch(world, early) + 1575;
    await cluster.clock.runUntil(slotStartMs(eth2, firstSlot(world, week)));
    const slot = (slotNow() + 1) as Slot;
    const vote = attestationOf(eth2, slot, 0);
    const block = blockOf((slot + 1) as Slot, 0);
    assert.deepEqual(await signTogether(world, slot, [1, 2, 4], key, vote), ['signed', 'signed', 'signed']);
    assert.equal(
      (await signTogether(world, (slot + 1) as Slot, [1, 2, 4], key, block)).includes('signed'),
      true,
    );
    world.crash(4);
    lose(world);
    world.start(4);
    // Before anyone has answered it signs nothing slashable, but does take part.
    assert.equal(standingOf(world, 4), 'asking');
    await cluster.clock.runUntil(cluster.clock.now() + 1000);
    assert.equal(standingOf(world, 4), 'settling');
    const target = epochOf(eth2, slot);
    assert.equal(ruleOf(verdictOn(world, 4, key, target - 1, target)), 'double-vote');
    assert.equal(ruleOf(verdictOn(world, 4, key, target - 2, target + 1)), 'surrounds');
    assert.equal(ruleOf(verdictOn(world, 4, key, target - 1, target + 1)), 'safe');
    // Its client asks for another block of the slot that it forgot, and for another vote of that epoch.
    const again = ask(world, 4, cluster.clock.now() + 10, key, blockOf((slot + 1) as Slot, 1));
    const double = ask(world, 4, cluster.clock.now() + 10, key, attestationOf(eth2, (slot + 2) as Slot, 9));
    await cluster.clock.runUntil(cluster.clock.now() + 12_000);
    assert.notEqual(again.outcome?.type, 'signed');
    assert.equal(double.outcome?.type, 'slashable', JSON.stringify(double.outcome));
    await cluster.clock.runUntil(slotStartMs(eth2, (slot + 9) as Slot));
    assert.equal(standingOf(world, 4), 'caught-up');
    // In the next epoch it is a full member again: without it there would be no quorum.
    world.crash(3);
    const later = firstSlot(world, target + 2);
    const next = attestationOf(eth2, later, 0);
    assert.deepEqual(await signTogether(world, later, [1, 2, 4], key, next), ['signed', 'signed', 'signed']);
  });
}

test('without a quorum of answers nothing slashable is signed; a peer is enough to go on', async () => {
  const { world, cluster, keys, eth2, slotNow } = await setUp();
  using _ = world;
  const slot = (slotNow() + 1) as Slot;
  await signTogether(world, slot, [1, 2, 3, 4], keys[0], attestationOf(eth2, slot, 0));
  for (const operator of [1, 2]) world.lie(operator, () => null);
  world.crash(4);
  world.deleteDatabases(4);
  world.start(4);
  await cluster.clock.runUntil(slotStartMs(eth2, firstSlot(world, nextEpoch(world, slot) + 1)));
  assert.equal(standingOf(world, 4), 'asking');
  const now = slotNow();
  const signedBefore = cluster.members[3]?.signer.signed.length;
  // The others sign; the forgetful one takes part in the consensus and holds its signature back.
  const vote = attestationOf(eth2, now, 0);
  assert.deepEqual(await signTogether(world, now, [1, 2, 3, 4], keys[0], vote), Array(4).fill('signed'));
  assert.equal(cluster.members[3]?.signer.signed.length, signedBefore);
  assert.ok(cluster.members[3]?.trace.some((event) => event.type === 'decided' && event.slot === now));
});

test('a node that restarts with its database signs on in the same epoch', async () => {
  const { world, cluster, keys, eth2, slotNow } = await setUp();
  using _ = world;
  const slot = firstSlot(world, nextEpoch(world, slotNow()));
  await signTogether(world, slot, [1, 2, 3, 4], keys[0], attestationOf(eth2, slot, 0));
  world.crash(4);
  world.start(4);
  world.crash(3);
  const next = (slot + 1) as Slot;
  const vote = attestationOf(eth2, next, 0);
  assert.deepEqual(await signTogether(world, next, [1, 2, 4], keys[1], vote), ['signed', 'signed', 'signed']);
  assert.equal(
    cluster.members[3]?.trace.some((event) => event.type === 'fault'),
    false,
  );
});
