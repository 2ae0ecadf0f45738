/**
 * Opens the node's SQLite database: owned by one process, checked as a whole, of our kind, of our network.
 *
 * Write-ahead log with synchronous FULL: what a transaction stored is on the disk when `transaction` returns. What cannot be
 * trusted is refused and left as it is; nothing here deletes or empties a database. The meaning of the tables is left to
 * slashing-protection.ts and vote-journal.ts.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Root } from '../core/ids.ts';
import { checkDatabase, genesisValidatorsRootOf } from './check-database.ts';
import { createDatabaseFile } from './create-database.ts';
import { migrate } from './migrate.ts';
import { openOwned, own } from './ownership.ts';
import { orStorageFailed, restore, StorageFailed } from './storage-failed.ts';

export interface Database extends Disposable {
  readonly path: string;
  readonly genesisValidatorsRoot: Root;
  /** This call made the file: its history is empty. Worth telling, as it is also what a lost disk looks like. */
  readonly isNew: boolean;
  /** For prepared statements; writes go through `transaction`. */
  readonly sql: DatabaseSync;
  /** All of `work` or nothing; durable on return. Throws StorageFailed where it could not be stored. Does not nest. */
  transaction<T>(work: () => T): T;
  /** Runs `work` and takes back all that it wrote. */
  rehearse<T>(work: () => T): T;
  /** Runs `work`, which only reads. */
  read<T>(work: () => T): T;
  /** Why nothing can be stored; null where the last write went well. */
  whyDown(): string | null;
  close(): void;
}

export type OpenOptions = { readonly path: string } & (
  | { readonly create: true; readonly genesisValidatorsRoot: Root }
  /** null: whatever network the file names. */
  | { readonly create: false; readonly genesisValidatorsRoot: Root | null }
);

/** Throws StorageFailed. The folder must exist; a new file gets mode 0600, an existing one is put back to it. */
export const openDatabase = (options: OpenOptions): Database =>
  orStorageFailed('open', options.path, () => {
    const path = resolved(options.path);
    const release = own(path);
    try {
      const isNew = !existsSync(path);
      if (isNew) create(path, options);
      chmodSync(path, 0o600);
      checkDatabase(path, options.genesisValidatorsRoot);
      return createHandle(path, isNew, openChecked(path), release);
    } catch (error) {
      release();
      throw error;
    }
  });

// One file has one lock, by whatever link it is reached.
const resolved = (path: string): string => {
  if (existsSync(path)) return realpathSync(path);
  if (!existsSync(dirname(path))) {
    throw new StorageFailed(
      'missing',
      `open ${path}: the folder ${dirname(path)} does not exist; create it first`,
    );
  }
  return join(realpathSync(dirname(path)), basename(path));
};

const create = (path: string, options: OpenOptions): void => {
  if (!options.create)
    throw new StorageFailed('missing', `open ${path}: there is no such file; check the path`);
  if (existsSync(`${path}-wal`)) {
    throw new StorageFailed(
      'missing',
      `open ${path}: the file is gone, but its log ${path}-wal is there; ${restore}`,
    );
  }
  createDatabaseFile(path, options.genesisValidatorsRoot);
};

const openChecked = (path: string): DatabaseSync =>
  openOwned(path, { synchronous: 'full', cacheKib: 32_768 }, (sql) => {
    // An empty log after each start: nothing of an earlier process can stand behind what this one writes (wal-check.ts).
    sql.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    migrate(sql, Number(sql.prepare('PRAGMA user_version').get()?.user_version));
  });

const createHandle = (path: string, isNew: boolean, sql: DatabaseSync, release: () => void): Database => {
  const genesisValidatorsRoot = genesisValidatorsRootOf(sql);
  assert(genesisValidatorsRoot !== null, 'checked on opening');
  let broken: StorageFailed | null = null;
  /** The last failure, until a write goes well. */
  let failed: StorageFailed | null = null;

  const attempt = <T>(what: string, work: () => T): T => {
    if (broken !== null) {
      throw new StorageFailed(broken.reason, `${broken.message}; stopped until a restart`, { cause: broken });
    }
    assert(!sql.isTransaction, 'transactions do not nest');
    try {
      return orStorageFailed(what, path, work);
    } catch (error) {
      if (error instanceof StorageFailed) {
        failed = error;
        if (!mayRecover.has(error.reason)) broken = error;
      }
      if (sql.isTransaction) sql.exec('ROLLBACK');
      throw error;
    }
  };
  const run = <T>(end: 'COMMIT' | 'ROLLBACK', work: () => T): T =>
    attempt('write to', () => {
      sql.exec('BEGIN IMMEDIATE');
      const result = work();
      sql.exec(end);
      if (end === 'COMMIT') failed = null;
      return result;
    });

  const whyDown = (): string | null => {
    if (broken !== null) return `${broken.message}; stopped until a restart`;
    if (failed !== null) return `${failed.message}; told until a write goes well`;
    return sql.isOpen ? null : `${path} is closed`;
  };
  const close = (): void => {
    if (!sql.isOpen) return;
    sql.close();
    release();
  };

  return {
    path,
    genesisValidatorsRoot,
    isNew,
    sql,
    transaction: (work) => run('COMMIT', work),
    rehearse: (work) => run('ROLLBACK', work),
    read: (work) => attempt('read', work),
    whyDown,
    close,
    [Symbol.dispose]: close,
  };
};

// After a failed write or fsync the operating system may have dropped pages that it then reports as clean; only a start, which
// reads everything again, can tell what is on the disk. A full disk is told before anything is lost.
const mayRecover: ReadonlySet<string> = new Set(['disk-full', 'in-use', 'read-only']);
