/**
 * Who is there: by connection, or by what others pass on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorId } from '../../src/core/ids.ts';
import { createReach } from '../../src/workflow/reach.ts';
import { createVirtualClock } from '../fakes/clock.ts';

const [one, two] = [1 as OperatorId, 2 as OperatorId];

const setUp = () => {
  const clock = createVirtualClock(1_000_000);
  const connected = new Set<OperatorId>();
  const reach = createReach(clock, { isConnected: (operator) => connected.has(operator) });
  const after = (ms: number) => clock.runUntil(clock.now() + ms);
  return { connected, reach, after };
};

test('who is connected is there, and nobody else of whom nothing is heard', () => {
  const { connected, reach } = setUp();
  connected.add(one);
  assert.equal(reach.isThere(one), true);
  assert.equal(reach.isThere(two), false);
});

test('who is heard though not connected is there, for a minute', async () => {
  const { reach, after } = setUp();
  await after(4_000);
  reach.heard(one);
  assert.equal(reach.isThere(one), true);
  assert.equal(reach.isThere(two), false);
  await after(59_000);
  assert.equal(reach.isThere(one), true);
  await after(1_000);
  assert.equal(reach.isThere(one), false);
});

test('what was said before the connection was lost, and comes a little later, says nothing', async () => {
  const { connected, reach, after } = setUp();
  connected.add(one);
  await after(10_000);
  reach.heard(one);
  connected.delete(one);
  reach.lost(one);
  assert.equal(reach.isThere(one), false, 'also not what was heard while it was connected');
  await after(3_000);
  reach.heard(one);
  assert.equal(reach.isThere(one), false);
  await after(1);
  reach.heard(one);
  assert.equal(reach.isThere(one), true);
});

test('nor does what is heard right after our own start', async () => {
  const { reach, after } = setUp();
  await after(3_000);
  reach.heard(one);
  assert.equal(reach.isThere(one), false);
});
