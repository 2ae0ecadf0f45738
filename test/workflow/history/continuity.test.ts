/**
 * Does a database go on where it stopped? Crashes, copies that are put back, and what a node does where it cannot tell.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochOf, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { Slot } from '../../../src/core/ids.ts';
import { attestationOf } from '../../simulation/world/requests.ts';
import type { RememberingCluster } from './remembering-cluster.ts';
import { firstSlot, nextEpoch, ruleOf, setUp, signTogether, standingOf, verdictOn } from './stories.ts';

/** A vote of all four in the first slot of an epoch. */
const voted = async () => {
  const all = await setUp({ validators: 1 });
  const { world, keys, eth2, slotNow } = all;
  const slot = firstSlot(world, nextEpoch(world, slotNow()));
  assert.ok(
    (await signTogether(world, slot, [1, 2, 3, 4], keys[0], attestationOf(eth2, slot, 0))).includes('signed'),
  );
  return { ...all, slot };
};
const floorOf = (world: RememberingCluster): number | null => world.lifeOf(4).log.floor()?.epoch ?? null;

test('a node that crashes while it catches up begins anew, and has its floor in the end', async () => {
  const { world, cluster, eth2, slot } = await voted();
  using _ = world;
  world.crash(4);
  world.deleteDatabases(4);
  for (const at of [1, 2, 3]) {
    world.start(4);
    await cluster.clock.runUntil(slotStartMs(eth2, (slot + at) as Slot) + 2000);
    // It has heard and folded everything; only time has to pass.
    assert.equal(standingOf(world, 4), 'settling', `life ${at}`);
    world.crash(4);
  }
  world.start(4);
  await cluster.clock.runUntil(slotStartMs(eth2, (slot + 10) as Slot));
  assert.equal(standingOf(world, 4), 'caught-up');
  assert.equal(floorOf(world), epochOf(eth2, slot));
});

const stories: readonly (readonly [string, number, (world: RememberingCluster) => void, 'floor' | null])[] = [
  ['away for a slot', 1, () => {}, null],
  ['away for most of an epoch', 7, () => {}, null],
  ['away for more than an epoch', 10, () => {}, 'floor'],
  ['put back as a whole, a few slots old', 3, (world) => world.restore(4), null],
  ['put back as a whole, more than an epoch old', 10, (world) => world.restore(4), 'floor'],
  [
    'given back its slashing database alone, a few slots old',
    3,
    (world) => world.restoreSlashing(4),
    'floor',
  ],
  ['robbed of its decided history', 1, (world) => world.deleteHistory(4), 'floor'],
];
for (const [what, slots, change, expected] of stories) {
  test(`a node that was ${what}: ${expected === null ? 'signs on at once' : 'waits, and has a floor'}`, async () => {
    const { world, cluster, keys, eth2, slot } = await voted();
    using _ = world;
    const from = firstSlot(world, epochOf(eth2, slot) + 1);
    await cluster.clock.runUntil(slotStartMs(eth2, from));
    const isCopy = what.includes(' old');
    world.crash(4);
    world.backUp(4);
    world.start(4);
    // After the copy was made it signs on, so that the copy knows less.
    const vote = attestationOf(eth2, from, 0);
    assert.ok((await signTogether(world, from, [1, 2, 3, 4], keys[0], vote)).includes('signed'));
    if (isCopy) await cluster.clock.runUntil(slotStartMs(eth2, (from + slots) as Slot));
    world.crash(4);
    if (!isCopy) await cluster.clock.runUntil(slotStartMs(eth2, (from + slots) as Slot) + 3000);
    change(world);
    world.start(4);
    const startEpoch = epochOf(eth2, (from + slots) as Slot);
    await cluster.clock.runUntil(cluster.clock.now() + 1000);
    assert.equal(standingOf(world, 4), expected === null ? 'caught-up' : 'settling');
    await cluster.clock.runUntil(slotStartMs(eth2, (from + slots + 8) as Slot));
    assert.equal(standingOf(world, 4), 'caught-up');
    assert.equal(floorOf(world), expected === null ? null : startEpoch);
  });
}

test('a floor holds over a restart in its epoch', async () => {
  const { world, cluster, keys, eth2, slot } = await voted();
  using _ = world;
  world.crash(4);
  world.deleteDatabases(4);
  world.start(4);
  await cluster.clock.runUntil(slotStartMs(eth2, (slot + 6) as Slot) + 1000);
  assert.equal(standingOf(world, 4), 'caught-up');
  world.crash(4);
  world.start(4);
  await cluster.clock.runUntil(cluster.clock.now() + 500);
  assert.equal(standingOf(world, 4), 'caught-up');
  const [committee] = cluster.registry.committees.keys();
  assert.ok(committee !== undefined);
  const last = attestationOf(eth2, (slot + 7) as Slot, 1);
  const why = await world.lifeOf(4).gate.permit({ key: keys[0], committee }, last, Number.MAX_SAFE_INTEGER);
  assert.match(why ?? '', /lost its history/);
});

test('a slashing database that is lost alone learns from the decided history beside it, whatever peers tell', async () => {
  const { world, cluster, keys, eth2, slot } = await voted();
  using _ = world;
  world.crash(4);
  world.deleteSlashing(4);
  for (const peer of [1, 2, 3])
    world.lie(peer, (truth) => (truth.type === 'page' ? { ...truth, entries: [], next: null } : truth));
  world.start(4);
  const target = epochOf(eth2, slot);
  assert.equal(ruleOf(verdictOn(world, 4, keys[0], target - 1, target)), 'double-vote');
  await cluster.clock.runUntil(slotStartMs(eth2, (slot + 8) as Slot));
  assert.equal(floorOf(world), target);
});

test('an old database has a past of its own, whatever peers tell', async () => {
  const { world, cluster, eth2, slot } = await voted();
  using _ = world;
  world.crash(4);
  for (const peer of [1, 2, 3])
    world.lie(peer, (truth) => (truth.type === 'page' ? { ...truth, entries: [], next: null } : truth));
  // Nor does the history beside it tell.
  world.deleteHistory(4);
  world.start(4);
  await cluster.clock.runUntil(cluster.clock.now() + 1000);
  assert.equal(standingOf(world, 4), 'settling');
  await cluster.clock.runUntil(slotStartMs(eth2, (slot + 8) as Slot));
  assert.equal(floorOf(world), epochOf(eth2, slot));
});

test('long after the start nobody is asked for all that was since; who was away is not asked at all once it is not needed', async () => {
  const { world, cluster, eth2, slot } = await voted();
  using _ = world;
  world.crash(4);
  for (const peer of [1, 2, 3]) world.lie(peer, () => null);
  world.start(4);
  const late = firstSlot(world, epochOf(eth2, slot) + 30);
  await cluster.clock.runUntil(slotStartMs(eth2, late));
  assert.equal(standingOf(world, 4), 'asking');
  const asked: [number, number][] = [];
  const tellAll = (peer: number): void =>
    world.lie(peer, (truth, request) => {
      if (request.kind === 'since') asked.push([peer, request.from]);
      return truth;
    });
  for (const peer of [1, 2]) tellAll(peer);
  await cluster.clock.runUntil(cluster.clock.now() + 130_000);
  assert.equal(standingOf(world, 4), 'caught-up');
  assert.ok(
    asked.every(([, from]) => from >= firstSlot(world, epochOf(eth2, late) - 8)),
    String(asked),
  );
  tellAll(3);
  await cluster.clock.runUntil(cluster.clock.now() + 130_000);
  assert.deepEqual([...new Set(asked.map(([peer]) => peer))].sort(), [1, 2]);
});
