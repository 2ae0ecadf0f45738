/**
 * Progress: a bar on a terminal, log lines elsewhere, and nothing left of the bar at the end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../../src/app/report/logs.ts';
import { createProgress } from '../../../src/app/shares/progress.ts';

const parts = (isTTY: boolean) => {
  const written: string[] = [];
  const lines: string[] = [];
  let nowMs = 0;
  const log = createLog({ level: 'info', format: 'json', to: { write: (line) => void lines.push(line) } });
  const terminal = { isTTY, columns: 60, write: (text: string) => written.push(text) };
  const progress = createProgress('keystores decrypted', log, terminal, () => nowMs);
  const show = (done: number, atMs: number): void => {
    nowMs = atMs;
    progress.show(done, 10);
  };
  return { progress, show, written, lines };
};

test('a terminal gets a bar that fits, with the time that is left, and that is wiped', () => {
  const { show, written, lines, progress } = parts(true);
  assert.equal(progress.sentence(), null);
  show(1, 0);
  show(5, 4000);
  show(6, 4010);
  assert.equal(written.length, 1);
  assert.match(written[0] ?? '', /^\r\[=+ +\] 5 of 10 keystores decrypted, 4 s left/);
  assert.ok((written[0] ?? '').replace('\r', '').replace('\x1b[K', '').length <= 60);
  assert.equal(progress.sentence(), '6 of 10 keystores decrypted');
  show(10, 5000);
  assert.equal(written.at(-1), '\r\x1b[K');
  assert.deepEqual(lines, []);
});

test('elsewhere a line is logged every few seconds', () => {
  const { show, written, lines } = parts(false);
  show(1, 100);
  show(5, 6000);
  show(6, 7000);
  show(9, 12_000);
  show(10, 13_000);
  assert.deepEqual(written, []);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['5 of 10 keystores decrypted', '9 of 10 keystores decrypted'],
  );
});
