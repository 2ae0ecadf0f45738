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

test('in a burst a batch waits for more, and after a large one for longer', async () => {
  const { clock, batch, batches } = setUp();
  batch.add(1);
  await clock.runUntil(5);
  for (let item = 0; item < 16; item++) batch.add(item);
  await clock.runUntil(16);
  batch.add(2);
  await clock.runUntil(100);
  assert.deepEqual(
    batches.map(({ at, items }) => [at, items.length]),
    [
      [4, 1],
      [15, 16],
      [46, 1],
    ],
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
