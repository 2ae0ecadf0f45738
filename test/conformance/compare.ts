/**
 * Comparisons that name what differs.
 */
import { deepEqual, equal } from 'node:assert/strict';
import '../../src/core/eth2/hasher.ts';
import { signedMessageSsz } from '../../src/core/wire/containers.ts';
import { decodeSigned, encodeSigned, type SignedMessage } from '../../src/core/wire/signed.ts';
import { signedFromJson, toPlainHex } from './go-json.ts';
import type { Json } from './vectors.ts';

/** hash-tree-root of a signed message, signatures included; by way of its bytes, so that encoding is compared too. */
export const signedRoot = (signed: SignedMessage): string =>
  toPlainHex(signedMessageSsz.hashTreeRoot(signedMessageSsz.deserialize(encodeSigned(signed))));

export const compareSent = (
  sent: readonly SignedMessage[],
  expected: Json,
  verify: (signed: SignedMessage) => boolean,
): void => {
  const wanted: SignedMessage[] = (expected ?? []).map(signedFromJson);
  equal(sent.length, wanted.length, 'number of messages sent');
  sent.forEach((signed, at) => {
    const other = wanted[at] as SignedMessage;
    deepEqual(decodeSigned(encodeSigned(signed)), decodeSigned(encodeSigned(other)), `message ${at} sent`);
    equal(signedRoot(signed), signedRoot(other), `root of message ${at} sent`);
    equal(verify(signed), true, `signature of message ${at} sent`);
  });
};

/** Round and number of timers started; a vector without expectation compares nothing. */
export const compareTimer = (timers: readonly number[], expected: Json): void => {
  if (expected === null || expected === undefined) return;
  equal(timers.length, expected.Timeouts, 'timers started');
  equal(timers.at(-1) ?? 0, expected.Round, 'round of the last timer');
};

/** Null and empty count as the same here; the hashes of state texts tell them apart. */
const normal = (value: Json): Json => {
  if (value === null || value === '') return null;
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normal(inner)]));
};

export const compareState = (state: Json, expected: Json): void => deepEqual(normal(state), normal(expected));
