/**
 * The gate before slashable signatures: closed, opened while someone waits, floors, halts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signable } from '../../../src/core/eth2/signable.ts';
import type { CommitteeId, Epoch, Slot } from '../../../src/core/ids.ts';
import { createGate } from '../../../src/workflow/history/gate.ts';
import { committee, keyAt, network } from '../../core/history/sample.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { attestationOf, blockOf } from '../../simulation/world/requests.ts';

const slot = 808 as Slot;
const vote = attestationOf(network, slot, 0);
const epoch = 101;
const proof: Signable = { type: 'selection-proof', slot };
const other = `0x${'77'.repeat(32)}` as CommitteeId;

const setUp = () => {
  const clock = createVirtualClock(0);
  const gate = createGate(clock);
  for (const id of [committee.id, other]) gate.setValidators(id, [keyAt(0)], null);
  /** What became of a request so far: undefined while it waits. */
  const permit = (signable: Signable, id = committee.id, endMs = 20_000, key = keyAt(0)) => {
    const answer: { why?: string | null } = {};
    void gate.permit({ key, committee: id }, signable, endMs).then((why) => {
      answer.why = why;
    });
    return answer;
  };
  return { clock, gate, permit };
};

test('before anything is known votes and blocks wait, and are refused in the end; the rest passes', async () => {
  const { clock, permit } = setUp();
  const [attest, block, select] = [permit(vote), permit(blockOf(slot, 0)), permit(proof)];
  await clock.runUntil(1000);
  assert.deepEqual([attest.why, block.why, select.why], [undefined, undefined, null]);
  await clock.runUntil(4000);
  assert.match(attest.why ?? '', /has not begun to catch up/);
  assert.match(block.why ?? '', /has not begun to catch up/);
});

test('who waits is let through as soon as its committee has caught up, no other committee', async () => {
  const { clock, gate, permit } = setUp();
  gate.setCommittee(committee.id, 'not yet');
  const [ours, theirs] = [permit(vote), permit(vote, other)];
  await clock.runUntil(500);
  gate.setCommittee(committee.id, null);
  await clock.runUntil(600);
  assert.deepEqual([ours.why, theirs.why], [null, undefined]);
});

test('nobody waits beyond the end of the duty', async () => {
  const { clock, permit } = setUp();
  const answer = permit(vote, committee.id, 300);
  await clock.runUntil(300);
  assert.equal(typeof answer.why, 'string');
});

test('up to the floor nothing is signed, above it is; a floor never sinks', async () => {
  const { clock, gate, permit } = setUp();
  gate.setCommittee(committee.id, null);
  gate.setFloor({ epoch: epoch as Epoch, slot });
  gate.setFloor({ epoch: (epoch - 5) as Epoch, slot: (slot - 40) as Slot });
  const below = [vote, blockOf(slot, 0), attestationOf(network, (slot - 8) as Slot, 0)].map((one) =>
    permit(one),
  );
  const above = [attestationOf(network, (slot + 8) as Slot, 0), blockOf((slot + 1) as Slot, 0)].map((one) =>
    permit(one),
  );
  await clock.runUntil(1);
  for (const { why } of below) assert.match(why ?? '', /lost its history/);
  for (const { why } of above) assert.equal(why, null);
});

test('a floor that is raised while someone waits counts', async () => {
  const { clock, gate, permit } = setUp();
  const answer = permit(vote);
  await clock.runUntil(10);
  gate.setFloor({ epoch: epoch as Epoch, slot });
  gate.setCommittee(committee.id, null);
  await clock.runUntil(20);
  assert.match(answer.why ?? '', /lost its history/);
});

test('after a halt nothing passes, not even who waits or what cannot be slashed; the first reason stays', async () => {
  const { clock, gate, permit } = setUp();
  const waiting = permit(vote);
  await clock.runUntil(10);
  gate.halt('a twin');
  gate.halt('another reason');
  gate.setCommittee(committee.id, null);
  const [later, select] = [permit(vote), permit(proof)];
  await clock.runUntil(20);
  assert.deepEqual(
    [waiting.why, later.why, select.why, gate.halted()],
    ['a twin', 'a twin', 'a twin', 'a twin'],
  );
});

test('a validator that is closed waits alone, and until both it and its committee are open', async () => {
  const { clock, gate, permit } = setUp();
  gate.setCommittee(committee.id, null);
  gate.setValidators(committee.id, [keyAt(1)], 'a newcomer');
  const [old, fresh, unknown] = [0, 1, 2].map((at) => permit(vote, committee.id, 20_000, keyAt(at)));
  await clock.runUntil(100);
  assert.deepEqual([old?.why, fresh?.why, unknown?.why], [null, undefined, undefined]);
  // Something else opens: it goes on waiting.
  gate.setCommittee(other, null);
  gate.setCommittee(committee.id, 'not yet');
  gate.setValidators(committee.id, [keyAt(1)], null);
  await clock.runUntil(200);
  assert.equal(fresh?.why, undefined);
  gate.setCommittee(committee.id, null);
  await clock.runUntil(300);
  assert.equal(fresh?.why, null);
  // Of another committee it is another question.
  gate.setCommittee(other, null);
  const elsewhere = permit(vote, other, 20_000, keyAt(1));
  await clock.runUntil(5000);
  assert.match(elsewhere.why ?? '', /has not begun/);
  assert.match(unknown?.why ?? '', /has not begun/);
});

test("a floor of one validator is nobody else's", async () => {
  const { clock, gate, permit } = setUp();
  gate.setCommittee(committee.id, null);
  gate.setValidators(committee.id, [keyAt(1)], null);
  gate.setFloor({ epoch: epoch as Epoch, slot }, keyAt(1));
  const [old, fresh] = [0, 1].map((at) => permit(vote, committee.id, 20_000, keyAt(at)));
  const later = permit(attestationOf(network, (slot + 8) as Slot, 0), committee.id, 20_000, keyAt(1));
  await clock.runUntil(1);
  assert.equal(old?.why, null);
  assert.match(fresh?.why ?? '', /lost its history/);
  assert.equal(later.why, null);
});
