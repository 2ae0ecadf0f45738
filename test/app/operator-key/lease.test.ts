/**
 * The lease beside an operator key: alive, ended, stale, of another machine.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { takeLease } from '../../../src/app/operator-key/lease.ts';
import { StartFailed } from '../../../src/app/start-failed.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-lease-'));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const newKey = (): string => join(folder, `key-${++count}.pem`);
const leave = (keyFile: string, lease: object): void =>
  writeFileSync(`${keyFile}.lease`, JSON.stringify(lease));

test('a lease is taken, and given back at the end', async () => {
  const keyFile = newKey();
  {
    using _ = await takeLease({ keyFile });
    assert.ok(existsSync(`${keyFile}.lease`));
  }
  assert.equal(existsSync(`${keyFile}.lease`), false);
});

test('while another process of this machine holds it, the start fails; once it has ended, the lease is free', async () => {
  const keyFile = newKey();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  leave(keyFile, { host: hostname(), pid: child.pid, atMs: Date.now() });
  await assert.rejects(
    takeLease({ keyFile }),
    (error) => error instanceof StartFailed && /runs with this operator key/.test(error.message),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  using _ = await takeLease({ keyFile });
});

test('a lease of another machine is waited for; one that is renewed meanwhile is alive', async () => {
  const keyFile = newKey();
  leave(keyFile, { host: 'elsewhere', pid: 1, atMs: Date.now() });
  using _ = await takeLease({ keyFile, staleMs: 50 });
  const other = newKey();
  leave(other, { host: 'elsewhere', pid: 1, atMs: Date.now() });
  const taking = takeLease({ keyFile: other, staleMs: 200 });
  leave(other, { host: 'elsewhere', pid: 1, atMs: Date.now() + 1 });
  await assert.rejects(taking, StartFailed);
});

test('what is stale or no lease at all is nobody’s, and a folder that cannot be written has none', async () => {
  const keyFile = newKey();
  leave(keyFile, { host: 'elsewhere', pid: 1, atMs: Date.now() - 60_000 });
  using _ = await takeLease({ keyFile });
  const garbled = newKey();
  writeFileSync(`${garbled}.lease`, '{"host":');
  using __ = await takeLease({ keyFile: garbled });
  using ___ = await takeLease({ keyFile: join(folder, 'no such folder', 'key.pem') });
});
