/**
 * The network key file: made once, kept private, read back, and clear about what is wrong with it.
 */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { toHex } from '../../src/core/bytes.ts';
import { identityFileName, loadIdentity } from '../../src/p2p/identity.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-identity-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('the first start makes a key that only its owner reads, and later starts read it back', async () => {
  const nested = join(directory, 'data', 'p2p');
  const first = await loadIdentity(nested);
  assert.equal(first.created, true);
  assert.equal((await stat(first.file)).mode & 0o777, 0o600);
  const second = await loadIdentity(nested);
  assert.equal(second.created, false);
  assert.equal(second.peerId, first.peerId);
  assert.deepEqual(await readdir(nested), [identityFileName], 'nothing is left beside it');
});

test('two processes that start at once agree on one key', async () => {
  const all = await Promise.all(Array.from({ length: 4 }, () => loadIdentity(directory)));
  assert.equal(new Set(all.map(({ peerId }) => peerId)).size, 1);
  assert.equal(all.filter(({ created }) => created).length, 1);
});

test('an Ed25519 key that was put there by hand is taken', async () => {
  const key = await generateKeyPair('Ed25519');
  await writeFile(join(directory, identityFileName), toHex(privateKeyToProtobuf(key)), { mode: 0o600 });
  assert.equal((await loadIdentity(directory)).peerId, peerIdFromPrivateKey(key).toString());
  assert.equal((await loadIdentity(directory)).privateKey.type, 'Ed25519');
});

const damaged = [
  { title: 'an empty file', content: '' },
  { title: 'text', content: 'hello' },
  { title: 'hex that is no key', content: '0xdeadbeef' },
  { title: 'a key cut short', content: '0x0802122012' },
];
for (const { title, content } of damaged) {
  test(`${title} is an error that says what to do, and is not overwritten`, async () => {
    const file = join(directory, identityFileName);
    await writeFile(file, content, { mode: 0o600 });
    await assert.rejects(loadIdentity(directory), {
      name: 'IdentityError',
      message: /damaged: restore it from a backup/,
    });
    assert.equal(await readFile(file, 'utf8'), content);
  });
}

test('a key that others may read is refused, with the command that helps', async () => {
  const { file } = await loadIdentity(directory);
  await chmod(file, 0o644);
  await assert.rejects(loadIdentity(directory), { name: 'IdentityError', message: /chmod 600/ });
});

test('a directory that cannot be made is named', async () => {
  await writeFile(join(directory, 'file'), '');
  await assert.rejects(loadIdentity(join(directory, 'file', 'data')), {
    name: 'IdentityError',
    message: /file\/data/,
  });
});
