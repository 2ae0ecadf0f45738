/**
 * The folder lock between processes, over the most sudden of deaths.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { lockFolder } from '../../../src/signer/keystore/lock.ts';
import { temporaryFolder } from './temporary-keystores.ts';

const lockModule = new URL('../../../src/signer/keystore/lock.ts', import.meta.url).href;

test('a lock keeps other processes out, names its holder, and ends with it', async () => {
  await using folder = await temporaryFolder();
  const program = `
    const { lockFolder } = await import(${JSON.stringify(lockModule)});
    process.stdout.write(lockFolder(${JSON.stringify(folder.path)}).type);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [said] = await once(child.stdout, 'data');
    assert.equal(String(said), 'held');
    const taken = lockFolder(folder.path);
    assert(taken.type === 'taken');
    assert.match(taken.holder, new RegExp(`process ${child.pid} on`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const free = lockFolder(folder.path);
    assert(free.type === 'held', JSON.stringify(free));
    free.release();
  } finally {
    child.kill('SIGKILL');
  }
});

test('a lock is held once in a process too, and can be taken again after release', async () => {
  await using folder = await temporaryFolder();
  const first = lockFolder(folder.path);
  assert(first.type === 'held');
  assert.equal(lockFolder(folder.path).type, 'taken');
  first.release();
  const again = lockFolder(folder.path);
  assert(again.type === 'held');
  again.release();
  assert.equal(lockFolder(`${folder.path}/absent`).type, 'failed');
});
