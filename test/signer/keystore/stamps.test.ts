/**
 * Stamps: of whatever disk the files are, they change with the files and not without them.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, rename, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stampOf, stampsOf } from '../../../src/signer/keystore/stamps.ts';

test('asked at once or through the pool, the stamps are the same, and change with a file or its password', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'quorate-stamps-'));
  const at = (name: string) => join(folder.path, name);
  await mkdir(at('passwords'));
  const files = Array.from({ length: 300 }, (_, number) => ({
    name: `${number}.json`,
    path: at(`${number}.json`),
    // Most have one of their own, some share one, and of the last there is none.
    passwordPath: at(number < 200 ? `passwords/${number}.txt` : number < 299 ? 'all.txt' : 'none.txt'),
  }));
  for (const { path, passwordPath } of files) {
    await writeFile(path, path);
    if (!passwordPath.endsWith('none.txt')) await writeFile(passwordPath, 'secret');
  }
  const both = async (): Promise<readonly string[]> => {
    const [near, far] = [await stampsOf(files, async () => true), await stampsOf(files, async () => false)];
    assert.deepEqual(new Map(near), new Map(far));
    assert.deepEqual(new Map(near), new Map(await stampsOf(files)));
    return files.map((file) => near.get(file) ?? '');
  };
  const differing = (before: readonly string[], after: readonly string[]): readonly number[] =>
    after.flatMap((stamp, number) => (stamp === before[number] ? [] : [number]));

  const first = await both();
  assert.equal(new Set(first).size, 300);
  assert.match(first[299] ?? '', /ENOENT$/);
  assert.deepEqual(differing(first, await both()), []);

  await writeFile(at('7.json'), 'longer than it was before');
  await utimes(at('8.json'), 1, 1);
  await writeFile(at('new'), at('9.json'));
  await rename(at('new'), at('9.json'));
  await writeFile(at('passwords/10.txt'), 'another one');
  const second = await both();
  assert.deepEqual(differing(first, second), [7, 8, 9, 10]);

  await writeFile(at('all.txt'), 'another one');
  assert.equal(differing(second, await both()).length, 99);
  assert.equal(await stampOf(at('nothing')), 'ENOENT');
});
