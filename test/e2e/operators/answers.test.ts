import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswers } from './answers.ts';

const text = (signed: number, seconds: number): string =>
  [
    '# TYPE quorate_requests_total counter',
    `quorate_requests_total{kind="attestation",outcome="signed"} ${signed}`,
    'quorate_requests_total{kind="attestation",outcome="undecided"} 1',
    `quorate_request_duration_seconds_sum{kind="attestation"} ${seconds}`,
    `quorate_request_duration_seconds_count{kind="attestation"} ${signed + 1}`,
    'process_cpu_seconds_total 4',
  ].join('\n');

test('answers of several nodes add up by kind and outcome, with the mean time of all', () => {
  assert.deepEqual(readAnswers([text(3, 0.2), text(5, 0.8)]), [
    { kind: 'attestation', outcomes: { signed: 8, undecided: 2 }, meanMs: 100 },
  ]);
});
