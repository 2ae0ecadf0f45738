import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, logReport } from '../../../src/app/report/logs.ts';
import { createMetrics } from '../../../src/app/report/metrics.ts';
import { sentenceOf } from '../../../src/app/report/sentence.ts';
import type { OperatorId, Root, ValidatorKey } from '../../../src/core/ids.ts';
import type { SignOutcome } from '../../../src/workflow/outcome.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';

const validator = `0x${'ab'.repeat(48)}` as ValidatorKey;
const other = `0x${'cd'.repeat(48)}` as ValidatorKey;
const root = `0x${'11'.repeat(32)}` as Root;
const operator = (id: number): OperatorId => id as OperatorId;

const answered = (outcome: SignOutcome): ReportEvent => ({
  type: 'answered',
  duty: `randao/${validator}`,
  kind: 'randao',
  validator,
  outcome,
  tookMs: 250,
});
const refused = (from: number): ReportEvent => ({
  type: 'message-refused',
  verdict: 'reject',
  why: 'bad signature',
  from: operator(from),
});

const capture = (format: 'json' | 'pretty', level: 'info' | 'debug' = 'info') => {
  const lines: string[] = [];
  const log = createLog({ level, format, to: { write: (line: string) => lines.push(line) } });
  return { log, lines };
};

test('an event becomes one JSON line with its fields and a sentence', () => {
  const { log, lines } = capture('json');
  logReport(
    log,
    [],
    () => 0,
  )(
    answered({
      type: 'below-quorum',
      have: 1,
      need: 3,
      missing: [operator(2), operator(4)],
      signingRoot: root,
    }),
  );
  const line = JSON.parse(lines[0] ?? '{}');
  assert.equal(line.level, 'error');
  assert.equal(line.validator, validator);
  assert.equal(line.outcome, 'below-quorum');
  assert.deepEqual(line.missing, [2, 4]);
  assert.equal(
    line.msg,
    `1 of 3 partial signatures for randao/${validator} after 250 ms; missing operators 2, 4`,
  );
});

test('a signature is not logged', () => {
  const { log, lines } = capture('json');
  logReport(log, [], () => 0)(answered({ type: 'signed', signature: new Uint8Array(96).fill(7) }));
  assert.equal(lines.length, 1);
  assert.ok(!/signature|"0":7/.test(lines[0] ?? ''));
});

test('a followed validator is logged in full whatever the level', () => {
  const { log, lines } = capture('json');
  const report = logReport(log, [validator, '0x12345678'], () => 0);
  const asked = (key: ValidatorKey): ReportEvent => ({
    type: 'asked',
    duty: 'd',
    validator: key,
    signingRoot: root,
  });
  report(asked(other));
  assert.equal(lines.length, 0);
  report(asked(validator));
  report({ type: 'proposed', duty: 'attestation/7/0x12345678', round: 1 });
  assert.equal(lines.length, 2);
});

test('lines that a stranger causes are limited by the minute and by the sender', () => {
  const { log, lines } = capture('json');
  let now = 0;
  const report = logReport(log, [], () => now);
  for (let at = 0; at < 100; at++) report(refused(1));
  assert.equal(lines.length, 20);
  report(refused(2));
  assert.equal(lines.length, 21);
  now = 60_000;
  report(refused(1));
  assert.equal(lines.length, 22);
});

test('names that hint at a secret are redacted', () => {
  const { log, lines } = capture('json');
  log.info({ password: 'hunter2', config: { mnemonic: 'hunter2' } }, 'starting');
  assert.ok(!(lines[0] ?? '').includes('hunter2'));
  log.error(Object.assign(new Error('no key'), { secret: 'hunter2' }));
  log.error({ cause: Object.assign(new Error('no key'), { password: 'hunter2' }) });
  assert.ok(lines.length === 3 && !lines.join('').includes('hunter2'));
});

test('the pretty format is one readable line', () => {
  const { log, lines } = capture('pretty');
  logReport(log, [], () => 0)({ type: 'peer-lost', operator: operator(3) });
  assert.match(
    lines[0] ?? '',
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}lost the connection to operator 3; redialling {2}operator=3\n$/,
  );
});

test('every outcome of a request has a sentence that names the duty', () => {
  const detail = 'because of x';
  const outcomes: readonly SignOutcome[] = [
    { type: 'signed', signature: new Uint8Array(96) },
    { type: 'unknown-validator' },
    { type: 'too-early', detail },
    { type: 'too-late', detail },
    { type: 'refused-by-policy', detail },
    { type: 'slashable', rule: 'double-vote', detail },
    { type: 'decided-otherwise', detail },
    { type: 'undecided', detail },
    { type: 'signer-failed', reason: 'timeout', detail },
    { type: 'overloaded', detail },
    { type: 'not-ready', detail },
  ];
  for (const outcome of outcomes) {
    const { text } = sentenceOf(answered(outcome));
    assert.ok(text.includes('randao/'), text);
    if ('detail' in outcome) assert.ok(text.includes(detail), text);
  }
});

const sampleOf = (body: string, series: string): number | undefined => {
  const line = body.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

test('events are counted under our names and under those of Web3Signer', async () => {
  const metrics = createMetrics('1.2.3', { processMetrics: false });
  metrics.describe({ operators: [operator(2)], shares: 5, validators: 5, committees: 1 });
  metrics.report(answered({ type: 'signed', signature: new Uint8Array(96) }));
  metrics.report(answered({ type: 'unknown-validator' }));
  metrics.report({ type: 'peer-connected', operator: operator(2) });
  metrics.report({ type: 'recorded', validator, kind: 'block', slot: 1 as never, signingRoot: root });
  metrics.report({ type: 'slashing-refused', validator, kind: 'block', rule: 'double-block', detail: '' });
  const route = '/api/v1/eth2/sign/:identifier';
  metrics.answered({ route, status: 400, reason: 'bad-request' });
  metrics.answered({ route, status: 400, reason: 'too-late' });
  metrics.answered({ route: null, status: 404, reason: null });
  const { body } = await metrics.text();
  const expected: Readonly<Record<string, number>> = {
    'quorate_requests_total{kind="randao",outcome="signed"}': 1,
    'quorate_requests_total{kind="randao",outcome="unknown-validator"}': 1,
    'quorate_request_duration_seconds_sum{kind="randao"}': 0.5,
    'quorate_peer_connected{operator="2"}': 1,
    quorate_validators: 5,
    signing_signers_loaded_count: 5,
    signing_bls_signing_duration_count: 1,
    signing_bls_missing_identifier_count_total: 1,
    http_bls_malformed_request_count_total: 1,
    'quorate_http_answers_total{route="none",status="404",reason=""}': 1,
    eth2_slashingprotection_permitted_signings_total: 1,
    eth2_slashingprotection_prevented_signings_total: 1,
    'process_release{version="1.2.3"}': 1,
  };
  for (const [series, value] of Object.entries(expected)) assert.equal(sampleOf(body, series), value, series);
});
