/**
 * Each outcome of signing against the status, reason and sentence that a client gets.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { OperatorId, Root } from '../../src/core/ids.ts';
import type { Unsigned } from '../../src/http/outcome-status.ts';
import { createFake, local, registration, signUrl } from './fake.ts';

const detail = 'because of this';
const table: readonly (readonly [Unsigned, number, string])[] = [
  [{ type: 'unknown-validator' }, 404, 'no validator of this node has this public key'],
  [{ type: 'too-early', detail }, 400, detail],
  [{ type: 'too-late', detail }, 400, detail],
  [{ type: 'refused-by-policy', detail }, 400, detail],
  [
    { type: 'slashable', rule: 'double-vote', detail },
    412,
    'slashing protection refuses to sign (double-vote): because of this',
  ],
  [{ type: 'decided-otherwise', detail }, 500, detail],
  [{ type: 'undecided', detail }, 500, detail],
  [
    {
      type: 'below-quorum',
      have: 2,
      need: 3,
      missing: [3, 4] as OperatorId[],
      signingRoot: `0x${'00'.repeat(32)}` as Root,
    },
    500,
    '2 of 3 partial signatures came in time; missing from operators 3, 4',
  ],
  [
    { type: 'signer-failed', reason: 'timeout', detail },
    500,
    "this operator's signer did not sign (timeout): because of this",
  ],
  [{ type: 'overloaded', detail }, 500, detail],
  [{ type: 'not-ready', detail }, 500, detail],
];

for (const [outcome, status, message] of table) {
  test(`the outcome ${outcome.type} is answered ${status}, and its reason is its name`, async () => {
    await using fake = createFake({ sign: async () => outcome }).server;
    const answer = await fake.inject({ method: 'POST', url: signUrl, headers: local, payload: registration });
    assert.equal(answer.statusCode, status);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual(answer.json(), { reason: outcome.type, message });
  });
}

test('a sentence is cut before it gets long', async () => {
  await using fake = createFake({
    sign: async () => ({ type: 'undecided', detail: 'x'.repeat(10_000) }),
  }).server;
  const answer = await fake.inject({ method: 'POST', url: signUrl, headers: local, payload: registration });
  assert.equal(answer.json().message.length, 500);
});
