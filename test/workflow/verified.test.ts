/**
 * Operators' signatures: one good one for each name, and what is remembered of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorId, Slot } from '../../src/core/ids.ts';
import { encodeSsvMessage, type SignedMessage } from '../../src/core/wire/signed.ts';
import { createVerifier } from '../../src/workflow/verified.ts';
import { createFakeKeys, operatorSignature } from '../fakes/signing.ts';

const none: Uint8Array = new Uint8Array(0);
const messageOf = (number: number): SignedMessage['message'] => ({
  type: 'consensus',
  id: new Uint8Array(56),
  data: Uint8Array.of(number, number >> 8),
});
const signedBy = (operators: readonly number[], number = 1): SignedMessage => {
  const message = messageOf(number);
  const data = encodeSsvMessage(message);
  return {
    message,
    fullData: none,
    operators: operators as OperatorId[],
    signatures: operators.map((id) => operatorSignature(id as OperatorId, data)),
  };
};

const slot = 7 as Slot;

/** With keys that count in slots before 8. */
const setUp = () => {
  const keys = createFakeKeys(1 as OperatorId);
  const calls = { count: 0 };
  const verifyIn = createVerifier({
    ...keys,
    verify: (operator, data, signature, at) => {
      calls.count += 1;
      return at !== undefined && at < 8 && keys.verify(operator, data, signature);
    },
  });
  return { verify: (signed: SignedMessage) => verifyIn(signed, slot), verifyIn, calls };
};

test('every named operator needs its own good signature', () => {
  const { verify } = setUp();
  const good = signedBy([2, 3]);
  assert.equal(verify(good), true);
  const [first, second] = good.signatures as [Uint8Array, Uint8Array];
  assert.equal(verify({ ...good, signatures: [second, first] }), false);
  assert.equal(verify({ ...good, signatures: [first, first] }), false);
  assert.equal(verify({ ...good, signatures: [first] }), false);
  assert.equal(verify({ ...good, operators: good.operators.slice(1) }), false);
  assert.equal(verify({ ...good, operators: [], signatures: [] }), false);
});

test('a good signature is verified once, and says nothing of another operator, message or signature', () => {
  const { verify, calls } = setUp();
  const good = signedBy([2]);
  assert.equal(verify(good), true);
  assert.equal(verify(good), true);
  assert.equal(calls.count, 1);
  for (const other of [3, 2 + 2 ** 8, 2 + 2 ** 16, 2 + 2 ** 24])
    assert.equal(verify({ ...good, operators: [other as OperatorId] }), false, `operator ${other}`);
  assert.equal(verify({ ...good, message: messageOf(2) }), false);
  assert.equal(verify({ ...good, signatures: [new Uint8Array(256)] }), false);
});

test('a bad signature is not remembered', () => {
  const { verify, calls } = setUp();
  const bad = { ...signedBy([2]), signatures: [new Uint8Array(256)] };
  assert.equal(verify(bad), false);
  assert.equal(verify(bad), false);
  assert.equal(calls.count, 2);
});

test('the oldest of very many is verified anew', () => {
  const { verify, calls } = setUp();
  for (let number = 0; number <= 4096; number++) verify(signedBy([2], number));
  assert.equal(calls.count, 4097);
  verify(signedBy([2], 4096));
  verify(signedBy([2], 1));
  assert.equal(calls.count, 4097);
  verify(signedBy([2], 0));
  assert.equal(calls.count, 4098);
});

test('a signature that was good in one slot is not good in another for that', () => {
  const { verify, verifyIn } = setUp();
  const good = signedBy([2]);
  assert.equal(verify(good), true);
  assert.equal(verifyIn(good, 8 as Slot), false);
  assert.equal(verify(good), true);
});
