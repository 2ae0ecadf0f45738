/**
 * Keys that come and go in an open folder: each change as a whole, while signing goes on.
 */
import assert from 'node:assert/strict';
import { chmod, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SecretKey } from '@chainsafe/blst';
import { createKeystore } from '../../../src/signer/keystore/create-keystore.ts';
import type { PasswordPlace } from '../../../src/signer/keystore/folder.ts';
import { type KeystoreOptions, openKeystores } from '../../../src/signer/keystore/keystores.ts';
import { failsAs, keyOf, keys, never, secrets, taskOf, verifies } from '../contract.ts';
import { password, temporaryFolder, writeKeystore } from './temporary-keystores.ts';

const [one, two, three] = secrets as readonly [SecretKey, SecretKey, SecretKey];
const [keyOne, keyTwo, keyThree] = [one, two, three].map(keyOf) as [
  (typeof keys)[number],
  (typeof keys)[number],
  (typeof keys)[number],
];
const beside: PasswordPlace = { type: 'beside' };
const allowAll = (): null => null;

const open = async (folder: string, options: Partial<KeystoreOptions> = {}) => {
  const result = await openKeystores({ folder, passwords: beside, workers: 2, ...options });
  assert(result.type === 'opened', JSON.stringify(result));
  return { ...result, [Symbol.asyncDispose]: () => result.signer[Symbol.asyncDispose]() };
};

const reasonsOf = (opened: Awaited<ReturnType<typeof open>>) =>
  opened.problems().map(({ file, reason }) => [file, reason]);

test('new keystores are signed with and removed ones are not, under one lock', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  await writeKeystore(folder.path, 'two', two);
  await using opened = await open(folder.path);
  await writeKeystore(folder.path, 'three', three);
  await rm(join(folder.path, 'one.json'));
  assert.equal(await opened.refresh(), null);
  assert.deepEqual([...opened.keys()].sort(), [keyTwo, keyThree].sort());
  const task = taskOf(keyThree);
  assert.ok(verifies(await opened.signer.sign(task, never), task.roots.signingRoot, keyThree));
  await assert.rejects(opened.signer.sign(taskOf(keyOne), never), failsAs('unknown-key'));
  const second = await openKeystores({ folder: folder.path, passwords: beside });
  assert.equal(second.type, 'refused');
});

test('at no moment of a change is the list partial, and what stays is signed with all the time', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'stays', one);
  await writeKeystore(folder.path, 'goes', two);
  const seen: string[] = [];
  const signing: Promise<Uint8Array>[] = [];
  const task = taskOf(keyOne);
  let look = (): void => {};
  const opened = await open(folder.path, { onProgress: () => look() });
  look = () => {
    seen.push([...opened.keys()].sort().join());
    signing.push(opened.signer.sign(task, never));
  };
  const before = [keyOne, keyTwo].sort().join();
  const many = Array.from({ length: 40 }, (_, at) => SecretKey.fromKeygen(new Uint8Array(32).fill(100 + at)));
  for (const [at, secret] of many.entries()) await writeKeystore(folder.path, `new-${at}`, secret);
  await rm(join(folder.path, 'goes.json'));
  await opened.refresh();
  assert.equal(seen.length, many.length);
  assert.deepEqual(new Set(seen), new Set([before]));
  assert.deepEqual([...opened.keys()].sort(), [one, ...many].map(keyOf).sort());
  for (const signature of await Promise.all(signing))
    assert.ok(verifies(signature, task.roots.signingRoot, keyOne));
  await opened[Symbol.asyncDispose]();
});

test('what did not change is not decrypted again', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  let decrypted = 0;
  await using opened = await open(folder.path, { onProgress: () => decrypted++ });
  await opened.refresh();
  await writeKeystore(folder.path, 'two', two);
  await opened.refresh();
  assert.equal(decrypted, 2);
});

