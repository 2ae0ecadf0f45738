/**
 * What was answered is on the disk: a process is killed while it records, and the next one must know all that it printed.
 *
 * SIGKILL proves that nothing waits in the process; that the operating system has written it as well is SQLite's synchronous
 * FULL, which a test cannot see without cutting the power.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { openDatabase } from '../../src/storage/database.ts';
import { createSlashingProtection } from '../../src/storage/slashing-protection.ts';
import { StorageFailed } from '../../src/storage/storage-failed.ts';
import { attestation, keyOf, words } from './slashing-items.ts';
import { network, temporaryFolder } from './temporary-folder.ts';

const startRecorder = (path: string, target: number): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, 'recorder.ts'), path, String(target)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Kills after `lines` lines were seen; returns all that were printed, also those that were still on their way. */
const printedUntilKilled = async (recorder: ChildProcess, lines: number): Promise<readonly number[]> => {
  const printed: number[] = [];
  const exited = once(recorder, 'exit');
  assert.ok(recorder.stdout !== null);
  for await (const line of createInterface({ input: recorder.stdout })) {
    printed.push(Number(line));
    if (printed.length === lines) recorder.kill('SIGKILL');
  }
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL');
  return printed;
};

test('everything printed before a kill is refused to another root afterwards', async (t) => {
  const path = join(temporaryFolder(t), 'q.sqlite');
  let next = 1;
  for (const lines of [1, 2, 7, 40, 150]) {
    const printed = await printedUntilKilled(startRecorder(path, next), lines);
    assert.ok(printed.length >= lines);
    using database = openDatabase({ path, create: false, genesisValidatorsRoot: network });
    const protection = createSlashingProtection(database);
    for (const target of printed) {
      const other = [1, 2, 3].map((key) =>
        attestation({ key: keyOf(key), source: target - 1, target, root: target + 1 }),
      );
      assert.deepEqual(words(protection.judge(other)), ['double-vote', 'double-vote', 'double-vote']);
      const same = other.map((item) => ({
        ...item,
        signingRoot: attestation({ source: 0, target, root: target }).signingRoot,
      }));
      assert.deepEqual(words(protection.judge(same)), ['same-data', 'same-data', 'same-data']);
    }
    // The one after the last printed may or may not be stored, but all of its batch or nothing.
    next = (printed.at(-1) ?? 0) + 2;
    const unsure = [1, 2, 3].map((key) =>
      attestation({ key: keyOf(key), source: next - 2, target: next - 1, root: 0 }),
    );
    assert.equal(new Set(words(protection.judge(unsure))).size, 1);
  }
});

test('a second process is refused while the first runs, and let in once that is killed', async (t) => {
  const path = join(temporaryFolder(t), 'q.sqlite');
  const recorder = startRecorder(path, 1);
  const exited = once(recorder, 'exit');
  assert.ok(recorder.stdout !== null);
  await once(recorder.stdout, 'data');
  const open = () => openDatabase({ path, create: false, genesisValidatorsRoot: network });
  assert.throws(open, (error: unknown) => error instanceof StorageFailed && error.reason === 'in-use');
  recorder.kill('SIGKILL');
  await exited;
  open().close();
});
