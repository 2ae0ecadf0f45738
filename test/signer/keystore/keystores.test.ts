/**
 * The embedded signer: the contract, and every way in which a folder of keystores can be wrong.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type SecretKey, Signature } from '@chainsafe/blst';
import type { Root, ShareKey } from '../../../src/core/ids.ts';
import { yOf } from '../../../src/core/threshold/known-y.ts';
import { createKeystore } from '../../../src/signer/keystore/create-keystore.ts';
import type { PasswordPlace, ProblemReason } from '../../../src/signer/keystore/folder.ts';
import { type KeystoreOptions, openKeystores } from '../../../src/signer/keystore/keystores.ts';
import { LOCK_FILE } from '../../../src/signer/keystore/lock.ts';
import { failsAs, keys, never, secrets, signerContract, taskOf, verifies } from '../contract.ts';
import { openAll } from './open-all.ts';
import { password, temporaryFolder, writeKeystore } from './temporary-keystores.ts';

const beside: PasswordPlace = { type: 'beside' };
const [firstSecret, secondSecret, thirdSecret] = secrets as readonly [SecretKey, SecretKey, SecretKey];
const [firstKey] = keys as [ShareKey];

const open = async (folder: string, options: Partial<KeystoreOptions> = {}) => {
  const result = await openKeystores({ folder, passwords: beside, workers: 2, ...options });
  assert(result.type === 'opened', JSON.stringify(result));
  return result;
};

signerContract('keystores', openAll);

test('passwords are found beside, in a folder of their own, or in one file for all', async () => {
  await using folder = await temporaryFolder();
  await using elsewhere = await temporaryFolder();
  await writeKeystore(folder.path, 'one', firstSecret, null);
  await writeKeystore(folder.path, 'two', secondSecret, null);
  await writeFile(join(elsewhere.path, 'one.password'), password);
  await writeFile(join(elsewhere.path, 'two.txt'), `\ufeff${password}\r\n`);
  const file = join(elsewhere.path, 'two.txt');
  for (const passwords of [
    { type: 'folder', folder: elsewhere.path },
    { type: 'file', file },
  ] as const) {
    const { signer, keys: loaded, problems } = await open(folder.path, { passwords });
    assert.deepEqual(problems(), []);
    assert.deepEqual([...loaded()].sort(), keys.slice(0, 2).sort());
    await signer[Symbol.asyncDispose]();
  }
});

test('every file that cannot be used is named with its reason, and the others are used', async () => {
  await using folder = await temporaryFolder();
  const write = (name: string, content: string | Uint8Array) => writeFile(join(folder.path, name), content);
  const other = await createKeystore(secondSecret.toBytes(), password, { cost: 2 });
  const zero = await createKeystore(secondSecret.toBytes(), password, { cost: 2 });
  await writeKeystore(folder.path, 'a-good', firstSecret);
  await writeKeystore(folder.path, 'b-duplicate', firstSecret);
  await writeKeystore(folder.path, 'c-no-password', secondSecret, null);
  await writeKeystore(folder.path, 'd-wrong-password', secondSecret, 'hunter2');
  await write('e-not-json.json', '{"secret": "hunter2"');
  await write('f-not-a-keystore.json', '{}');
  await write('g-unsupported.json', JSON.stringify({ ...other, version: 3 }));
  await write('h-mismatch.json', JSON.stringify({ ...other, pubkey: firstKey.slice(2) }));
  await mkdir(join(folder.path, 'i-folder.json'));
  await write('j-large.json', new Uint8Array(100_000));
  await write('k-binary-password.json', JSON.stringify(zero));
  for (const stem of [
    'e-not-json',
    'f-not-a-keystore',
    'g-unsupported',
    'h-mismatch',
    'i-folder',
    'j-large',
  ]) {
    await write(`${stem}.txt`, password);
  }
  await write('k-binary-password.txt', Uint8Array.of(0xff, 0xfe, 0xfd));
  await write('.hidden.json', 'left alone');
  await write('deposit_data-1.json', '[]');
  const progress: string[] = [];
  const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`);
  const { signer, keys: loaded, problems } = await open(folder.path, { onProgress, workers: 1 });
  await signer[Symbol.asyncDispose]();
  assert.deepEqual(loaded(), [firstKey]);
  const expected: readonly (readonly [string, ProblemReason])[] = [
    ['b-duplicate.json', 'duplicate-key'],
    ['c-no-password.json', 'missing-password'],
    ['d-wrong-password.json', 'wrong-password'],
    ['e-not-json.json', 'not-json'],
    ['f-not-a-keystore.json', 'not-a-keystore'],
    ['g-unsupported.json', 'unsupported'],
    ['h-mismatch.json', 'key-mismatch'],
    ['i-folder.json', 'unreadable'],
    ['j-large.json', 'unreadable'],
    ['k-binary-password.json', 'missing-password'],
  ];
  const byFile = [...problems()].sort((a, b) => (a.file < b.file ? -1 : 1));
  assert.deepEqual(
    byFile.map(({ file, reason }) => [file, reason]),
    expected,
  );
  for (const { detail, nextStep } of problems()) assert.ok(detail.length > 10 && nextStep.length > 10);
  assert.doesNotMatch(JSON.stringify(problems()), /hunter2|correct horse/);
  assert.deepEqual(progress.at(-1), '10/10');
});

test('a folder that is absent, empty or in use is refused or named', async () => {
  await using folder = await temporaryFolder();
  const absent = await openKeystores({ folder: join(folder.path, 'absent'), passwords: beside });
  assert(absent.type === 'refused');
  assert.equal(absent.problem.reason, 'folder-unreadable');
  const passwords = { type: 'folder', folder: join(folder.path, 'absent') } as const;
  assert.equal((await openKeystores({ folder: folder.path, passwords })).type, 'refused');

  const { signer, keys: none, problems } = await open(folder.path);
  assert.deepEqual(none(), []);
  assert.deepEqual(
    problems().map(({ reason }) => reason),
    ['no-keystores'],
  );
  const second = await openKeystores({ folder: folder.path, passwords: beside });
  assert(second.type === 'refused');
  assert.equal(second.problem.reason, 'locked');
  assert.match(second.problem.detail, new RegExp(`process ${process.pid} on`));
  await signer[Symbol.asyncDispose]();
  const third = await open(folder.path);
  await third.signer[Symbol.asyncDispose]();
});

test('the lock file goes elsewhere where the folder must stay as it is', async () => {
  await using folder = await temporaryFolder();
  await using locks = await temporaryFolder();
  await writeKeystore(folder.path, 'one', firstSecret);
  const { signer } = await open(folder.path, { lockFolder: locks.path });
  assert.deepEqual((await readdir(folder.path)).sort(), ['one.json', 'one.txt']);
  assert.ok((await readdir(locks.path)).includes(LOCK_FILE));
  await signer[Symbol.asyncDispose]();
  const failed = await openKeystores({
    folder: folder.path,
    passwords: beside,
    lockFolder: join(locks.path, 'absent'),
  });
  assert(failed.type === 'refused');
  assert.equal(failed.problem.reason, 'lock-failed');
});

test('a thread that dies fails what it was signing, and comes back with its keys', async () => {
  const program = new URL('./dying-worker.ts', import.meta.url);
  await using signer = await openAll({ program, workers: 1 });
  const task = taskOf(firstKey);
  const deadly = { ...task, roots: { ...task.roots, signingRoot: `0x${'dd'.repeat(32)}` as Root } };
  await assert.rejects(signer.sign(deadly, never), failsAs('unavailable', /thread failed/));
  assert.ok(verifies(await signer.sign(task, never), task.roots.signingRoot, firstKey));
  assert.equal((await signer.keys(never)).length, keys.length);
});

test('a keystore whose costs cannot be met is named, and fails none that are decrypted beside it', async () => {
  await using folder = await temporaryFolder();
  const made = await createKeystore(secondSecret.toBytes(), password, { kdf: 'scrypt', cost: 1024 });
  // Within our bounds, but scrypt itself takes no such n with so small an r.
  const params = { ...made.crypto.kdf.params, n: 65_536, r: 1 };
  const costly = { ...made, crypto: { ...made.crypto, kdf: { ...made.crypto.kdf, params } } };
  await writeFile(join(folder.path, 'costly.json'), JSON.stringify(costly));
  await writeFile(join(folder.path, 'costly.txt'), password);
  for (const name of ['a', 'z'])
    await writeKeystore(folder.path, name, name === 'a' ? firstSecret : thirdSecret);
  const opened = await open(folder.path, { workers: 1 });
  await using _ = opened.signer;
  assert.equal(opened.keys().length, 2);
  assert.deepEqual(
    opened.problems().map(({ file, reason }) => [file, reason]),
    [['costly.json', 'failed']],
  );
  assert.match(opened.problems()[0]?.detail ?? '', /key cannot be derived/);
});

test('of its signatures the y is known, so that combining need not find it again', async () => {
  await using signer = await openAll();
  const signature = await signer.sign(taskOf(firstKey), never);
  const point = Signature.fromBytes(signature).toBytes(false);
  assert.deepEqual(Uint8Array.from(yOf(signature) ?? []), Uint8Array.from(point.subarray(96)));
  assert.equal(signature.length, 96);
  assert.equal(yOf(signature.slice()), null);
});

test('no secret and no password is in what the signer shows of itself', async () => {
  await using signer = await openAll();
  const error = await signer.sign(taskOf(firstKey), AbortSignal.abort()).catch((failure: unknown) => failure);
  const { inspect } = await import('node:util');
  const shown = inspect([signer, error], { depth: 10, showHidden: true });
  for (const secret of secrets) assert.ok(!shown.includes(secret.toHex().slice(2)));
  assert.doesNotMatch(shown, /correct horse/);
});
