/**
 * Nodes that lose their databases while the cluster runs, and what they sign when they come back. Real databases, virtual time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import { epochOf, slotAt, slotStartMs, startSlotOf } from '../../../src/core/eth2/slots.ts';
import type { Epoch, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import type { SlashingVerdict } from '../../../src/core/slashing/item.ts';
import type { SignOutcome } from '../../../src/workflow/outcome.ts';
import type { Member } from '../../simulation/world/cluster.ts';
import { attestationOf, blockOf, requestOf, rootOf } from '../../simulation/world/requests.ts';
import { createRememberingCluster, type RememberingCluster } from './remembering-cluster.ts';

const ask = (
  world: RememberingCluster,
  operator: number,
  atMs: number,
  key: ValidatorKey,
  signable: Signable,
): { outcome: SignOutcome | null } => {
  const { cluster } = world;
  const answer: { outcome: SignOutcome | null } = { outcome: null };
  cluster.clock.at(atMs, () => {
    const member = cluster.members[operator - 1] as Member;
    void member.workflow
      ?.sign(key, requestOf(cluster.eth2, signable), new AbortController().signal)
      .then((outcome) => {
        answer.outcome = outcome;
      });
  });
  return answer;
};

/** All of these operators' clients ask for the same data; runs until they are answered. */
const signTogether = async (
  world: RememberingCluster,
  slot: Slot,
  operators: readonly number[],
  key: ValidatorKey,
  signable: Signable,
): Promise<readonly (string | undefined)[]> => {
  const atMs = slotStartMs(world.cluster.eth2, slot) + 4000;
  const answers = operators.map((operator) => ask(world, operator, atMs, key, signable));
  await world.cluster.clock.runUntil(atMs + 7000);
  return answers.map(({ outcome }) => outcome?.type);
};

const setUp = async (options = {}) => {
  const world = createRememberingCluster(options);
  const { cluster } = world;
  for (const member of cluster.members) world.start(member.id);
  await cluster.clock.runUntil(cluster.clock.now() + 1000);
  const keys = [...cluster.registry.validators.keys()] as [ValidatorKey, ValidatorKey];
  return {
    world,
    cluster,
    keys,
    eth2: cluster.eth2,
    slotNow: () => slotAt(cluster.eth2, cluster.clock.now()),
  };
};

const verdictOn = (
  world: RememberingCluster,
  operator: number,
  key: ValidatorKey,
  source: number,
  target: number,
): SlashingVerdict | undefined =>
  world.lifeOf(operator).slashing.judge([
    {
      type: 'attestation',
      key,
      source: source as Epoch,
      target: target as Epoch,
      signingRoot: rootOf(424242),
    },
  ])[0];

const ruleOf = (verdict: SlashingVerdict | undefined): string | undefined =>
  verdict?.type === 'slashable' ? verdict.rule : verdict?.type;
const standingOf = (world: RememberingCluster, operator: number): string | undefined =>
  world.lifeOf(operator).catchUp.status()[0]?.standing.type;
const firstSlot = (world: RememberingCluster, epoch: number): Slot =>
  startSlotOf(world.cluster.eth2, epoch as Epoch);
const nextEpoch = (world: RememberingCluster, slot: Slot): number => epochOf(world.cluster.eth2, slot) + 1;

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
