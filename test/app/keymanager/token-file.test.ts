/**
 * The bearer token: made once, kept, never logged.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openToken } from '../../../src/app/keymanager/token-file.ts';
import { createLog } from '../../../src/app/report/logs.ts';

const parts = () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-token-'));
  const lines: string[] = [];
  const log = createLog({ level: 'info', format: 'json', to: { write: (line) => void lines.push(line) } });
  return {
    path: join(folder, 'token'),
    lines,
    log,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
};

test('the first start makes a token of 256 bits that only its owner may read, and tells where', () => {
  using it = parts();
  const token = openToken(it.path, it.log);
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.equal(statSync(it.path).mode & 0o777, 0o600);
  assert.match(it.lines.join(''), /a new token was written to/);
  assert.equal(openToken(it.path, it.log), token);
  assert.ok(!it.lines.join('').includes(token));
});

test("an operator's own token is taken; one that others may read is told", () => {
  using it = parts();
  writeFileSync(it.path, 'api-token-0x1234567890\n');
  chmodSync(it.path, 0o644);
  assert.equal(openToken(it.path, it.log), 'api-token-0x1234567890');
  assert.match(it.lines.join(''), /chmod 600/);
});

test('an empty, short or spaced token is refused, and so is a path that cannot be', () => {
  using it = parts();
  for (const text of ['', 'short', 'two words that are long']) {
    writeFileSync(it.path, text);
    assert.throws(() => openToken(it.path, it.log), /holds no token of at least 16 characters/);
    assert.equal(readFileSync(it.path, 'utf8'), text);
  }
  assert.throws(() => openToken('/nowhere/token', it.log), /cannot be written/);
});
