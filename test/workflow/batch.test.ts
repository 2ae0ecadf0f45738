import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BatchOptions, createBatch } from '../../src/workflow/batch.ts';
import { createVirtualClock } from '../fakes/clock.ts';

const setUp = (different: Partial<BatchOptions> = {}) => {
  const clock = createVirtualClock(0);
  const batches: { readonly at: number; readonly items: readonly number[] }[] = [];
  const options = { delayMs: 4, countMax: 100, burstFrom: 1, burstDelayMsMax: 40, ...different };
  const batch = createBatch<number>(clock, options, (items) => batches.push({ at: clock.now(), items }));
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

test('items that follow each other closely, but one by one, are no burst', async () => {
  const { clock, batch, batches } = setUp({ burstFrom: 2 });
  for (const atMs of [0, 10, 20, 21, 30, 50]) {
    await clock.runUntil(atMs);
    batch.add(atMs);
  }
  await clock.runUntil(200);
  // The two of 20 and 21 ms make what follows them wait; its one item ends the burst.
  assert.deepEqual(
    batches.map(({ at, items }) => [at, items.length]),
    [
      [4, 1],
      [14, 1],
      [24, 2],
      [40, 1],
      [54, 1],
    ],
  );
});

test('without a window a batch is what comes in one turn', async () => {
  const { clock, batch, batches } = setUp({ delayMs: 0 });
  batch.add(1);
  batch.add(2);
  assert.deepEqual(batches, []);
  await clock.runUntil(0);
  assert.deepEqual(batches, [{ at: 0, items: [1, 2] }]);
});

test('a full batch goes at once', () => {
  const { batch, batches } = setUp();
  for (let item = 0; item < 100; item++) batch.add(item);
  assert.deepEqual(
    batches.map(({ items }) => items.length),
    [100],
  );
});

const held = (different: Partial<BatchOptions> = {}) => {
  let isOn = true;
  const scene = setUp({ delayMs: 0, burstFrom: 2, hold: { isOn: () => isOn, maxMs: 100 }, ...different });
  const end = (): void => {
    isOn = false;
    scene.batch.release();
  };
  return { ...scene, end };
};

test('several items are held while more is known to come, and go when that ends', async () => {
  const { clock, batch, batches, end } = held();
  batch.add(1);
  batch.add(2);
  await clock.runUntil(30);
  batch.add(3);
  await clock.runUntil(60);
  assert.deepEqual(batches, []);
  end();
  assert.deepEqual(batches, [{ at: 60, items: [1, 2, 3] }]);
  await clock.runUntil(300);
  assert.equal(batches.length, 1, 'and nothing goes a second time');
});

test('a hold that does not end keeps nothing for longer than it may', async () => {
  const { clock, batch, batches } = held();
  batch.add(1);
  batch.add(2);
  await clock.runUntil(300);
  assert.deepEqual(batches, [{ at: 100, items: [1, 2] }]);
});

test('a single item is held by nothing, and a full batch neither', async () => {
  const { clock, batch, batches } = held({ countMax: 3 });
  batch.add(1);
  await clock.runUntil(50);
  for (const item of [2, 3, 4]) batch.add(item);
  await clock.runUntil(60);
  assert.deepEqual(batches, [
    { at: 0, items: [1] },
    { at: 50, items: [2, 3, 4] },
  ]);
});

test('in a burst a single item is held as well', async () => {
  const { clock, batch, batches, end } = held();
  batch.add(1);
  batch.add(2);
  await clock.runUntil(100);
  batch.add(3);
  await clock.runUntil(150);
  assert.equal(batches.length, 1);
  end();
  assert.deepEqual(batches.at(-1), { at: 150, items: [3] });
});

test('the end of a hold does not cut a window short', async () => {
  const { clock, batch, batches, end } = held();
  batch.add(1);
  batch.add(2);
  await clock.runUntil(100);
  batch.add(3);
  end();
  await clock.runUntil(150);
  assert.deepEqual(batches.at(-1), { at: 110, items: [3] });
});