test('a file that is replaced by a broken one, or loses its password, keeps its key and is named', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  await writeKeystore(folder.path, 'two', two);
  await using opened = await open(folder.path);
  await writeFile(join(folder.path, 'one.json'), '{"half": ');
  await rm(join(folder.path, 'two.txt'));
  await opened.refresh();
  assert.deepEqual([...opened.keys()].sort(), [keyOne, keyTwo].sort());
  assert.deepEqual(reasonsOf(opened), [
    ['one.json', 'not-json'],
    ['two.json', 'missing-password'],
  ]);
  for (const key of [keyOne, keyTwo]) await opened.signer.sign(taskOf(key), never);
  await writeKeystore(folder.path, 'one', three);
  await writeFile(join(folder.path, 'two.txt'), password);
  await opened.refresh();
  assert.deepEqual([...opened.keys()].sort(), [keyTwo, keyThree].sort());
  assert.deepEqual(reasonsOf(opened), []);
  await assert.rejects(opened.signer.sign(taskOf(keyOne), never), failsAs('unknown-key'));
  for (const key of [keyTwo, keyThree]) await opened.signer.sign(taskOf(key), never);
});

test('a second file of a key takes over when the first one goes, and never before', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'b', one);
  await using opened = await open(folder.path);
  await writeKeystore(folder.path, 'a', one);
  await opened.refresh();
  assert.deepEqual(reasonsOf(opened), [['a.json', 'duplicate-key']]);
  await opened.signer.sign(taskOf(keyOne), never);
  await rm(join(folder.path, 'b.json'));
  await opened.refresh();
  assert.deepEqual(reasonsOf(opened), []);
  await opened.signer.sign(taskOf(keyOne), never);
});

test('a folder that cannot be listed changes nothing', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  await using opened = await open(folder.path);
  await rename(folder.path, `${folder.path}-away`);
  assert.equal((await opened.refresh())?.reason, 'folder-unreadable');
  assert.deepEqual(opened.keys(), [keyOne]);
  await opened.signer.sign(taskOf(keyOne), never);
  await rename(`${folder.path}-away`, folder.path);
});

test('a thread that dies after a change comes back with the keys of now', async () => {
  const program = new URL('./dying-worker.ts', import.meta.url);
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  await using opened = await open(folder.path, { program, workers: 1 });
  const { keystore } = await keystoreText(two);
  await opened.add([{ keystore, password }], allowAll);
  await opened.remove([keyOne]);
  const task = taskOf(keyTwo);
  const deadly = {
    ...task,
    roots: { ...task.roots, signingRoot: `0x${'dd'.repeat(32)}` as typeof task.roots.signingRoot },
  };
  await assert.rejects(opened.signer.sign(deadly, never), failsAs('unavailable'));
  assert.ok(verifies(await opened.signer.sign(task, never), task.roots.signingRoot, keyTwo));
});

const keystoreText = async (secret: SecretKey) => ({
  keystore: JSON.stringify(await createKeystore(secret.toBytes(), password, { cost: 2 })),
  password,
});

test('added keystores are there after a restart, and what is wrong with one is no matter to the others', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  const opened = await open(folder.path);
  const results = await opened.add(
    [
      await keystoreText(two),
      await keystoreText(one),
      { ...(await keystoreText(three)), password: 'wrong' },
      { keystore: 'no json', password },
      await keystoreText(two),
      await keystoreText(secrets[3] as SecretKey),
    ],
    (key) => (key === keys[3] ? 'this one is forbidden' : null),
  );
  assert.deepEqual(
    results.map(({ type }) => type),
    ['added', 'duplicate', 'refused', 'refused', 'duplicate', 'refused'],
  );
  assert.deepEqual([...opened.keys()].sort(), [keyOne, keyTwo].sort());
  await opened.signer.sign(taskOf(keyTwo), never);
  const names = (await readdir(folder.path)).filter((name) => name !== '.quorate.lock').sort();
  assert.deepEqual(names, [`keystore-${keyTwo}.json`, `keystore-${keyTwo}.txt`, 'one.json', 'one.txt']);
  for (const name of [`keystore-${keyTwo}.json`, `keystore-${keyTwo}.txt`])
    assert.equal((await stat(join(folder.path, name))).mode & 0o777, 0o600);
  await opened.refresh();
  assert.deepEqual(opened.problems(), []);
  await opened.signer[Symbol.asyncDispose]();
  await using again = await open(folder.path);
  assert.deepEqual([...again.keys()].sort(), [keyOne, keyTwo].sort());
});

