/**
 * Keystores against the vectors of EIP-2335 and against another implementation.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keystore } from '@chainsafe/bls-keystore';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../src/core/bytes.ts';
import { createKeystore } from '../../../src/signer/keystore/create-keystore.ts';
import {
  decryptKeystore,
  type ParsedKeystore,
  parseKeystore,
  passwordBytes,
} from '../../../src/signer/keystore/eip2335.ts';
import {
  pbkdf2Vector,
  scryptVector,
  vectorPassword,
  vectorPasswordBytes,
  vectorSecret,
} from './eip2335-vectors.ts';

const parsed = (value: unknown) => {
  const result = parseKeystore(typeof value === 'string' ? value : JSON.stringify(value));
  assert(result.type === 'keystore', JSON.stringify(result));
  return result.keystore;
};

for (const vector of [scryptVector, pbkdf2Vector]) {
  const kdf = vector.crypto.kdf.function;
  test(`the ${kdf} vector of the EIP opens with its password and with no other`, async () => {
    const keystore = parsed(vector);
    assert.equal(keystore.publicKey, `0x${vector.pubkey}`);
    assert.equal(toHex((await decryptKeystore(keystore, vectorPassword)) ?? new Uint8Array()), vectorSecret);
    assert.equal(await decryptKeystore(keystore, `${vectorPassword}x`), null);
  });

  test(`writing the ${kdf} vector of the EIP gives the same file`, async () => {
    const { params } = vector.crypto.kdf;
    const written = await createKeystore(fromHex(vectorSecret), vectorPassword, {
      kdf,
      cost: 'c' in params ? params.c : params.n,
      description: vector.description,
      path: vector.path,
      uuid: vector.uuid,
      salt: fromHex(`0x${params.salt}`),
      iv: fromHex(`0x${vector.crypto.cipher.params.iv}`),
    });
    assert.deepEqual(written, vector);
  });
}

test('passwords are normalised as the EIP says', () => {
  assert.equal(toHex(passwordBytes(vectorPassword)), vectorPasswordBytes);
  const table: readonly (readonly [string, string])[] = [
    ['pass\n', 'pass'],
    ['pass\r\n', 'pass'],
    ['\u0000p\u001fa\u007fs\u0080s\u009f', 'pass'],
    ['with space', 'with space'],
    ['\u212b', 'A\u030a'],
    ['\ufb01', 'fi'],
    ['', ''],
  ];
  for (const [given, kept] of table) assert.deepEqual(passwordBytes(given), new TextEncoder().encode(kept));
});

test('what is written opens here and in another implementation, whatever the password', async () => {
  const secret = fromHex(vectorSecret);
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('pbkdf2', 'scrypt'),
      async (password, kdf) => {
        const written = await createKeystore(secret, password, { kdf, cost: 1024 });
        assert.deepEqual(await decryptKeystore(parsed(written), password), secret);
        assert.deepEqual(Uint8Array.from(await Keystore.fromObject(written).decrypt(password)), secret);
      },
    ),
    { numRuns: 12 },
  );
});

test('a keystore of the other implementation opens here', async () => {
  const secret = fromHex(vectorSecret);
  const made = await Keystore.create(
    'pässword',
    secret,
    fromHex(`0x${scryptVector.pubkey}`),
    'm/12381/3600/0/0/0',
    '',
    {
      function: 'pbkdf2',
      params: { dklen: 32, c: 10, prf: 'hmac-sha256', salt: 'ab'.repeat(32) },
    },
  );
  assert.deepEqual(await decryptKeystore(parsed(made.stringify()), 'pa\u0308ssword'), secret);
});

test('two keystores of one secret differ in salt, vector and id', async () => {
  const [one, two] = await Promise.all(
    [0, 1].map(() => createKeystore(fromHex(vectorSecret), 'p', { cost: 1 })),
  );
  assert.notEqual(one?.uuid, two?.uuid);
  assert.notEqual(one?.crypto.cipher.message, two?.crypto.cipher.message);
  assert.notDeepEqual(one?.crypto.kdf.params, two?.crypto.kdf.params);
});

/** The vector with one field of its crypto replaced; undefined removes it. */
const altered = (path: string, value: unknown): string => {
  const copy: unknown = JSON.parse(
    JSON.stringify(path.startsWith('crypto.kdf.params.n') ? scryptVector : pbkdf2Vector),
  );
  const names = path.split('.');
  let at = copy as Record<string, unknown>;
  for (const name of names.slice(0, -1)) at = at[name] as Record<string, unknown>;
  at[names.at(-1) as string] = value;
  return JSON.stringify(copy);
};

test('what is no keystore, or one of another kind, is told apart and named by field', () => {
  const table: readonly (readonly [string, ParsedKeystore['type'], RegExp])[] = [
    ['', 'not-json', /not JSON/],
    ['{"secret": "hunter2"', 'not-json', /^the file is not JSON$/],
    ['[]', 'not-a-keystore', /crypto/],
    ['null', 'not-a-keystore', /crypto/],
    ['{"crypto":7,"version":4}', 'not-a-keystore', /checksum/],
    [altered('version', undefined), 'not-a-keystore', /version/],
    [altered('version', 3), 'unsupported', /version/],
    [altered('pubkey', 'beef'), 'not-a-keystore', /pubkey/],
    [altered('crypto.kdf', undefined), 'not-a-keystore', /kdf/],
    [altered('crypto.kdf.function', 'argon2id'), 'unsupported', /kdf/],
    [altered('crypto.kdf.params.dklen', 64), 'unsupported', /dklen/],
    [altered('crypto.kdf.params.prf', 'hmac-sha512'), 'unsupported', /prf/],
    [altered('crypto.kdf.params.c', 0), 'not-a-keystore', /params\.c/],
    [altered('crypto.kdf.params.c', 2 ** 30), 'unsupported', /params\.c/],
    [altered('crypto.kdf.params.salt', 'zz'), 'not-a-keystore', /salt/],
    [altered('crypto.kdf.params.n', 3), 'not-a-keystore', /params\.n/],
    [altered('crypto.kdf.params.n', 2 ** 40), 'unsupported', /1 GiB/],
    [altered('crypto.checksum', undefined), 'not-a-keystore', /checksum/],
    [altered('crypto.checksum.function', 'md5'), 'unsupported', /checksum/],
    [altered('crypto.checksum.message', 'ab'), 'not-a-keystore', /checksum/],
    [altered('crypto.cipher', undefined), 'not-a-keystore', /cipher/],
    [altered('crypto.cipher.function', 'aes-256-cbc'), 'unsupported', /cipher/],
    [altered('crypto.cipher.params.iv', '00'), 'not-a-keystore', /iv/],
    [altered('crypto.cipher.message', '00'.repeat(33)), 'not-a-keystore', /cipher\.message/],
  ];
  for (const [text, type, message] of table) {
    const result = parseKeystore(text);
    assert.equal(result.type, type, text.slice(0, 80));
    assert(result.type !== 'keystore');
    assert.match(result.detail, message);
    assert.doesNotMatch(result.detail, /hunter2|cee03f/);
  }
});

test('a public key may be missing, or written with 0x or in upper case', () => {
  assert.equal(parsed(altered('pubkey', undefined)).publicKey, null);
  assert.equal(
    parsed(altered('pubkey', `0x${pbkdf2Vector.pubkey.toUpperCase()}`)).publicKey,
    `0x${pbkdf2Vector.pubkey}`,
  );
});
