import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DutyKey } from '../../src/core/duty/duty.ts';
import type { CommitteeId, Slot, ValidatorKey } from '../../src/core/ids.ts';
import { createVoteJournal } from '../../src/storage/vote-journal.ts';
import type { VoteJournal } from '../../src/workflow/ports.ts';
import { keyOf, rootOf } from './slashing-items.ts';
import { openForTest, temporaryFolder } from './temporary-folder.ts';

const duty = (change: Partial<DutyKey> = {}): DutyKey => ({
  committee: rootOf(1) as string as CommitteeId,
  role: 'attestation',
  slot: 100 as Slot,
  validator: null,
  subcommittee: 0,
  ...change,
});

const joinOne = (journal: VoteJournal, one: DutyKey) => journal.join([one])[0];

test('an instance is fresh once, also across a restart', (t) => {
  const path = join(temporaryFolder(t), 'q.sqlite');
  const first = openForTest(t, path);
  assert.equal(joinOne(createVoteJournal(first), duty()), 'fresh');
  first.close();
  const second = createVoteJournal(openForTest(t, path));
  assert.equal(joinOne(second, duty()), 'spoken');
  assert.equal(joinOne(second, duty({ slot: 101 as Slot })), 'fresh');
});

test('instances that differ in one part are different', (t) => {
  const journal = createVoteJournal(openForTest(t));
  const different: readonly DutyKey[] = [
    duty(),
    duty({ slot: 101 as Slot }),
    duty({ role: 'sync-message' }),
    duty({ committee: rootOf(2) as string as CommitteeId }),
    duty({ role: 'block', validator: keyOf(1) as ValidatorKey }),
    duty({ role: 'block', validator: keyOf(2) as ValidatorKey }),
    duty({ role: 'contribution', validator: keyOf(1) as ValidatorKey }),
    duty({ role: 'contribution', validator: keyOf(1) as ValidatorKey, subcommittee: 1 }),
  ];
  for (const one of different) assert.equal(joinOne(journal, one), 'fresh');
  for (const one of different) assert.equal(joinOne(journal, one), 'spoken');
});

test('a pruned instance stays spoken, and the floor never falls', (t) => {
  const path = join(temporaryFolder(t), 'q.sqlite');
  const first = openForTest(t, path);
  const journal = createVoteJournal(first);
  for (const slot of [98, 99, 100]) joinOne(journal, duty({ slot: slot as Slot }));
  assert.equal(journal.prune(100 as Slot), 2);
  assert.equal(journal.prune(50 as Slot), 0);
  first.close();
  const again = createVoteJournal(openForTest(t, path));
  assert.equal(joinOne(again, duty({ slot: 98 as Slot })), 'spoken');
  assert.equal(joinOne(again, duty({ slot: 97 as Slot, role: 'block' })), 'spoken');
  assert.equal(joinOne(again, duty({ slot: 100 as Slot, role: 'sync-message' })), 'fresh');
});
