/**
 * A node's own keystores: followed on disk without anyone asking, told about in the log, and closed in any state.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SecretKey } from '@chainsafe/blst';
import { createLog } from '../../../src/app/report/logs.ts';
import { openKeystoreShares } from '../../../src/app/shares/keystore-shares.ts';
import { keyOf, never, secrets, taskOf } from '../../signer/contract.ts';
import { temporaryFolder, writeKeystore } from '../../signer/keystore/temporary-keystores.ts';

const [one, two] = secrets as readonly [SecretKey, SecretKey];

const parts = () => {
  const lines: string[] = [];
  const log = createLog({ level: 'info', format: 'json', to: { write: (line) => void lines.push(line) } });
  let changes = Promise.withResolvers<void>();
  return {
    lines,
    log,
    onChange: () => changes.resolve(),
    /** The next change. */
    async changed() {
      await changes.promise;
      changes = Promise.withResolvers<void>();
    },
  };
};

test('a keystore that is put into the folder is signed with, one that is taken out is not', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  const { lines, log, onChange, changed } = parts();
  const config = { keystoresDir: folder.path, keystoresPasswordsDir: folder.path };
  await using shares = await openKeystoreShares(config, log, onChange);
  await shares.opened;
  await changed();
  const alive = setInterval(() => {}, 1000);
  await writeKeystore(folder.path, 'two', two);
  while (!shares.has(keyOf(two))) await changed();
  await shares.shareSigner.sign(taskOf(keyOf(two)), never);
  await rm(join(folder.path, 'one.json'));
  while (shares.has(keyOf(one))) await changed();
  clearInterval(alive);
  assert.deepEqual(shares.keys(), [keyOf(two)]);
  const said = lines.map((line) => JSON.parse(line).msg as string);
  assert.ok(said.includes('1 share keystores opened'));
  assert.ok(said.includes('share keystores: 0 added, 1 removed, 1 now'), said.join('\n'));
});

test('a reload without a difference says nothing; a folder that is gone is told and keeps its keys', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  const { lines, log } = parts();
  const config = { keystoresDir: folder.path, keystoresPasswordsDir: folder.path };
  await using shares = await openKeystoreShares(config, log);
  await shares.opened;
  await shares.reload();
  assert.equal(lines.length, 1);
  await rm(folder.path, { recursive: true });
  await assert.rejects(shares.reload(), /cannot be listed/);
  assert.deepEqual(shares.keys(), [keyOf(one)]);
});

test('a folder that is not there is refused before anything starts', async () => {
  const { log } = parts();
  const config = { keystoresDir: '/nowhere', keystoresPasswordsDir: '/nowhere' };
  await assert.rejects(openKeystoreShares(config, log), /keystores: \/nowhere: the folder cannot be listed/);
});
