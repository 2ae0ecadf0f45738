import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBatch } from '../../src/workflow/batch.ts';
import { createVirtualClock } from '../fakes/clock.ts';

const setUp = () => {
  const clock = createVirtualClock(0);
  const batches: { readonly at: number; readonly items: readonly number[] }[] = [];
  const batch = createBatch<number>(clock, 4, 100, (items) => batches.push({ at: clock.now(), items }));
  return { clock, batch, batches };
};

test('a single item waits for the window and no longer', async () => {
  const { clock, batch, batches } = setUp();
  batch.add(1);
  await clock.runUntil(100);
  batch.add(2);
  await clock.runUntil(200);
  assert.deepEqual(batches, [
    { at: 4, items: [1] },
    { at: 104, items: [2] },
  ]);
});

test('in a burst each batch waits longer than the one before, up to a limit', async () => {
  const { clock, batch, batches } = setUp();
  for (let ms = 0; ms <= 150; ms++) {
    batch.add(ms);
    await clock.runUntil(ms + 1);
  }
  assert.deepEqual(
    batches.map(({ at }) => at),
    [4, 14, 34, 74, 114],
  );
});

test('after a pause a burst is forgotten', async () => {
  const { clock, batch, batches } = setUp();
  for (const atMs of [0, 5, 15, 100]) {
    await clock.runUntil(atMs);
    batch.add(atMs);
  }
  await clock.runUntil(200);
  assert.deepEqual(
    batches.map(({ at }) => at),
    [4, 15, 35, 104],
  );
});

test('a full batch goes at once', () => {
  const { batch, batches } = setUp();
  for (let item = 0; item < 100; item++) batch.add(item);
  assert.deepEqual(
    batches.map(({ items }) => items.length),
    [100],
  );
});
