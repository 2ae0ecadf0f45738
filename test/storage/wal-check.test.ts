import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../../src/storage/database.ts';
import { createSlashingProtection } from '../../src/storage/slashing-protection.ts';
import { StorageFailed } from '../../src/storage/storage-failed.ts';
import { lostTransactions } from '../../src/storage/wal-check.ts';
import { attestation, words } from './slashing-items.ts';
import { type Lifetime, network, openForTest, temporaryFolder } from './temporary-folder.ts';

const votes = Array.from({ length: 10 }, (_, at) => attestation({ source: at, target: at + 1 }));
const pageBytes = 4096;
const frameBytes = pageBytes + 24;

/** The files as a kill would leave them after ten transactions, and what they were then. */
const crashed = (t: Lifetime): { readonly path: string; readonly log: Uint8Array } => {
  const from = join(temporaryFolder(t), 'q.sqlite');
  const path = join(temporaryFolder(t), 'q.sqlite');
  const protection = createSlashingProtection(openForTest(t, from));
  for (const vote of votes) protection.record([vote]);
  for (const end of ['', '-wal']) copyFileSync(`${from}${end}`, `${path}${end}`);
  return { path, log: new Uint8Array(readFileSync(`${path}-wal`)) };
};

test('the log that a kill leaves behind is sound, and all of it is replayed', (t) => {
  const { path } = crashed(t);
  assert.equal(lostTransactions(`${path}-wal`, pageBytes), 0);
  const answers = words(createSlashingProtection(openForTest(t, path)).judge(votes));
  assert.deepEqual(new Set(answers), new Set(['same-data']));
});

test('a log cut anywhere is what a crash leaves behind', (t) => {
  const { path, log } = crashed(t);
  for (let length = 0; length <= log.length; length += 997) {
    writeFileSync(`${path}-wal`, log.subarray(0, length));
    assert.equal(lostTransactions(`${path}-wal`, pageBytes), 0, `${length} bytes`);
  }
});

test('an absent log has lost nothing', () => {
  assert.equal(lostTransactions('/nonexistent/q.sqlite-wal', pageBytes), 0);
});

test('a byte altered in front of stored transactions is found, wherever it is', (t) => {
  const { path, log } = crashed(t);
  // The last two transactions have at most this many frames each; damage there looks like a crash.
  const last = log.length - 10 * frameBytes;
  assert.ok(last > 5 * frameBytes);
  for (let at = 0; at < last; at += 499) {
    const altered = new Uint8Array(log);
    altered[at] = (altered[at] as number) ^ 0x10;
    writeFileSync(`${path}-wal`, altered);
    assert.ok(lostTransactions(`${path}-wal`, pageBytes) > 0, `byte ${at}`);
  }
});

test('a database whose log has lost transactions is refused, and neither file is touched', (t) => {
  const { path, log } = crashed(t);
  log[5 * frameBytes] = (log[5 * frameBytes] as number) ^ 1;
  writeFileSync(`${path}-wal`, log);
  const before = readFileSync(path);
  assert.throws(
    () => openDatabase({ path, create: true, genesisValidatorsRoot: network }),
    (error: unknown) =>
      error instanceof StorageFailed &&
      error.reason === 'corrupt' &&
      /log is damaged in front of/.test(error.message),
  );
  assert.deepEqual(new Uint8Array(readFileSync(`${path}-wal`)), log);
  assert.deepEqual(readFileSync(path), before);
});