test('an added keystore brings its own password where one file has the password of all', async () => {
  await using folder = await temporaryFolder();
  await using elsewhere = await temporaryFolder();
  const file = join(elsewhere.path, 'password');
  await writeFile(file, password);
  await writeKeystore(folder.path, 'one', one, null);
  const passwords = { type: 'file', file } as const;
  const opened = await open(folder.path, { passwords });
  const keystore = JSON.stringify(await createKeystore(two.toBytes(), 'another', { cost: 2 }));
  const [result] = await opened.add([{ keystore, password: 'another' }], allowAll);
  assert.equal(result?.type, 'added');
  await opened.signer[Symbol.asyncDispose]();
  await using again = await open(folder.path, { passwords });
  assert.deepEqual([...again.keys()].sort(), [keyOne, keyTwo].sort());
  assert.deepEqual(await again.remove([keyTwo, keyOne]), [{ type: 'removed' }, { type: 'removed' }]);
  // The password of all is not a keystore's own.
  assert.deepEqual(await readdir(elsewhere.path), ['password']);
});

test('a removed key is gone with all its files, at once and after a restart', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  await writeKeystore(folder.path, 'copy', one);
  await writeKeystore(folder.path, 'two', two);
  const opened = await open(folder.path);
  assert.deepEqual(await opened.remove([keyOne, keyThree]), [{ type: 'removed' }, { type: 'not-held' }]);
  assert.deepEqual(opened.keys(), [keyTwo]);
  await assert.rejects(opened.signer.sign(taskOf(keyOne), never), failsAs('unknown-key'));
  const names = (await readdir(folder.path)).filter((name) => name !== '.quorate.lock');
  assert.deepEqual(names.sort(), ['two.json', 'two.txt']);
  await opened.signer[Symbol.asyncDispose]();
  await using again = await open(folder.path);
  assert.deepEqual(again.keys(), [keyTwo]);
});

test('what an import left behind is removed by the next start', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  await writeFile(join(folder.path, '.adding-x.json'), '{}');
  await using _opened = await open(folder.path);
  assert.ok(!(await readdir(folder.path)).includes('.adding-x.json'));
});

test('an opening that is given up stops decrypting', async () => {
  await using folder = await temporaryFolder();
  for (let at = 0; at < 30; at++)
    await writeKeystore(folder.path, `s-${at}`, SecretKey.fromKeygen(new Uint8Array(32).fill(50 + at)));
  const giveUp = new AbortController();
  let decrypted = 0;
  await using _opened = await open(folder.path, {
    signal: giveUp.signal,
    onProgress: (done) => {
      decrypted = done;
      giveUp.abort();
    },
  });
  assert.ok(decrypted <= 2, `${decrypted} were decrypted`);
});

test('many keystores are added on all threads, each with its own outcome', async () => {
  await using folder = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  await using opened = await open(folder.path);
  const many = Array.from({ length: 30 }, (_, at) => SecretKey.fromKeygen(new Uint8Array(32).fill(100 + at)));
  const items = await Promise.all(many.map(keystoreText));
  const wrong = { keystore: items[5]?.keystore ?? '', password: 'wrong' };
  const results = await opened.add([wrong, ...items, ...items.slice(0, 3)], allowAll);
  assert.deepEqual(
    results.map(({ type }) => type),
    ['refused', ...many.map(() => 'added'), 'duplicate', 'duplicate', 'duplicate'],
  );
  assert.deepEqual([...opened.keys()].sort(), [one, ...many].map(keyOf).sort());
  for (const secret of many) await opened.signer.sign(taskOf(keyOf(secret), 'randao'), never);
});

test('a keystore that cannot be deleted keeps its key and says so', {
  skip: process.getuid?.() === 0 ? 'root may delete anything' : false,
}, async () => {
  await using folder = await temporaryFolder();
  await using locks = await temporaryFolder();
  await writeKeystore(folder.path, 'one', one);
  await using opened = await open(folder.path, { lockFolder: locks.path });
  await chmod(folder.path, 0o500);
  const [result] = await opened.remove([keyOne]);
  await chmod(folder.path, 0o700);
  assert(result?.type === 'failed');
  assert.match(result.detail, /cannot be deleted \(EACCES\)/);
  await opened.signer.sign(taskOf(keyOne), never);
});
