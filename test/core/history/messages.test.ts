/**
 * Requests and answers on the wire: round trips, and hostile bytes of every kind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Bytes in use. A collection frees array buffers in a thread of its own; the next one begins by waiting for it. */
const bytesInUse = (): number => {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
/** Bytes that are in use because of what `work` returned. */
const heldBy = (work: () => unknown): number => {
  const before = bytesInUse();
  const held = work();
  const after = bytesInUse();
  assert.ok(held !== undefined);
  return after - before;
};

/** As many of the smallest things as an answer can hold, which take the most memory for their bytes. */
const swollen: readonly (readonly [string, Extract<HistoryResponse, { type: 'page' }>['entries']])[] = [
  [
    'entries',
    Array.from({ length: 4096 }, () =>
      entryOf({ ...vote, value: new Uint8Array(0), operators: [], signatures: [] }),
    ),
  ],
  [
    'proofs',
    Array.from({ length: 60 }, () =>
      entryOf(vote, ...Array.from({ length: 256 }, () => ({ validator: keyAt(0), index: 0, claims: [] }))),
    ),
  ],
  [
    'claims',
    Array.from({ length: 4 }, () =>
      entryOf(
        vote,
        ...Array.from({ length: 160 }, () => {
          const [proof] = [partialProof(vote, 0, [1])];
          return {
            ...proof,
            claims: Array.from({ length: 14 }, () => proof.claims[0] as (typeof proof.claims)[number]),
          };
        }),
      ),
    ),
  ],
];
for (const [what, entries] of swollen) {
  test(`an answer that is full of ${what} takes a bounded multiple of its bytes`, () => {
    const bytes = encodeResponse({ ...page, entries } as HistoryResponse);
    assert.ok(bytes.length > pageBytesMax / 4 && bytes.length <= pageBytesMax, `${bytes.length} bytes`);
    const held = heldBy(() => {
      const decoded = decodeResponse(bytes);
      assert.ok(decoded?.type === 'page' && decoded.entries.length === entries.length);
      return decoded;
    });
    assert.ok(held < 32 * pageBytesMax, `${held} bytes`);
  });
}

test('of hostile answers nothing is kept once they are judged', () => {
  const good = encodeResponse(page);
  const judge = (answers: number): null => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = good.slice();
        bytes[at] = value;
        decodeResponse(bytes);
        decodeRequest(bytes);
      }),
      { numRuns: answers },
    );
    return null;
  };
  judge(1000); // what the engine keeps of the code itself comes with the first of them
  const answers = 10_000;
  const held = heldBy(() => judge(answers));
  assert.ok(held < (answers * good.length) / 4, `${held} bytes held of ${answers * good.length}`);
});
