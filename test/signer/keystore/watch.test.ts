/**
 * Watching folders: told once after a burst, by the slow look where there is nothing to watch, and never after the end.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchPaths } from '../../../src/signer/keystore/watch.ts';
import { temporaryFolder } from './temporary-keystores.ts';

const hour = 3_600_000;

test('a burst of changes is told', async () => {
  await using folder = await temporaryFolder();
  const told = new EventTarget();
  const heard = once(told, 'change');
  using _watching = watchPaths([folder.path], () => told.dispatchEvent(new Event('change')), {
    quietMs: 20,
    pollMs: hour,
  });
  for (let at = 0; at < 5; at++) await writeFile(join(folder.path, `${at}.json`), '{}');
  await keptAlive(heard);
});

test('a path that cannot be watched is looked at now and then', async () => {
  const told = new EventTarget();
  const heard = once(told, 'change');
  using _watching = watchPaths(['/nowhere/at/all'], () => told.dispatchEvent(new Event('change')), {
    pollMs: 10,
  });
  await keptAlive(heard);
});

test('nothing is told after the end', async () => {
  await using folder = await temporaryFolder();
  let told = 0;
  const watching = watchPaths([folder.path], () => told++, { quietMs: 0, pollMs: 1 });
  await writeFile(join(folder.path, 'a.json'), '{}');
  watching[Symbol.dispose]();
  const before = told;
  // A second watch that was told shows that the first had its chance.
  const other = Promise.withResolvers<void>();
  using _other = watchPaths([folder.path], other.resolve, { quietMs: 20, pollMs: 50 });
  await writeFile(join(folder.path, 'b.json'), '{}');
  await keptAlive(other.promise);
  assert.equal(told, before);
});

/** The watch itself keeps no process alive. */
const keptAlive = async (promise: Promise<unknown>): Promise<void> => {
  const timer = setInterval(() => {}, 1000);
  try {
    await promise;
  } finally {
    clearInterval(timer);
  }
};
