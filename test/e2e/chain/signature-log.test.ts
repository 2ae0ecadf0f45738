import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSignatureLog } from './signature-log.ts';

const line = (message: string, context: object, error?: object): string =>
  JSON.stringify({ level: 'debug', message, timestamp: '2026-01-01T00:00:10.000Z', context, error });

test('signatures are known by kind, slot and validator, whichever client got them', () => {
  const log = createSignatureLog();
  log.read(2, line('Signed attestation', { slot: 9, index: 1, validatorIndex: 50 }));
  log.read(3, line('Signed SyncCommitteeContribution', { slot: 9, index: 3, validatorIndex: 50 }));
  assert.deepEqual(
    [log.has('attestation/9/50'), log.has('contribution/9/50/3'), log.has('attestation/9/51')],
    [true, true, false],
  );
  assert.deepEqual(
    [
      log.count(2, 'attestation', 8, 9),
      log.count(2, 'attestation', 10, 20),
      log.count(3, 'attestation', 0, 20),
    ],
    [1, 0, 0],
  );
});

test("signing errors keep the signer's answer and their time; refused publications are not signing errors", () => {
  const log = createSignatureLog();
  log.read(1, line('Error signing attestation', { slot: 9 }, { message: '{"reason":"below-quorum"}' }));
  log.read(1, line('Error publishing attestations', { slot: 9 }, { message: 'PublishError.Duplicate' }));
  log.read(1, 'not JSON at all');
  const at = Date.parse('2026-01-01T00:00:10.000Z');
  assert.deepEqual(
    log.errorsBetween(at, at).map(({ why }) => why),
    ['{"reason":"below-quorum"}'],
  );
  assert.equal(log.errorsBetween(at + 1, at + 1000).length, 0);
});
