import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openDatabase } from '../../src/storage/database.ts';
import { createSlashingProtection } from '../../src/storage/slashing-protection.ts';
import { StorageFailed, type StorageFailureReason } from '../../src/storage/storage-failed.ts';
import { attestation, block, keyOf, rootOf, words } from './slashing-items.ts';
import { type Lifetime, network, openForTest, temporaryFolder } from './temporary-folder.ts';

const open = (path: string) => openDatabase({ path, create: true, genesisValidatorsRoot: network });

const refusedFor =
  (reason: StorageFailureReason, message: RegExp = /./) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof StorageFailed, String(error));
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, message);
    return true;
  };

/** A closed database with votes and blocks of three keys. */
const filled = (t: Lifetime): string => {
  const path = join(temporaryFolder(t), 'q.sqlite');
  using database = open(path);
  createSlashingProtection(database).record(history);
  return path;
};

const history = [1, 2, 3].flatMap((number) =>
  Array.from({ length: 40 }, (_, at) => [
    attestation({ key: keyOf(number), source: at, target: at + 1, root: at + 1 }),
    block({ key: keyOf(number), slot: at, root: at + 1 }),
  ]).flat(),
);

test('a new database has mode 0600 and says that it is new', (t) => {
  const path = join(temporaryFolder(t), 'q.sqlite');
  using database = open(path);
  assert.equal(database.isNew, true);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(existsSync(`${path}.new`), false);
});

test('an existing database is put back to mode 0600 and keeps its records', (t) => {
  const path = filled(t);
  chmodSync(path, 0o644);
  using database = open(path);
  assert.equal(database.isNew, false);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(new Set(words(createSlashingProtection(database).judge(history))), new Set(['same-data']));
});

