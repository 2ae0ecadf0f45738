/**
 * The parts of an observer around its workflow: options, what it remembers between starts, and what it says of its health.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRunConfig } from '../../../src/app/config.ts';
import { standingsOf } from '../../../src/app/observe/account.ts';
import { readObserveConfig } from '../../../src/app/observe/observe-config.ts';
import { observerHealthOf } from '../../../src/app/observe/observer-health.ts';
import { openProgress } from '../../../src/app/observe/progress-file.ts';
import { createMetrics } from '../../../src/app/report/metrics.ts';
import type { SlotRange } from '../../../src/workflow/history/copy-history.ts';
import { committee, network, slotOf } from '../../core/history/sample.ts';

const range = (from: number, to: number): SlotRange => ({ from: slotOf(from), to: slotOf(to) });
const peer = '16Uiu2HAmU4HiDNkHRSDh67bfFDjoZmN6HaSGXSXt7iLv22Qf1XNv';

test('an observer needs a cluster file and nothing else; what is wrong is said', () => {
  const read = readObserveConfig({ argv: ['--cluster-file', 'c.yaml'], environment: {} });
  assert.ok(read.type === 'ok');
  assert.deepEqual([read.settings.observersAtMost, read.settings.dataDir], [32, './observer-data']);
  for (const [argv, problem] of [
    [[], /--cluster-file is missing/],
    [['--cluster-file', 'c', '--operator-id', '1'], /--operator-id: no such flag/],
    [['--cluster-file', 'c', '--p2p-peers', 'example.org:16000'], /--p2p-peers: must be multiaddrs/],
    [['--cluster-file', 'c', '--observers-allowed', 'me'], /--observers-allowed: must be peer ids/],
    [['--cluster-file', 'c', '--observers-at-most', '65'], /--observers-at-most/],
    [['--cluster-file', 'c', 'now'], /now: is not an option/],
  ] as const) {
    const wrong = readObserveConfig({ argv, environment: {} });
    assert.ok(wrong.type === 'problems');
    assert.match(wrong.problems.join('\n'), problem);
  }
});

test('an operator lets eight observers in unless it says otherwise, and names those that always get in', () => {
  const argv = [
    ...['--cluster-file', 'c', '--operator-id', '1', '--operator-key-file', 'k'],
    ...['--keystores-dir', 'd', '--keystores-password-file', 'p'],
  ];
  const read = readRunConfig({ argv, environment: {} });
  assert.ok(read.type === 'ok', read.type === 'problems' ? read.problems.join() : '');
  assert.deepEqual([read.settings.observersAtMost, read.settings.observersAllowed], [8, []]);
  const more = readRunConfig({ argv: [...argv, '--observers-allowed', peer], environment: {} });
  assert.ok(more.type === 'ok');
  assert.deepEqual(more.settings.observersAllowed, [peer]);
  assert.equal(
    readRunConfig({ argv: [...argv, '--observers-allowed', 'x'], environment: {} }).type,
    'problems',
  );
});

test('how far it copied is remembered across starts, and forgotten with the history or where the file is damaged', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quorate-progress-'));
  const first = openProgress(dir, true);
  assert.equal(first.read(committee.id), null);
  first.write(committee.id, range(10, 20));
  assert.deepEqual(openProgress(dir, false).read(committee.id), range(10, 20));
  assert.equal(openProgress(dir, true).read(committee.id), null);
  assert.equal(statSync(join(dir, 'observed.json')).mode & 0o777, 0o600);
  for (const text of [
    '{',
    '[1]',
    'null',
    `{"${committee.id}":{"from":9,"to":3}}`,
    `{"${committee.id}":{"from":-1,"to":3}}`,
  ]) {
    writeFileSync(join(dir, 'observed.json'), text);
    assert.equal(openProgress(dir, false).read(committee.id), null, text);
  }
  rmSync(dir, { recursive: true });
});

const sourceOf = (name: string, connected: boolean) => ({
  source: { name, operator: null, addresses: [] },
  connected,
  lastError: null,
});
const status = { committee: committee.id, complete: range(0, 90), behind: 10, older: 0 };

test('an observer is up while it has its file and hears anyone; being behind is told, and is no illness', () => {
  const facts = { isHistoryUp: true, certificates: 7, status: [status] };
  const up = observerHealthOf({
    ...facts,
    sources: [sourceOf('operator 1', true), sourceOf('operator 2', false)],
  });
  assert.equal(up.outcome, 'UP');
  assert.match(JSON.stringify(up), /"missing":"operator 2".*"behind-slots":10.*"complete-to":90/);
  assert.equal(observerHealthOf({ ...facts, sources: [sourceOf('operator 1', false)] }).outcome, 'DOWN');
  assert.equal(
    observerHealthOf({ ...facts, isHistoryUp: false, sources: [sourceOf('operator 1', true)] }).outcome,
    'DOWN',
  );
});

test('to others it says that it is complete only when it is', () => {
  const typeOf = (more: Partial<typeof status>) =>
    standingsOf(network, [{ ...status, ...more }])[0]?.standing.type;
  assert.equal(typeOf({ behind: network.slotsPerEpoch }), 'caught-up');
  assert.equal(typeOf({ behind: network.slotsPerEpoch + 1 }), 'asking');
  assert.equal(typeOf({ behind: 0, older: 1 }), 'asking');
});

test('metrics say how much it keeps, how far it is behind and whom it hears', async () => {
  const metrics = createMetrics('1', { processMetrics: false });
  metrics.observed({
    committees: [{ committee: '0xab', certificates: 7, newestSlot: 88, behind: 10, older: 3 }],
    sources: [{ name: 'operator 1', connected: true }],
  });
  metrics.report({ type: 'observer-admitted', peer, observers: 2 });
  metrics.report({ type: 'observer-refused', peer, why: 'full' });
  const { body } = await metrics.text();
  for (const line of [
    'quorate_observed_certificates{committee="0xab"} 7',
    'quorate_observed_newest_slot{committee="0xab"} 88',
    'quorate_observed_behind_slots{committee="0xab"} 10',
    'quorate_observed_older_slots_missing{committee="0xab"} 3',
    'quorate_source_connected{source="operator 1"} 1',
    'quorate_observers_connected 2',
    'quorate_observers_refused_total 1',
  ])
    assert.ok(body.includes(line), line);
});
