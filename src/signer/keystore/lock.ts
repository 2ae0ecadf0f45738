/**
 * One process, one keystore folder: two signers with the same keys do not see each other's slashing protection.
 *
 * Node has no file locks, SQLite does: the folder's lock is a reserved transaction on an SQLite file in it. It is the operating
 * system's, so it ends with the process however that dies, and works between containers, where process ids mean nothing. The
 * file stays; a file that nobody holds is stale by itself. It names its holder, for the sentence that turns the other one away.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type FolderLock =
  | { readonly type: 'held'; readonly release: () => void }
  /** `holder`: as "process 4711 on host-1". */
  | { readonly type: 'taken'; readonly holder: string }
  | { readonly type: 'failed'; readonly why: string };

export const LOCK_FILE = '.quorate.lock';
const SQLITE_BUSY = 5;

const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === SQLITE_BUSY;

const holderOf = (database: DatabaseSync): string => {
  try {
    const row = database.prepare('SELECT pid, host FROM holder').get();
    return row === undefined ? 'another process' : `process ${row.pid} on ${row.host}`;
  } catch {
    // It is just writing its name, or never did. That it holds the lock is certain.
    return 'another process';
  }
};

const hold = (database: DatabaseSync): void => {
  database.exec(
    'BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER, host TEXT); DELETE FROM holder',
  );
  database.prepare('INSERT INTO holder VALUES (?, ?)').run(process.pid, hostname());
  // Others may read the name while this second, empty transaction keeps them from beginning one. Whoever comes between the
  // two holds the lock, and this one is turned away.
  database.exec('COMMIT; BEGIN IMMEDIATE');
};

/** Takes the lock of a folder, at once or not at all. Also keeps out other parts of the same process. */
export const lockFolder = (folder: string): FolderLock => {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(join(folder, LOCK_FILE));
    hold(database);
    const held = database;
    return { type: 'held', release: () => held.close() };
  } catch (error) {
    const result: FolderLock =
      database !== null && isBusy(error)
        ? { type: 'taken', holder: holderOf(database) }
        : { type: 'failed', why: error instanceof Error ? error.message : String(error) };
    database?.close();
    return result;
  }
};
