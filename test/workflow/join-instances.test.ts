/**
 * Joining consensus instances in the vote journal: together, and nothing said where nothing was written.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DutyKey } from '../../src/core/duty/duty.ts';
import type { CommitteeId, Slot } from '../../src/core/ids.ts';
import { createJoinInstance } from '../../src/workflow/join-instances.ts';
import type { VoteJournal } from '../../src/workflow/ports.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { createFakeJournal } from '../fakes/journal.ts';

const dutyAt = (slot: number): DutyKey => ({
  committee: '0xc0' as CommitteeId,
  role: 'attestation',
  slot: slot as Slot,
  validator: null,
  subcommittee: 0,
});

const setUp = (journal: VoteJournal) => {
  const clock = createVirtualClock(0);
  const calls: number[] = [];
  const join = createJoinInstance(clock, {
    join: (duties) => {
      calls.push(duties.length);
      return journal.join(duties);
    },
  });
  return { clock, calls, join };
};

test('instances of one moment are joined in one transaction, each with its own answer', async () => {
  const journal = createFakeJournal();
  journal.open().join([dutyAt(2)]);
  const { clock, calls, join } = setUp(journal.open());
  const joined = Promise.all([1, 2, 3].map((slot) => join(dutyAt(slot))));
  await clock.runUntil(10);
  assert.deepEqual(await joined, ['fresh', 'spoken', 'fresh']);
  assert.deepEqual(calls, [3]);
});

test('instances of two moments are joined in two', async () => {
  const { clock, calls, join } = setUp(createFakeJournal().open());
  const first = join(dutyAt(1));
  await clock.runUntil(10);
  const second = join(dutyAt(1));
  await clock.runUntil(20);
  assert.deepEqual([await first, await second], ['fresh', 'spoken']);
  assert.deepEqual(calls, [1, 1]);
});

test('where the journal cannot be written every one of them is refused', async () => {
  const { clock, join } = setUp({
    join: () => {
      throw new Error('the disk is full');
    },
  });
  const joined = Promise.allSettled([1, 2].map((slot) => join(dutyAt(slot))));
  await clock.runUntil(10);
  for (const one of await joined) {
    assert.equal(one.status, 'rejected');
    assert.match(String(one.status === 'rejected' && one.reason), /the disk is full/);
  }
});

test('a journal that answers too little leaves the rest refused', async () => {
  const { clock, join } = setUp({ join: () => ['fresh'] });
  const joined = Promise.allSettled([1, 2].map((slot) => join(dutyAt(slot))));
  await clock.runUntil(10);
  assert.deepEqual(
    (await joined).map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
});
