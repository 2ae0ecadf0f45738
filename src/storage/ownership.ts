/**
 * One process, one database: two nodes on one history could each sign what the other has not yet seen.
 *
 * Node has no file locks; SQLite does. An empty SQLite file beside the database is held under an exclusive transaction for as
 * long as the database is open. The lock is the operating system's: it ends with the process, however that dies, and a stale
 * file never blocks. It is taken before anything of the database is read, so that every check runs undisturbed. The database
 * itself is opened with locking_mode=EXCLUSIVE as well, which keeps other tools out.
 */
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { orStorageFailed } from './storage-failed.ts';

/** A process that is just stopping gets this long to let go. */
const waitMs = 500;

/** Returns what releases it. Throws StorageFailed `in-use` where another process, or another part of this one, owns it. */
export const own = (path: string): (() => void) =>
  orStorageFailed('lock', path, () => {
    const lock = new DatabaseSync(`${path}.lock`, { timeout: waitMs });
    try {
      // By name, never through a descriptor of ours: closing one would drop the lock of the whole process (POSIX).
      chmodSync(`${path}.lock`, 0o600);
      lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      lock.close();
      throw error;
    }
    return () => lock.close();
  });

/**
 * Opens a file that this process owns, exclusively and with a write-ahead log, and has `prepare` look at it; closed again where
 * that throws. `full`: what is committed is on the disk. `normal`: a crash of the machine may lose the last seconds.
 */
export const openOwned = (
  path: string,
  { synchronous, cacheKib }: { readonly synchronous: 'full' | 'normal'; readonly cacheKib: number },
  prepare: (sql: DatabaseSync) => void,
): DatabaseSync => {
  const sql = new DatabaseSync(path, { timeout: 500, enableForeignKeyConstraints: true });
  try {
    sql.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${synchronous};
      PRAGMA cache_size = -${cacheKib};
      PRAGMA cell_size_check = ON;
      PRAGMA trusted_schema = OFF;
    `);
    prepare(sql);
    return sql;
  } catch (error) {
    sql.close();
    throw error;
  }
};
