/**
 * When partial signatures that do not come are asked for again: by what has come so far, and how long ago.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Root, Slot } from '../../src/core/ids.ts';
import type { Validator } from '../../src/core/registry/committee.ts';
import type { Outlook } from '../../src/workflow/partials.ts';
import { watchOver } from '../../src/workflow/reminders.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { createRegistry } from '../simulation/world/cluster.ts';

const slot = 800 as Slot;
const root = `0x${'0a'.repeat(32)}` as Root;
const [validator] = createRegistry(4, 1).validators.values() as Iterable<Validator>;

/** Times and attempts of the reminders in ten seconds, where the outlook is what `outlookAt` says; ended at `endMs`. */
const remindersWith = async (outlookAt: (ms: number) => Outlook, endMs = 10_000) => {
  assert.ok(validator !== undefined);
  const clock = createVirtualClock(0);
  const reminders: (readonly [number, number])[] = [];
  const end = watchOver(
    {
      clock,
      partials: { outlook: () => outlookAt(clock.now()) },
      shares: { remind: (...[, , , , attempt]) => void reminders.push([clock.now(), attempt]) },
    },
    validator,
    'attestation',
    slot,
    root,
  );
  clock.at(endMs, end);
  await clock.runUntil(10_000);
  return reminders;
};

const cases: readonly (readonly [string, (ms: number) => Outlook, readonly (readonly [number, number])[]])[] =
  [
    [
      'nothing comes: asked twice',
      () => 'stalled',
      [
        [400, 1],
        [1200, 2],
      ],
    ],
    ['a quorum is there, and its combination takes its time: never asked', () => 'enough', []],
    [
      'a quorum was there until one of it proved bad: asked then',
      (ms) => (ms < 1500 ? 'enough' : 'stalled'),
      [
        [2000, 1],
        [2800, 2],
      ],
    ],
    ['they keep coming until there are enough: never asked', (ms) => (ms < 1100 ? 'coming' : 'enough'), []],
    [
      'they come and then no more: asked when it is noticed',
      (ms) => (ms < 1000 ? 'coming' : 'stalled'),
      [
        [1200, 1],
        [2000, 2],
      ],
    ],
    [
      'they come for ever, but not this one: asked all the same, while the client waits',
      () => 'coming',
      [
        [1200, 1],
        [2000, 2],
      ],
    ],
  ];
for (const [title, outlookAt, expected] of cases) {
  test(title, async () => assert.deepEqual(await remindersWith(outlookAt), expected));
}

test('nobody is asked once it is over', async () => {
  assert.deepEqual(await remindersWith(() => 'stalled', 300), []);
  assert.deepEqual(await remindersWith(() => 'stalled', 1000), [[400, 1]]);
});