test('commits are synchronous, in a write-ahead log, under an exclusive lock', (t) => {
  const { sql } = openForTest(t);
  const pragma = (name: string) => Object.values(sql.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  assert.equal(pragma('synchronous'), 2);
  assert.equal(pragma('journal_mode'), 'wal');
  assert.equal(pragma('locking_mode'), 'exclusive');
  assert.equal(pragma('foreign_keys'), 1);
});

test('a database has one owner, by whatever path it is reached', (t) => {
  const path = filled(t);
  using owner = open(path);
  const link = `${path}.link`;
  symlinkSync(path, link);
  assert.throws(() => open(path), refusedFor('in-use', /another process has it open/));
  assert.throws(() => open(link), refusedFor('in-use'));
  owner.close();
  open(link).close();
});

test('another tool that holds the database keeps us out', (t) => {
  const path = filled(t);
  const tool = new DatabaseSync(path);
  tool.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE');
  assert.throws(() => open(path), refusedFor('in-use'));
  tool.close();
  open(path).close();
});

test('a database belongs to one network', (t) => {
  const path = filled(t);
  assert.throws(
    () => openDatabase({ path, create: true, genesisValidatorsRoot: rootOf(7) }),
    refusedFor('wrong-network', /genesis_validators_root 0x0+abc, this node runs on 0x0+7/),
  );
  using database = openDatabase({ path, create: false, genesisValidatorsRoot: null });
  assert.equal(database.genesisValidatorsRoot, network);
});

test('a missing folder, a missing file that must exist, and a folder in its place are told', (t) => {
  const folder = temporaryFolder(t);
  assert.throws(
    () => open(join(folder, 'none', 'q.sqlite')),
    refusedFor('missing', /the folder .* does not exist/),
  );
  const path = join(folder, 'q.sqlite');
  assert.throws(
    () => openDatabase({ path, create: false, genesisValidatorsRoot: null }),
    refusedFor('missing', /no such file/),
  );
  assert.equal(existsSync(path), false);
  mkdirSync(path);
  assert.throws(() => open(path), StorageFailed);
});

test('a file that is gone while its log is there is not begun anew', (t) => {
  const path = filled(t);
  rmSync(path);
  writeFileSync(`${path}-wal`, 'left over');
  assert.throws(() => open(path), refusedFor('missing', /import an interchange file/));
  assert.equal(existsSync(path), false);
});

test('a newer schema is refused', (t) => {
  const path = filled(t);
  const tool = new DatabaseSync(path);
  tool.exec('PRAGMA user_version = 99');
  tool.close();
  assert.throws(() => open(path), refusedFor('newer-schema', /version 99, this release knows 1/));
});

test('a SQLite database of another program is refused and left alone', (t) => {
  const path = join(temporaryFolder(t), 'other.sqlite');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE t (a)');
  other.close();
  const before = readFileSync(path);
  assert.throws(() => open(path), refusedFor('not-a-database', /not one of Quorate/));
  assert.deepEqual(readFileSync(path), before);
});

const spoilt: readonly (readonly [string, (path: string) => void, StorageFailureReason])[] = [
  ['emptied', (path) => truncateSync(path, 0), 'corrupt'],
  ['cut to less than a page', (path) => truncateSync(path, 700), 'corrupt'],
  ['cut to less than a header', (path) => truncateSync(path, 50), 'not-a-database'],
  ['cut by its last page', (path) => truncateSync(path, statSync(path).size - 4096), 'corrupt'],
  ['with zeros for a header', (path) => writeAt(path, 0, new Uint8Array(100)), 'not-a-database'],
  ['with zeros for a page', (path) => writeAt(path, 4096 * 3, new Uint8Array(4096)), 'corrupt'],
  ['overwritten with text', (path) => writeFileSync(path, 'not a database '.repeat(100)), 'not-a-database'],
  ['without a table', (path) => alter(path, 'DROP TABLE blocks'), 'corrupt'],
];

for (const [what, spoil, reason] of spoilt) {
  test(`a database ${what} is refused and left as it is`, (t) => {
    const path = filled(t);
    spoil(path);
    const before = readFileSync(path);
    assert.throws(() => open(path), refusedFor(reason));
    assert.deepEqual(readFileSync(path), before);
    // Refused again: nothing was repaired, emptied or begun anew on the way.
    assert.throws(() => open(path), refusedFor(reason));
  });
}

test('a byte altered anywhere is found, or protects nothing', (t) => {
  const path = filled(t);
  const sound = readFileSync(path);
  const copy = `${path}.copy`;
  let found = 0;
  // A prime step visits every kind of page and every position within pages.
  for (let at = 1; at < sound.length; at += 251) {
    const altered = new Uint8Array(sound);
    altered[at] = (altered[at] as number) ^ (1 << (at % 8));
    writeFileSync(copy, altered);
    try {
      using database = open(copy);
      const answers = words(createSlashingProtection(database).judge(history));
      assert.deepEqual(new Set(answers), new Set(['same-data']), `byte ${at}`);
    } catch (error) {
      if (!(error instanceof StorageFailed)) throw error;
      found++;
      assert.deepEqual(readFileSync(copy), Buffer.from(altered), `byte ${at}`);
    }
    rmSync(copy);
  }
  assert.ok(found > 20, `${found} found`);
});

const writeAt = (path: string, at: number, bytes: Uint8Array): void => {
  const content = readFileSync(path);
  content.set(bytes, at);
  writeFileSync(path, content);
};

const alter = (path: string, statement: string): void => {
  const tool = new DatabaseSync(path);
  tool.exec(`PRAGMA foreign_keys = OFF; ${statement}`);
  tool.close();
};

test('a full disk stores nothing of the batch, says so, and is recovered from', (t) => {
  const database = openForTest(t);
  const protection = createSlashingProtection(database);
  protection.record([attestation({ source: 1, target: 2 })]);
  database.sql.exec('PRAGMA max_page_count = 1');
  const many = Array.from({ length: 2000 }, (_, at) =>
    attestation({ key: keyOf(2), source: at, target: at + 1 }),
  );
  assert.equal(database.whyDown(), null);
  assert.throws(() => protection.record(many), refusedFor('disk-full', /nothing was stored/));
  protection.judge([attestation({ source: 1, target: 2 })]);
  assert.match(String(database.whyDown()), /the disk or the quota is full/, 'also after what only reads');
  database.sql.exec('PRAGMA max_page_count = 1000000');
  assert.deepEqual(new Set(words(protection.record(many))), new Set(['safe']));
  assert.equal(database.whyDown(), null);
});

test('after a failure whose damage nobody can know nothing is stored until a restart', (t) => {
  const database = openForTest(t);
  const fail = (): never => {
    throw new StorageFailed('failed', 'write to it: disk I/O error');
  };
  assert.throws(() => database.transaction(fail), refusedFor('failed', /^write to it: disk I\/O error$/));
  for (const run of [database.transaction, database.rehearse, database.read]) {
    assert.throws(() => run(() => 1), refusedFor('failed', /disk I\/O error; stopped until a restart/));
  }
  assert.match(String(database.whyDown()), /disk I\/O error; stopped until a restart/);
});

test('a file that another user owns, and a lock that another user owns, are told', (t) => {
  if (process.getuid?.() !== 0) return t.skip('NOT RUN: only the superuser can become another user');
  const path = filled(t);
  chmodSync(join(path, '..'), 0o777);
  const tryAsNobody = (): string => {
    const program = `
      import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, '../../src/storage/database.ts'))};
      try { openDatabase({ path: ${JSON.stringify(path)}, create: false, genesisValidatorsRoot: null }); }
      catch (error) { console.log(error.reason, error.message); }`;
    const as = { uid: 65534, gid: 65534, encoding: 'utf8' } as const;
    return spawnSync(process.execPath, ['--input-type=module', '-e', program], as).stdout;
  };
  assert.match(
    tryAsNobody(),
    /^failed lock .*check that its folder is writable and that this user owns its files/,
  );
  rmSync(`${path}.lock`);
  assert.match(tryAsNobody(), /^read-only open .*check the owner and mode/);
});
