/**
 * An operator key in a real PKCS#11 token: SoftHSM.
 */
import assert from 'node:assert/strict';
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, sign } from 'node:crypto';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { generateOperatorKey, publicPemOf } from '../../../../src/app/operator-key/key-file.ts';
import { openOperatorKey } from '../../../../src/app/operator-key/open-operator-key.ts';
import { openTokenKey } from '../../../../src/app/operator-key/pkcs11/token-key.ts';
import { type OperatorPrivateKey, privateKeyOf } from '../../../../src/app/operator-key/private-key.ts';
import { quorate } from '../../../cli/terminal.ts';
import { makeSoftToken, pin, type SoftToken, softHsm, tokenLabel, why } from './soft-token.ts';

const key = await generateOperatorKey();
const publicKey = createPublicKey(key);
const module = softHsm ?? '';
const keyLabel = 'operator';
const place = { module, tokenLabel, keyLabel, pin };
let token: SoftToken;

before(() => {
  if (why !== false) return;
  token = makeSoftToken();
  token.add(keyLabel, key);
});
after(() => {
  if (why === false) token[Symbol.dispose]();
});

const shareText = `0x${'5a'.repeat(32)}`;
const encrypted = (text: string): Buffer =>
  publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text));

/** What holds wherever the key is. */
const holders: readonly (readonly [string, string | false, () => Promise<OperatorPrivateKey>])[] = [
  ['in memory', false, async () => privateKeyOf(key)],
  ['in a token', why, () => openTokenKey(place)],
];
for (const [where, skip, open] of holders) {
  test(`a key ${where} signs as PKCS#1 v1.5 has it, many at once`, { skip }, async () => {
    await using held = await open();
    assert.equal(held.publicPem, publicPemOf(key));
    const messages = Array.from({ length: 40 }, (_, at) => Buffer.from(`message ${at}`));
    const signatures = await Promise.all(messages.map((message) => held.sign(message)));
    for (const [at, message] of messages.entries())
      assert.deepEqual(Buffer.from(signatures[at] ?? []), sign('sha256', message, key));
  });

  test(`a key ${where} decrypts a share, and of anything else makes no share`, { skip }, async () => {
    await using held = await open();
    const ciphertext = encrypted(shareText);
    assert.equal(Buffer.from(await held.decrypt(ciphertext)).toString(), shareText);
    const wrong = Buffer.from(ciphertext);
    wrong[100] = (wrong[100] ?? 0) ^ 1;
    const outcome = await held.decrypt(wrong).catch((error: unknown) => error);
    assert.ok(outcome instanceof Error || Buffer.from(outcome as Uint8Array).toString() !== shareText);
    await assert.rejects(held.decrypt(ciphertext.subarray(1)), RangeError);
    assert.equal(Buffer.from(await held.decrypt(ciphertext)).toString(), shareText, 'it goes on');
  });
}

test('signing and decrypting at once do not disturb each other', { skip: why }, async () => {
  await using held = await openTokenKey(place);
  const data = Buffer.from('message');
  const expected = sign('sha256', data, key);
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, at) =>
      at % 2 === 0 ? held.sign(data) : held.decrypt(encrypted(shareText)),
    ),
  );
  for (const [at, result] of results.entries())
    assert.deepEqual(Buffer.from(result), at % 2 === 0 ? expected : Buffer.from(shareText));
});

test('the key is opened by options, with the PIN from a file, and shown by operator-key', {
  skip: why,
}, async () => {
  await using held = await openOperatorKey({
    operatorKeyPkcs11Module: module,
    operatorKeyPkcs11TokenLabel: tokenLabel,
    operatorKeyPkcs11KeyLabel: keyLabel,
    operatorKeyPkcs11PinFile: token.pinFile,
  });
  assert.equal(held.publicPem, publicPemOf(key));
  const argv = [
    'operator-key',
    `--operator-key-pkcs11-module=${module}`,
    `--operator-key-pkcs11-token-label=${tokenLabel}`,
    `--operator-key-pkcs11-key-label=${keyLabel}`,
    `--operator-key-pkcs11-pin-file=${token.pinFile}`,
  ];
  const said = await quorate(argv);
  assert.equal(said.code, 0, said.err);
  assert.equal(Buffer.from(said.out.trim(), 'base64').toString('utf8').trim(), publicPemOf(key).trim());
  const missing = await quorate(argv.slice(0, 3));
  assert.equal(missing.code, 2);
  assert.match(missing.err, /--operator-key-pkcs11-key-label is missing/);
});

const faults: readonly (readonly [string, Partial<typeof place>, RegExp])[] = [
  ['another token', { tokenLabel: 'absent' }, /no such token; it has quorate-test/],
  ['another key', { keyLabel: 'absent' }, /no RSA private key with this label/],
  ['a label that two keys have', { keyLabel: 'twice' }, /several RSA private keys/],
  ['a key of another size', { keyLabel: 'large' }, /2048 bits/],
  ['a module that is none', { module: '/etc/hostname' }, /cannot be used as a PKCS#11 module/],
];
for (const [what, change, message] of faults) {
  test(`${what} is told apart and named, without the PIN`, { skip: why }, async () => {
    if (change.keyLabel === 'twice') {
      token.add('twice', await generateOperatorKey(), 'b1');
      token.add('twice', await generateOperatorKey(), 'b2');
    }
    if (change.keyLabel === 'large')
      token.add('large', generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey, 'c1');
    await assert.rejects(openTokenKey({ ...place, ...change }), (error: unknown) => {
      assert(error instanceof Error);
      assert.equal(error.name, 'OperatorKeyFailed');
      assert.match(error.message, message);
      assert.doesNotMatch(inspect(error), new RegExp(pin));
      return true;
    });
  });
}
