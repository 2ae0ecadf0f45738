/**
 * When a round is given up: at its deadline, or sooner where its leader is silent or gone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRoundClock } from '../../src/workflow/round-clock.ts';
import { createVirtualClock } from '../fakes/clock.ts';

const setUp = () => {
  const clock = createVirtualClock(0);
  const givenUp: string[] = [];
  const rounds = createRoundClock(clock, (round, why) =>
    givenUp.push(`${clock.now()}: round ${round}, ${why}`),
  );
  return { clock, givenUp, rounds };
};

test('a round ends at its deadline', async () => {
  const { clock, givenUp, rounds } = setUp();
  rounds.begin(1, 5000);
  await clock.runUntil(20_000);
  assert.deepEqual(givenUp, ['5000: round 1, deadline']);
});

test('a round that began late still lasts a while', async () => {
  const { clock, givenUp, rounds } = setUp();
  await clock.runUntil(4000);
  rounds.begin(2, 4001);
  await clock.runUntil(20_000);
  assert.deepEqual(givenUp, ['5500: round 2, deadline']);
});

test('before the first round a silent leader means nothing', async () => {
  const { clock, givenUp, rounds } = setUp();
  rounds.expect(false);
  await clock.runUntil(20_000);
  assert.deepEqual(givenUp, []);
});

for (const [round, atMs] of [
  [1, 500],
  [2, 1000],
  [4, 2000],
  [9, 2000],
] as const) {
  test(`a leader of round ${round} that is connected is given up ${atMs} ms after there is something to propose`, async () => {
    const { clock, givenUp, rounds } = setUp();
    rounds.begin(round, 30_000);
    rounds.expect(true);
    await clock.runUntil(20_000);
    assert.deepEqual(givenUp, [`${atMs}: round ${round}, silence`]);
  });
}

test('a leader that is gone is given up at once, also where it was waited for before', async () => {
  const { clock, givenUp, rounds } = setUp();
  rounds.begin(1, 30_000);
  rounds.expect(true);
  await clock.runUntil(100);
  rounds.expect(false);
  await clock.runUntil(20_000);
  assert.deepEqual(givenUp, ['120: round 1, silence']);
});

test("asking again does not prolong a leader's time", async () => {
  const { clock, givenUp, rounds } = setUp();
  rounds.begin(1, 30_000);
  for (let ms = 0; ms < 500; ms += 100) {
    await clock.runUntil(ms);
    rounds.expect(true);
  }
  await clock.runUntil(20_000);
  assert.deepEqual(givenUp, ['500: round 1, silence']);
});

test('a new round ends the time of the old one', async () => {
  const { clock, givenUp, rounds } = setUp();
  rounds.begin(1, 2000);
  rounds.expect(true);
  rounds.begin(2, 7000);
  await clock.runUntil(5000);
  assert.deepEqual(givenUp, []);
  rounds.expect(true);
  await clock.runUntil(20_000);
  assert.deepEqual(givenUp, ['6000: round 2, silence', '7000: round 2, deadline']);
});

test('after the stop no round is given up', async () => {
  const { clock, givenUp, rounds } = setUp();
  rounds.begin(1, 2000);
  rounds.expect(true);
  rounds.stop();
  await clock.runUntil(20_000);
  assert.deepEqual(givenUp, []);
});
