/**
 * Requests and answers on the wire: round trips, and hostile bytes of every kind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type HistoryRequest,
  type HistoryResponse,
  pageBytesMax,
  requestBytesMax,
  validatorsMax,
} from '../../../src/core/history/messages.ts';
import { blockAt, committee, entryOf, keyAt, partialProof, slotOf, voteAt, wholeProof } from './sample.ts';

const request: HistoryRequest = {
  kind: 'since',
  committee: committee.id,
  from: slotOf(3),
  to: slotOf(2 ** 53 - 1),
  validators: [keyAt(0), keyAt(3)],
  after: [5, 6, 7],
};
const vote = voteAt(806);
const page: HistoryResponse = {
  type: 'page',
  memory: 'catching-up',
  entries: [
    entryOf(vote, wholeProof(vote, 0), partialProof(vote, 2, [1, 2, 4])),
    entryOf(blockAt(807, keyAt(1))),
  ],
  next: null,
};

test('requests and answers come back as they were', () => {
  for (const one of [
    request,
    { ...request, kind: 'newest', after: null } as const,
    { ...request, kind: 'range', validators: [] } as const,
  ])
    assert.deepEqual(decodeRequest(encodeRequest(one)), one);
  for (const one of [
    page,
    { ...page, next: [9, 8, 7] } as const,
    { type: 'busy' } as const,
    { type: 'unknown-committee' } as const,
  ])
    assert.deepEqual(
      encodeResponse(decodeResponse(encodeResponse(one)) as HistoryResponse),
      encodeResponse(one),
    );
});

test('the largest request fits its limit', () => {
  const largest = { ...request, validators: Array.from({ length: validatorsMax }, () => keyAt(0)) };
  assert.ok(encodeRequest(largest).length <= requestBytesMax);
  assert.notEqual(decodeRequest(encodeRequest(largest)), null);
});

test('a request for validators names some, one for a range none', () => {
  assert.equal(decodeRequest(encodeRequest({ ...request, validators: [] })), null);
  assert.equal(decodeRequest(encodeRequest({ ...request, kind: 'range' })), null);
});

test('what is too long is not even parsed', () => {
  assert.equal(decodeResponse(new Uint8Array(pageBytesMax + 1)), null);
  assert.equal(decodeRequest(new Uint8Array(requestBytesMax + 1)), null);
});

test('no bytes make the decoders throw, and what they let through can be written again', () => {
  const [goodRequest, goodPage] = [encodeRequest(request), encodeResponse(page)];
  const mangled = (good: Uint8Array) =>
    fc
      .tuple(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(good.length))
      .map(([changes, cut]) => {
        const bytes = good.slice(0, cut < good.length / 2 ? cut : good.length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 400 }), mangled(goodRequest), mangled(goodPage)),
      (bytes) => {
        const [asRequest, asResponse] = [decodeRequest(bytes), decodeResponse(bytes)];
        if (asRequest !== null) encodeRequest(asRequest);
        if (asResponse !== null) encodeResponse(asResponse);
      },
    ),
    { numRuns: 500 },
  );
});
