import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, pbkdf2Sync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decryptKey, encryptKey, parseEncryptedKey } from '../../../src/app/operator-key/encrypted-key.ts';
import {
  encryptedKeyText,
  generateOperatorKey,
  loadOperatorKey,
  OperatorKeyFailed,
  plainKeyText,
  publicPemOf,
} from '../../../src/app/operator-key/key-file.ts';
import { createOperatorKeys } from '../../../src/app/operator-key/operator-keys.ts';
import { privateKeyOf } from '../../../src/app/operator-key/private-key.ts';
import { toHex } from '../../../src/core/bytes.ts';
import type { OperatorId } from '../../../src/core/ids.ts';
import type { Registry } from '../../../src/core/registry/committee.ts';
import { publicKeyText } from '../../../src/core/registry/operator-public-key.ts';
import { scryptVector, vectorPassword, vectorSecret } from '../../signer/keystore/eip2335-vectors.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-key-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const key = await generateOperatorKey();
const plain = plainKeyText(key);
const encrypted = await encryptedKeyText(key, 'correct horse');

for (const [title, text] of [
  ['PKCS#1 PEM', plain],
  ['PKCS#8 PEM', key.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ["SSV's base64 of a PEM", Buffer.from(plain).toString('base64')],
  ['encrypted JSON', encrypted],
  ['encrypted JSON under crypto', JSON.stringify({ crypto: JSON.parse(encrypted) })],
] as const) {
  test(`${title} is read as the same key`, async () => {
    const loaded = await loadOperatorKey(file('key', text), file('password', 'correct horse\n'));
    assert.equal(publicPemOf(loaded), publicPemOf(key));
  });
}

test('an encrypted key file names its public key and holds nothing of the plain one', () => {
  assert.equal(JSON.parse(encrypted).pubKey, publicKeyText(publicPemOf(key)));
  assert.ok(!encrypted.includes('PRIVATE'));
});

const refused = async (text: string, passwordText: string | null, message: RegExp): Promise<void> => {
  const passwordPath = passwordText === null ? undefined : file('password', passwordText);
  await assert.rejects(loadOperatorKey(file('key', text), passwordPath), (error: unknown) => {
    assert.ok(error instanceof OperatorKeyFailed);
    assert.match(error.message, message);
    assert.ok(!error.message.includes('hunter2'), 'an error never holds a secret');
    return true;
  });
};

test('a wrong password is told as such', () =>
  refused(encrypted, 'hunter2', /the password in .* does not open/));
test('a missing password is told with the option to give', () =>
  refused(encrypted, null, /give --operator-key-password-file/));
test('an empty password file is told', () => refused(encrypted, '\n', /is empty/));
test('JSON of something else is told', () => refused('{"a":"hunter2"}', 'x', /not an encrypted key/));
test('broken JSON is told without quoting it', () => refused('{hunter2', 'x', /not an encrypted key/));
test('rubbish is told', () => refused('hunter2', null, /is not an operator key/));
test('an RSA key of 1024 bits is refused', () =>
  refused(
    generateKeyPairSync('rsa', { modulusLength: 1024 })
      .privateKey.export({ type: 'pkcs1', format: 'pem' })
      .toString(),
    null,
    /RSA-2048/,
  ));
test('a key of another kind is refused', () =>
  refused(
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    null,
    /RSA-2048/,
  ));
test('a missing file is told with its path', async () => {
  await assert.rejects(
    loadOperatorKey('/nowhere/key', undefined),
    /\/nowhere\/key cannot be read \(ENOENT\)/,
  );
});

test('the encryption is EIP-2335: key, checksum and cipher can be recomputed by hand', async () => {
  const made = await encryptKey(Buffer.from('secret bytes'), 'test\u0007word');
  assert.ok(made.kdf.function === 'pbkdf2');
  const derived = pbkdf2Sync('testword', Buffer.from(made.kdf.params.salt, 'hex'), 262144, 32, 'sha256');
  const checksum = createHash('sha256')
    .update(derived.subarray(16))
    .update(Buffer.from(made.cipher.message, 'hex'))
    .digest('hex');
  assert.equal(made.checksum.message, checksum);
});

test("the scrypt keystore of EIP-2335's test case is opened", async () => {
  const parsed = parseEncryptedKey(scryptVector);
  assert.ok(parsed !== null);
  const secret = await decryptKey(parsed, vectorPassword);
  assert.equal(toHex(secret ?? new Uint8Array()), vectorSecret);
});

test('key derivation that would cost minutes or gigabytes is refused before it starts', () => {
  const file = JSON.parse(encrypted);
  file.kdf.params.c = 2_000_000_000;
  assert.equal(parseEncryptedKey(file), null);
});

for (const [part, field, wrong] of [
  ['kdf', 'c', [0, 1.5, '262144', 10_000_001]],
  ['kdf', 'dklen', [16, '32']],
  ['kdf', 'prf', ['hmac-sha512']],
  ['kdf', 'salt', ['abc', 'zz', 'aa\n', 'a'.repeat(514), 1]],
  ['cipher', 'iv', ['a'.repeat(34)]],
] as const) {
  test(`an encrypted key whose ${part} has a wrong ${field} is none`, () => {
    for (const value of [...wrong, undefined]) {
      const file = JSON.parse(encrypted);
      file[part].params[field] = value;
      assert.equal(parseEncryptedKey(file), null, String(value));
    }
  });
}

test('costs of scrypt are taken up to their bounds', () => {
  const withCosts = (n: number, r: number, p: number): unknown => {
    const file = JSON.parse(encrypted);
    file.kdf = { function: 'scrypt', params: { n, r, p, dklen: 32, salt: 'aa' } };
    return file;
  };
  assert.notEqual(parseEncryptedKey(withCosts(1 << 20, 16, 8)), null);
  for (const [n, r, p] of [
    [(1 << 20) + 1, 16, 8],
    [1 << 20, 17, 8],
    [1 << 20, 16, 9],
    [1, 1, 1],
  ] as const) {
    assert.equal(parseEncryptedKey(withCosts(n, r, p)), null);
  }
});

const registryOf = (keys: readonly (readonly [number, string])[]): Registry => ({
  operators: new Map(
    keys.map(([id, publicKeyPem]) => [
      id as OperatorId,
      { id: id as OperatorId, publicKeyPem, addresses: [] },
    ]),
  ),
  committees: new Map(),
  validators: new Map(),
  byNumber: new Map(),
});

test("what one operator signs, others verify under that operator's number only", async () => {
  const other = await generateOperatorKey();
  const registry = registryOf([
    [3, publicPemOf(key)],
    [8, publicPemOf(other)],
  ]);
  const [mine, theirs] = [
    createOperatorKeys(privateKeyOf(key), registry, 3 as OperatorId),
    createOperatorKeys(privateKeyOf(other), registry, 8 as OperatorId),
  ];
  const data = Buffer.from('message');
  const signature = await mine.sign(data);
  assert.equal(signature.length, 256);
  assert.ok(theirs.verify(3 as OperatorId, data, signature));
  assert.ok(!theirs.verify(8 as OperatorId, data, signature));
  assert.ok(!theirs.verify(9 as OperatorId, data, signature), 'a stranger');
  assert.ok(!theirs.verify(3 as OperatorId, Buffer.from('massage'), signature));
  assert.ok(!theirs.verify(3 as OperatorId, data, signature.subarray(1)));
  assert.ok(verify('sha256', data, createPublicKey(key), signature), 'PKCS#1 v1.5 with SHA-256');
  assert.deepEqual(await mine.sign(data), signature, 'deterministic');
});

test('a key that is not the one of the cluster file is refused at once', async () => {
  const registry = registryOf([[3, publicPemOf(await generateOperatorKey())]]);
  assert.throws(
    () => createOperatorKeys(privateKeyOf(key), registry, 3 as OperatorId),
    /is not the key of operator 3/,
  );
  assert.throws(
    () => createOperatorKeys(privateKeyOf(key), registry, 4 as OperatorId),
    /operator 4 is not listed/,
  );
});
