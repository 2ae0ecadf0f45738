/**
 * A folder of its own for a test, gone when the test ends; and databases in it, closed before that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../src/storage/database.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { rootOf } from './slashing-items.ts';

/** A test's context, or the `after` of a file. */
export interface Lifetime {
  after(task: () => void): void;
}

export const network = rootOf(0xabc);

export const temporaryFolder = (t: Lifetime): string => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-storage-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Opens `path`, or a new file, until the test ends. */
export const openForTest = (t: Lifetime, path?: string, genesisValidatorsRoot = network): Database => {
  const database = openDatabase({
    path: path ?? join(temporaryFolder(t), 'q.sqlite'),
    create: true,
    genesisValidatorsRoot,
  });
  t.after(() => database.close());
  return database;
};
