/**
 * Validators that a node comes to know while it runs, or that it knows although its database does not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochOf, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { Slot } from '../../../src/core/ids.ts';
import { attestationOf } from '../../simulation/world/requests.ts';
import { ask, firstSlot, nextEpoch, ruleOf, setUp, signTogether, standingOf, verdictOn } from './stories.ts';

type World = Awaited<ReturnType<typeof setUp>>;

/** Each validator votes in a slot of its own; the slot after. */
const voteOn = async (
  { world, keys, eth2 }: World,
  slot: Slot,
  operators: readonly number[],
): Promise<Slot> => {
  for (const [at, key] of keys.entries()) {
    const own = (slot + at) as Slot;
    const signed = await signTogether(world, own, operators, key, attestationOf(eth2, own, 0));
    assert.deepEqual(
      signed,
      operators.map(() => 'signed'),
    );
  }
  return (slot + keys.length) as Slot;
};

/** Both validators voted from this slot on; then operator 4 lost everything and runs on with the first one alone. */
const forgotten = async () => {
  const all = await setUp();
  const { world, cluster, keys, eth2, slotNow } = all;
  const slot = firstSlot(world, nextEpoch(world, slotNow()));
  await voteOn(all, slot, [1, 2, 3, 4]);
  world.crash(4);
  world.deleteDatabases(4);
  world.start(4, [keys[0]]);
  await cluster.clock.runUntil(slotStartMs(eth2, (slot + 10) as Slot));
  assert.equal(standingOf(world, 4), 'caught-up');
  return { ...all, slot, target: epochOf(eth2, slot) };
};

test('a validator that a reload adds is caught up before anything of it is signed; nobody else waits for that', async () => {
  const all = await forgotten();
  const { world, cluster, keys, eth2, slotNow } = all;
  using _ = world;
  // Since then it was decided and signed without this operator.
  const slot = firstSlot(world, nextEpoch(world, slotNow()));
  const next = await voteOn(all, slot, [1, 2, 3]);
  const target = epochOf(eth2, slot);
  assert.equal(ruleOf(verdictOn(world, 4, keys[1], target - 1, target)), 'safe');

  for (const operator of [1, 2]) world.lie(operator, () => null);
  world.lifeOf(4).reload(keys);
  const again = attestationOf(eth2, next, 0);
  const before = cluster.members[3]?.signer.signed.length ?? 0;
  // One of two operators that it needs to hear does not answer.
  const atMs = slotStartMs(eth2, next) + 4000;
  const [old, fresh] = [ask(world, 4, atMs, keys[0], again), ask(world, 4, atMs, keys[1], again)];
  for (const key of keys) void signTogether(world, next, [1, 2, 3], key, again);
  await cluster.clock.runUntil(slotStartMs(eth2, next) + 11_500);
  assert.equal(cluster.members[3]?.signer.signed.length, before);
  assert.equal(standingOf(world, 4), 'caught-up');
  // What one operator told is protected against at once.
  for (const { outcome } of [old, fresh]) assert.equal(outcome?.type, 'slashable', JSON.stringify(outcome));
  // In the next epoch both votes are safe: the known one is signed, the new one is held back by the gate.
  await voteOn(all, firstSlot(world, target + 1), [1, 2, 3, 4]);
  assert.equal(cluster.members[3]?.signer.signed.length, before + 1);

  for (const operator of [1, 2]) world.lie(operator, (truth) => truth);
  await cluster.clock.runUntil(cluster.clock.now() + 70_000);
  assert.equal(ruleOf(verdictOn(world, 4, keys[1], target - 1, target)), 'double-vote');
  const told = cluster.members[3]?.trace.filter(
    (event) => event.type === 'catch-up' && event.newcomers === 1,
  );
  const last = told?.at(-1);
  assert.equal(last?.type === 'catch-up' ? last.state : null, 'caught-up');
  const end = firstSlot(world, target + 3);
  world.crash(3);
  const signed = await signTogether(world, end, [1, 2, 4], keys[1], attestationOf(eth2, end, 0));
  assert.deepEqual(signed, Array(3).fill('signed'));
});

/** What the gate of operator 4 says to a vote of the epoch of `slot` for each validator, once it says anything. */
const permits = async (all: World, slot: Slot): Promise<readonly string[]> => {
  const { world, cluster, keys, eth2 } = all;
  const [committee] = cluster.registry.committees.keys();
  assert.ok(committee !== undefined);
  const vote = attestationOf(eth2, slot, 3);
  const { gate } = world.lifeOf(4);
  const answers = keys.map((key) => gate.permit({ key, committee }, vote, Number.MAX_SAFE_INTEGER));
  await cluster.clock.runUntil(cluster.clock.now() + 5000);
  return (await Promise.all(answers)).map((why) => why ?? 'permitted');
};

/** The node restarts, with a database that goes on and with the validator that was lost with the one before. */
const returned = async () => {
  const all = await forgotten();
  const { world, cluster, eth2, slotNow } = all;
  const slot = firstSlot(world, nextEpoch(world, slotNow()));
  await cluster.clock.runUntil(slotStartMs(eth2, slot) + 100);
  world.crash(4);
  world.start(4);
  await cluster.clock.runUntil(cluster.clock.now() + 1000);
  return { ...all, start: slot };
};

test('a validator that others have signed with, but not this database, has a floor of its own; a restart keeps it', async () => {
  const all = await returned();
  const { world, cluster, eth2, start } = all;
  using _ = world;
  assert.equal(standingOf(world, 4), 'caught-up');
  const early = await permits(all, start);
  assert.equal(early[0], 'permitted');
  assert.match(early[1] ?? '', /settled/);
  await cluster.clock.runUntil(slotStartMs(eth2, (start + 6) as Slot));
  for (const restart of [false, true]) {
    if (restart) {
      world.crash(4);
      world.start(4);
    }
    const late = await permits(all, start);
    assert.equal(late[0], 'permitted');
    assert.match(late[1] ?? '', /lost its history/);
  }
  const next = firstSlot(world, epochOf(eth2, start) + 1);
  await cluster.clock.runUntil(slotStartMs(eth2, next));
  assert.deepEqual(await permits(all, next), ['permitted', 'permitted']);
});

test('a crash before that floor is raised does not do away with it', async () => {
  const all = await returned();
  const { world, cluster, eth2, start } = all;
  using _ = world;
  // By now the database has learned a vote of it, and would pass for one that has always known it.
  world.crash(4);
  world.start(4);
  await cluster.clock.runUntil(slotStartMs(eth2, (start + 6) as Slot));
  assert.equal(standingOf(world, 4), 'caught-up');
  assert.match((await permits(all, start))[1] ?? '', /lost its history/);
});
