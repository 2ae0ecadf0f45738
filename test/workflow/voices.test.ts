/**
 * Who speaks for what: f + 1 voices, and the few that a liar has.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import type { DecidedRole } from '../../src/core/duty/duty.ts';
import type { OperatorId } from '../../src/core/ids.ts';
import { createVoices } from '../../src/workflow/voices.ts';

const operator = (id: number): OperatorId => id as OperatorId;
const value = (number: number): Uint8Array => Uint8Array.of(number, number >> 8);
const rootOf = (number: number): Uint8Array => digest(value(number));

const shared: readonly DecidedRole[] = ['attestation', 'sync-message'];
const own: readonly DecidedRole[] = ['block', 'aggregate', 'contribution'];

for (const role of [...shared, ...own]) {
  test(`${role}: f operators vouch for nothing, f + 1 for what they all speak for`, () => {
    const voices = createVoices(role, 2);
    voices.speak(operator(1), rootOf(7));
    voices.speak(operator(1), rootOf(7));
    voices.speak(operator(2), rootOf(7));
    assert.equal(voices.isVouched(value(7)), false);
    voices.speak(operator(3), rootOf(7));
    assert.equal(voices.isVouched(value(7)), true);
    assert.equal(voices.isVouched(value(8)), false);
  });

  test(`${role}: f + 1 operators that speak for anything are enough to have a reason`, () => {
    const voices = createVoices(role, 1);
    voices.speak(operator(1), rootOf(1));
    voices.speak(operator(1), rootOf(2));
    assert.equal(voices.areEnough(), false);
    voices.speak(operator(2), rootOf(3));
    assert.equal(voices.areEnough(), true);
  });

  test(`${role}: an operator hints once, and its first hint stands`, () => {
    const voices = createVoices(role, 1);
    assert.equal(voices.hint(operator(1), value(1)), true);
    assert.equal(voices.hint(operator(1), value(2)), false);
    assert.equal(voices.hint(operator(2), value(1)), true);
    assert.equal(voices.hintedValue(1)?.[0], 1);
  });

  test(`${role}: what f operators hint is not proposed`, () => {
    const voices = createVoices(role, 2);
    assert.equal(voices.hintedValue(1), null);
    voices.hint(operator(1), value(1));
    voices.hint(operator(2), value(1));
    assert.equal(voices.hintedValue(1), null);
    voices.hint(operator(3), value(1));
    assert.deepEqual(voices.hintedValue(1), value(1));
  });
}

for (const role of shared) {
  test(`${role}: hints for other values vouch for nothing`, () => {
    const voices = createVoices(role, 1);
    voices.hint(operator(1), value(1));
    voices.hint(operator(2), value(2));
    assert.equal(voices.isVouched(value(1)), false);
    assert.equal(voices.hintedValue(1), null);
    voices.hint(operator(3), value(2));
    assert.equal(voices.isVouched(value(2)), true);
    assert.deepEqual(voices.hintedValue(1), value(2));
  });
}

for (const role of own) {
  test(`${role}: hints for any value tell that the duty exists`, () => {
    const voices = createVoices(role, 1);
    voices.hint(operator(1), value(1));
    voices.hint(operator(2), value(2));
    assert.equal(voices.isVouched(value(3)), true);
  });

  test(`${role}: hinted values are proposed by turns, whoever hinted first`, () => {
    const voices = createVoices(role, 1);
    for (const id of [3, 1, 2]) voices.hint(operator(id), value(id));
    assert.deepEqual(
      [1, 2, 3, 4].map((round) => voices.hintedValue(round)?.[0]),
      [2, 3, 1, 2],
    );
  });
}

test('one operator is remembered for the values of an honest duty, and no more', () => {
  const voices = createVoices('attestation', 1);
  for (let at = 0; at < 60; at++) {
    voices.speak(operator(1), rootOf(at));
    voices.speak(operator(2), rootOf(at));
  }
  const vouched = Array.from({ length: 60 }, (_, at) => voices.isVouched(value(at))).filter(Boolean);
  assert.equal(vouched.length, 40);
  assert.equal(voices.isVouched(value(39)), true);
  voices.speak(operator(3), rootOf(50));
  voices.speak(operator(4), rootOf(50));
  assert.equal(voices.isVouched(value(50)), true, 'the others have their own');
});
